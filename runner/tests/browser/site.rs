//! A web site on loopback that does what real ones do wrong.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};
use url::Url;

// This site serves other test programs too.
#[path = "hazards.rs"]
pub(crate) mod hazards;

/// One request as the site saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Seen {
    pub(crate) fn header(&self, wanted: &str) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str())
    }
}

/// The running site; dropping it stops it.
#[derive(Debug)]
pub(crate) struct Site {
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    scheme: &'static str,
    _serving: JoinSet<()>,
}

impl Site {
    pub(crate) async fn start() -> Self {
        Self::serve("http", None).await
    }

    /// The same site behind a certificate nobody vouches for.
    pub(crate) async fn start_self_signed() -> Self {
        let certificate = CertificateDer::from_pem_slice(include_bytes!("cert.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("key.pem")).unwrap();
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::serve("https", Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn serve(scheme: &'static str, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let mut serving = JoinSet::new();
        let all = Arc::clone(&seen);
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, tls) = (Arc::clone(&all), tls.clone());
                connections.spawn(async move {
                    match tls {
                        None => converse(stream, port, &seen).await,
                        Some(tls) => {
                            // Chrome hangs up on the certificate; that is the test.
                            if let Ok(stream) = tls.accept(stream).await {
                                converse(stream, port, &seen).await;
                            }
                        }
                    }
                });
            }
        });
        Self { port, seen, scheme, _serving: serving }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        self.url_on("127.0.0.1", path)
    }

    /// The same site under another of its names, which to a browser is another site.
    pub(crate) fn url_on(&self, host: &str, path: &str) -> Url {
        Url::parse(&format!("{}://{host}:{}{path}", self.scheme, self.port)).unwrap()
    }

    pub(crate) fn seen(&self, path: &str) -> Vec<Seen> {
        self.seen.lock().iter().filter(|seen| seen.path == path).cloned().collect()
    }
}

async fn converse<S: AsyncRead + AsyncWrite + Unpin>(stream: S, port: u16, seen: &Mutex<Vec<Seen>>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream).await {
        seen.lock().push(request.clone());
        match answer(&request, port) {
            Answer::Bytes(bytes) => {
                if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            Answer::ThenClose(bytes) => {
                drop(stream.write_all(&bytes).await);
                drop(stream.flush().await);
                return;
            }
            Answer::Late(bytes) => {
                tokio::time::sleep(LATE).await;
                if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
                    return;
                }
            }
            Answer::Never => std::future::pending().await,
            Answer::Huge(head, bytes) => {
                if stream.write_all(&head).await.is_err() {
                    return;
                }
                let mut sent = 0;
                let chunk = FILLER.repeat(64);
                while sent < bytes {
                    if stream.write_all(&chunk).await.is_err() {
                        return;
                    }
                    sent += chunk.len() as u64;
                }
            }
            Answer::Endless(head) => {
                if stream.write_all(&head).await.is_err() {
                    return;
                }
                // Until whoever reads it hangs up.
                while stream.write_all(&FILLER).await.is_ok() && stream.flush().await.is_ok() {
                    tokio::time::sleep(FILLER_EVERY).await;
                }
                return;
            }
        }
    }
}

async fn read_request<S: AsyncRead + Unpin>(stream: &mut BufReader<S>) -> Option<Seen> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|count| *count > 0)?;
    let mut words = line.split_ascii_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let request = Seen { method, path, headers };
    let length: u64 = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = Vec::new();
    stream.take(length).read_to_end(&mut body).await.ok()?;
    Some(request)
}

/// More than anybody wants to have.
const HUGE_BYTES: u64 = 2 * 1024 * 1024 * 1024;
/// What an endless answer goes on with, and how often.
const FILLER: [u8; 1024] = [b' '; 1024];
const FILLER_EVERY: std::time::Duration = std::time::Duration::from_millis(10);
/// How long what comes late takes.
const LATE: std::time::Duration = std::time::Duration::from_millis(300);
/// A picture of one colour.
const PICTURE: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='200' height='100'><rect width='200' height='100' \
    fill='teal'/></svg>";

enum Answer {
    Bytes(Vec<u8>),
    /// After [`LATE`].
    Late(Vec<u8>),
    ThenClose(Vec<u8>),
    Never,
    /// A head, and then a body without an end, drop by drop.
    Endless(Vec<u8>),
    /// A head, and then a body of so many bytes, as fast as it is taken.
    Huge(Vec<u8>, u64),
}

fn html(status: &str, body: &str) -> Answer {
    typed(status, "text/html; charset=utf-8", "", body)
}

fn typed(status: &str, mime: &str, headers: &str, body: &str) -> Answer {
    Answer::Bytes(
        format!("HTTP/1.1 {status}\r\nContent-Type: {mime}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
            .into_bytes(),
    )
}

/// Never from the browser's cache.
fn late(mime: &str, body: &[u8]) -> Answer {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {mime}\r\nCache-Control: no-store\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    Answer::Late([head.as_bytes(), body].concat())
}

fn redirect(to: &str) -> Answer {
    typed("302 Found", "text/plain", &format!("Location: {to}\r\n"), "")
}

fn page(name: &str) -> Option<&'static str> {
    Some(match name {
        "/" => include_str!("pages/home.html"),
        "/form" => include_str!("pages/form.html"),
        "/console" => include_str!("pages/console.html"),
        "/moving" => include_str!("pages/moving.html"),
        "/tall" => include_str!("pages/tall.html"),
        "/vitals" => include_str!("pages/vitals.html"),
        "/frames" => include_str!("pages/frames.html"),
        "/hang-at-load" => "<title>Hang</title><p>before<script>for (;;) {}</script>",
        "/hang-later" => "<title>Later</title><p>shown<script>function hang() { for (;;) {} }</script>",
        "/downloads" => "<title>Downloads</title><script>location.href = '/endless-download'</script><p>page",
        "/slow-button" => {
            "<title>Slow</title><button>Press</button><script>
              document.querySelector('button').onclick = () => {
                const until = performance.now() + 100;
                while (performance.now() < until);
                document.title = 'Pressed';
              };
            </script>"
        }
        "/alert" => "<title>Alert</title><p>under<script>onload = () => setTimeout(() => alert('Stop!'))</script>",
        "/alert-at-parse" => "<title>Alert</title><script>alert('Stop!')</script><p>under",
        "/moves-on" => "<script>location.href = '/500'</script>",
        "/cors" => {
            "<title>Cors</title><script>
              const other = location.href.replace('127.0.0.1', 'localhost').replace('/cors', '/open-json');
              fetch(other).then((answer) => answer.json())
                .then((json) => { document.title = 'got ' + json.ok; })
                .catch((error) => { document.title = 'refused ' + error; });
            </script>"
        }
        _ => return None,
    })
}

fn answer(request: &Seen, port: u16) -> Answer {
    if let Some(body) = page(&request.path) {
        return html("200 OK", body);
    }
    if let Some(name) = request.path.strip_prefix("/still/") {
        return html("200 OK", &hazards::page(name));
    }
    match request.path.as_str() {
        "/500" => html("500 Internal Server Error", "<h1>broken</h1>"),
        "/500-empty" => html("500 Internal Server Error", ""),
        "/404" => html("404 Not Found", "<h1>nothing here</h1>"),
        "/204" => Answer::Bytes(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()),
        "/401" => typed("401 Unauthorized", "text/plain", "WWW-Authenticate: Basic realm=\"x\"\r\n", ""),
        "/basic" => match request.header("authorization") {
            Some(_) => html("200 OK", "<title>In</title>"),
            None => typed("401 Unauthorized", "text/plain", "WWW-Authenticate: Basic realm=\"x\"\r\n", ""),
        },
        "/download" => {
            let headers = format!("Content-Disposition: attachment; filename=siskin-{port}.bin\r\n");
            typed("200 OK", "application/octet-stream", &headers, "x")
        }
        "/endless-download" => Answer::Endless(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\
              Content-Disposition: attachment; filename=endless.bin\r\n\r\n"
                .to_vec(),
        ),
        "/huge" => Answer::Huge(
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {HUGE_BYTES}\r\n\r\n").into_bytes(),
            HUGE_BYTES,
        ),
        "/endless-page" => Answer::Endless(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<title>Endless</title><p>begins".to_vec(),
        ),
        "/image-never" => html("200 OK", "<title>Waits</title><img src=\"/never\">"),
        "/strict" => typed(
            "200 OK",
            "text/html",
            "Content-Security-Policy: default-src 'self'; style-src 'sha256-none'\r\n",
            include_str!("pages/moving.html"),
        ),
        "/loop" => redirect("/loop"),
        "/redirect" => redirect("/?landed=1"),
        "/?landed=1" => html("200 OK", "<title>Landed</title>"),
        "/redirect-away" => redirect(&format!("http://localhost:{port}/away")),
        "/away" => html("200 OK", "<title>Away</title>"),
        "/reset" => Answer::ThenClose(Vec::new()),
        "/truncated" => Answer::ThenClose(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5000\r\n\r\n<p>half a page".to_vec(),
        ),
        "/never" | "/never.png" => Answer::Never,
        path if path.starts_with("/late.svg") => late("image/svg+xml", PICTURE.as_bytes()),
        path if path.starts_with("/late.ttf") => late("font/ttf", &hazards::font()),
        "/cookie" => typed("200 OK", "text/html", "Set-Cookie: sid=topsecret; Path=/\r\n", "<title>Cookie</title>"),
        "/json" => typed("200 OK", "application/json", "", r#"{"ok":true}"#),
        "/open-json" => typed("200 OK", "application/json", "Access-Control-Allow-Origin: *\r\n", r#"{"ok":true}"#),
        "/slow.css" => typed("200 OK", "text/css", "", "body{}"),
        "/inner" => html("200 OK", "<p>inner<script>console.log('inner frame'); fetch('/json')</script>"),
        _ => html("404 Not Found", "nothing"),
    }
}

/// A port of this machine on which nobody listens.
pub(crate) async fn closed_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    debug_assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    port
}
