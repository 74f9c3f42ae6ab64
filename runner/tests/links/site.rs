//! A site in this process: an answer for each path, and a log of what was asked.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use siskin_runner::check::link::{LinkOptions, LinkReport, check};
use siskin_runner::clock::Clock;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};
use tokio_util::sync::CancellationToken;
use url::Url;

/// What a path answers.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Status, further header lines, body.
    Full(u16, String, Arc<[u8]>),
    /// The first is taken once for each request, until the last is left.
    Turns(Vec<Self>),
    /// Nothing ever comes.
    Silence,
    /// The connection ends at once.
    Closed,
    /// The first bytes so many times, made as they are sent.
    Repeated { head: String, piece: fn(usize) -> String, times: usize },
    /// Only a browser gets in, and only with the cookie that it was given.
    Wall,
}

pub(crate) fn page(html: &str) -> Answer {
    Answer::Full(200, "content-type: text/html\r\n".to_owned(), html.as_bytes().into())
}

/// A link to each address, all on one line.
pub(crate) fn anchors(addresses: impl IntoIterator<Item: std::fmt::Display>) -> String {
    let anchors = addresses.into_iter().map(|address| format!("<a href='{address}'></a>"));
    anchors.collect::<Vec<_>>().concat()
}

pub(crate) fn status(code: u16) -> Answer {
    Answer::Full(code, "content-type: text/html\r\n".to_owned(), Arc::from(&b"x"[..]))
}

pub(crate) fn redirect(to: &str) -> Answer {
    Answer::Full(302, format!("location: {to}\r\n"), Arc::from(&b""[..]))
}

pub(crate) fn typed(media_type: &str, body: &[u8]) -> Answer {
    Answer::Full(200, format!("content-type: {media_type}\r\n"), body.into())
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: String,
    pub(crate) at: Instant,
}

#[derive(Default)]
struct State {
    answers: HashMap<String, Answer>,
    asked: Vec<Asked>,
}

pub(crate) struct Site {
    pub(crate) port: u16,
    scheme: &'static str,
    state: Arc<Mutex<State>>,
    // Ends all connections when it is dropped.
    _tasks: JoinSet<()>,
}

impl Site {
    pub(crate) async fn start(answers: impl IntoIterator<Item = (&'static str, Answer)>) -> Self {
        Self::serve("http", None, answers).await
    }

    /// Over TLS, with a certificate that nobody vouches for.
    pub(crate) async fn start_secure(answers: impl IntoIterator<Item = (&'static str, Answer)>) -> Self {
        let certificate = CertificateDer::from_pem_slice(include_bytes!("../browser/cert.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("../browser/key.pem")).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        Self::serve("https", Some(TlsAcceptor::from(Arc::new(config))), answers).await
    }

    async fn serve(
        scheme: &'static str,
        tls: Option<TlsAcceptor>,
        answers: impl IntoIterator<Item = (&'static str, Answer)>,
    ) -> Self {
        let answers = answers.into_iter().map(|(path, answer)| (path.to_owned(), answer)).collect();
        let state = Arc::new(Mutex::new(State { answers, asked: Vec::new() }));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mut tasks, shared) = (JoinSet::new(), Arc::clone(&state));
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (state, tls) = (Arc::clone(&shared), tls.clone());
                // What the client does with its connections is its own affair.
                connections.spawn(async move {
                    match tls {
                        None => drop(serve(stream, &state).await),
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                drop(serve(stream, &state).await);
                            }
                        }
                    }
                });
            }
        });
        Self { port, scheme, state, _tasks: tasks }
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        format!("{}://127.0.0.1:{}{path}", self.scheme, self.port).parse().unwrap()
    }

    pub(crate) fn set(&self, path: &str, answer: Answer) {
        self.state.lock().answers.insert(path.to_owned(), answer);
    }

    /// Requests so far, `GET /path` each, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.state.lock().asked.iter().map(|asked| asked.line.clone()).collect()
    }

    pub(crate) fn requests(&self) -> Vec<Asked> {
        self.state.lock().asked.clone()
    }

    /// A check from `/` on, without waits for second looks.
    pub(crate) fn options(&self) -> LinkOptions {
        let mut options = LinkOptions::new(vec![self.url("/")]);
        options.requests.timeout = Duration::from_secs(10);
        options.requests.retry_wait = Duration::from_millis(1);
        options.robots = false;
        options
    }

    pub(crate) async fn check(&self, options: LinkOptions) -> LinkReport {
        check(options, &Clock::system(), &CancellationToken::new(), |_| ()).await.unwrap()
    }

    /// All links, a line each, with this site's address cut off: `VERDICT ADDRESS REASON @ PLACES`.
    pub(crate) fn lines(&self, report: &LinkReport) -> String {
        let mut lines: Vec<String> = Vec::new();
        for link in report.links() {
            let mut line = format!("{} {}", link.verdict().word(), link.address());
            if let Some(reason) = link.reason() {
                write!(line, " {}", reason.code()).unwrap();
                if let Some(status) = reason.status() {
                    write!(line, " {status}").unwrap();
                }
            }
            let places: Vec<_> = link.places().iter().map(ToString::to_string).collect();
            write!(line, " @ {}", places.join(" ")).unwrap();
            lines.push(line);
        }
        lines.sort();
        lines.join("\n").replace(&format!("{}://127.0.0.1:{}", self.scheme, self.port), "")
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, state: &Mutex<State>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        loop {
            let before = head.len();
            stream.read_line(&mut head).await?;
            match head.get(before..) {
                Some("\r\n") => break,
                Some("") | None => return Ok(()),
                Some(_) => {}
            }
        }
        let (request, headers) = head.split_once("\r\n").unwrap();
        let line = request.rsplit_once(' ').unwrap().0.to_owned();
        let (method, path) = line.split_once(' ').unwrap();
        let answer = {
            let mut state = state.lock();
            state.asked.push(Asked { line: line.clone(), headers: headers.to_lowercase(), at: Instant::now() });
            match state.answers.get_mut(path) {
                Some(Answer::Turns(turns)) if turns.len() > 1 => turns.remove(0),
                Some(Answer::Turns(turns)) => turns.first().unwrap().clone(),
                Some(answer) => answer.clone(),
                None => status(404),
            }
        };
        let answer = if matches!(answer, Answer::Wall) { behind_wall(path, &headers.to_lowercase()) } else { answer };
        match answer {
            Answer::Full(code, headers, body) => {
                let head = format!("HTTP/1.1 {code} X\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
                stream.write_all(head.as_bytes()).await?;
                if method != "HEAD" {
                    stream.write_all(&body).await?;
                }
            }
            Answer::Repeated { head, piece, times } => {
                stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}connection: close\r\n\r\n").as_bytes()).await?;
                let mut out = tokio::io::BufWriter::with_capacity(1 << 16, &mut stream);
                for number in 0..times {
                    out.write_all(piece(number).as_bytes()).await?;
                }
                return out.flush().await;
            }
            Answer::Silence => {
                // Until the client goes away.
                stream.read_to_end(&mut Vec::new()).await?;
                return Ok(());
            }
            Answer::Closed | Answer::Turns(_) | Answer::Wall => return Ok(()),
        }
    }
}

fn behind_wall(path: &str, headers: &str) -> Answer {
    match (headers.contains("user-agent: mozilla"), headers.contains("cookie: seen=1")) {
        (false, _) => status(403),
        (true, false) => Answer::Full(302, format!("location: {path}\r\nset-cookie: seen=1\r\n"), Arc::from(&b""[..])),
        (true, true) => status(200),
    }
}
