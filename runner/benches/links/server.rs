//! The server of both sites, in a process of its own.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream as StdStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader as AsyncReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::generated::{self, Answer, Variant};
use crate::{Failure, ROLE};

/// Before the place of a variant: switches to it.
const SWITCH: &str = "/switch/";

pub(crate) struct Server {
    program: Child,
    port: u16,
}

impl Server {
    /// Serves `folder`, or the generated site without one.
    pub(crate) fn start(folder: Option<&Path>) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.env(ROLE, folder.unwrap_or(Path::new(""))).stdout(Stdio::piped());
        let mut program = command.spawn()?;
        let mut line = String::new();
        BufReader::new(program.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Self { program, port: line.trim().parse()? })
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn switch_to(&self, variant: Variant) -> Result<(), Failure> {
        let mut stream = StdStream::connect(("127.0.0.1", self.port))?;
        write!(stream, "GET {SWITCH}{} HTTP/1.1\r\n\r\n", variant as usize)?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.program.kill());
        drop(self.program.wait());
    }
}

/// Addresses of all HTML files below `folder`.
pub(crate) fn page_addresses(origin: &str, folder: &Path) -> Result<Vec<String>, Failure> {
    let (mut addresses, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "html") {
                let below = path.strip_prefix(folder)?.to_str().ok_or("a name that is no UTF-8")?;
                addresses.push(format!("{origin}/{below}"));
            }
        }
    }
    addresses.sort();
    Ok(addresses)
}

pub(crate) fn serve() -> Result<(), Failure> {
    let folder = std::env::var_os(ROLE).filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        println!("{port}");
        let site = Arc::new(Site { folder, origin: format!("http://127.0.0.1:{port}"), variant: AtomicUsize::new(0) });
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let site = Arc::clone(&site);
            // A client that goes away is none of the server's business.
            connections.spawn(async move { drop(site.answer_all(stream).await) });
            while connections.try_join_next().is_some() {}
        }
    })
}

struct Site {
    folder: Option<PathBuf>,
    origin: String,
    variant: AtomicUsize,
}

impl Site {
    async fn answer_all(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = AsyncReader::new(stream);
        let mut head = Vec::new();
        loop {
            head.clear();
            while !head.ends_with(b"\r\n\r\n") {
                if stream.read_until(b'\n', &mut head).await? == 0 {
                    return Ok(());
                }
            }
            let request = String::from_utf8_lossy(&head);
            let mut words = request.split(' ');
            let is_head = words.next() == Some("HEAD");
            let path = words.next().unwrap_or_default();
            let Some((head, body)) = self.answer(path) else {
                stream.read_to_end(&mut Vec::new()).await?;
                return Ok(());
            };
            let mut answer = format!("HTTP/1.1 {head}content-length: {}\r\n\r\n", body.len()).into_bytes();
            if !is_head {
                answer.extend_from_slice(&body);
            }
            stream.write_all(&answer).await?;
        }
    }

    /// Status and headers, and body; `None` for what never answers.
    fn answer(&self, path: &str) -> Option<(String, Vec<u8>)> {
        const HTML: &str = "content-type: text/html\r\n";
        if let Some(variant) = path.strip_prefix(SWITCH) {
            self.variant.store(variant.parse().unwrap_or_default(), Ordering::Relaxed);
            return Some(("204 No Content\r\n".to_owned(), Vec::new()));
        }
        if let Some(folder) = &self.folder {
            return Some(file(folder, path));
        }
        let variant = Variant::ALL.get(self.variant.load(Ordering::Relaxed)).copied().unwrap_or(Variant::Sound);
        match generated::answer(path, &self.origin, variant) {
            Answer::Page(html) => Some((format!("200 OK\r\n{HTML}"), html.into_bytes())),
            Answer::Missing => Some((format!("404 Not Found\r\n{HTML}"), b"not found".to_vec())),
            Answer::Failing => Some((format!("500 Internal Server Error\r\n{HTML}"), b"failed".to_vec())),
            Answer::Moved(to) => Some((format!("302 Found\r\nlocation: {to}\r\n"), Vec::new())),
            Answer::Hanging => None,
        }
    }
}

fn file(folder: &Path, path: &str) -> (String, Vec<u8>) {
    let missing = || ("404 Not Found\r\ncontent-type: text/html\r\n".to_owned(), b"not found".to_vec());
    let name = path.split('?').next().unwrap_or_default().trim_start_matches('/');
    let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned();
    if name.split('/').any(|segment| segment == "..") {
        return missing();
    }
    let mut file = folder.join(&name);
    if file.is_dir() {
        if !name.is_empty() && !name.ends_with('/') {
            return (format!("301 Moved Permanently\r\nlocation: /{name}/\r\n"), Vec::new());
        }
        file.push("index.html");
    }
    let media_type = match file.extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    fs::read(file).map_or_else(|_| missing(), |body| (format!("200 OK\r\ncontent-type: {media_type}\r\n"), body))
}
