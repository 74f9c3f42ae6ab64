//! HTTP servers that behave as a test wants.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::daemon::PATIENCE;

/// A request, as it came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap()
    }

    /// The documents of a request to X-Ray.
    pub(crate) fn documents(&self) -> Vec<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        let documents = body["TraceSegmentDocuments"].as_array().unwrap();
        documents.iter().map(|document| document.as_str().unwrap().to_owned()).collect()
    }
}

/// What a server does with a request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Answer(u16, &'static str, Vec<u8>),
    /// Bytes, whatever they are; then it closes.
    Raw(&'static [u8]),
    /// Nothing, ever.
    Hang,
}

pub(crate) fn ok(body: &str) -> Reply {
    Reply::Answer(200, "", body.as_bytes().to_vec())
}

pub(crate) fn status(status: u16) -> Reply {
    Reply::Answer(status, "", Vec::new())
}

pub(crate) struct Server {
    pub(crate) address: String,
    requests: Receiver<Request>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Answers each request as `script` says, which is told how many came before.
    pub(crate) fn start(script: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::listen("127.0.0.1:0", script)
    }

    pub(crate) fn listen(address: &str, script: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (seen, requests) = channel();
        let (script, count) = (Arc::new(script), Arc::new(AtomicUsize::new(0)));
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming() {
                accepted.fetch_add(1, Ordering::SeqCst);
                let (script, count, seen) = (Arc::clone(&script), Arc::clone(&count), seen.clone());
                thread::spawn(move || {
                    let stream = stream.unwrap();
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    while let Some(request) = read(&mut reader) {
                        let reply = script(count.fetch_add(1, Ordering::SeqCst), &request);
                        // The test may have seen enough.
                        let _over = seen.send(request);
                        if !answer(&stream, reply) {
                            break;
                        }
                    }
                });
            }
        });
        Self { address, requests, connections }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits for the next request.
    pub(crate) fn request(&self) -> Request {
        self.requests.recv_timeout(PATIENCE).expect("a request arrives")
    }

    /// Requests that have come and were not looked at.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn read(reader: &mut impl BufRead) -> Option<Request> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let bytes = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; bytes];
    reader.read_exact(&mut body).ok()?;
    Some(Request { line: line.trim_end().to_owned(), headers, body })
}

/// Whether the connection can be used again.
fn answer(mut stream: &TcpStream, reply: Reply) -> bool {
    match reply {
        Reply::Answer(status, headers, body) => {
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
            stream.write_all(&[head.as_bytes(), &body].concat()).is_ok()
        }
        Reply::Raw(bytes) => {
            // The client may be gone.
            let _gone = stream.write_all(bytes);
            false
        }
        Reply::Hang => {
            // Until the client gives up.
            let _gone = stream.read(&mut [0]);
            false
        }
    }
}
