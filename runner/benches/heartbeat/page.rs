//! The page that is opened: small, so that the browser and its driver are measured and not the page.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;

/// The argument that makes this program the server.
pub(crate) const SERVE: &str = "serve-page";

const PAGE: &str = "<!doctype html><html lang=en><title>Heartbeat</title><link rel=icon href='data:,'>\
    <h1>All is well</h1><p>A page with a few words.</p></html>";

/// Serves the page from a process of its own, whose work is nobody's but the page's.
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start() -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        let mut process = command.arg(SERVE).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let mut url = String::new();
        if let Some(told) = process.stdout.take() {
            BufReader::new(told).read_line(&mut url)?;
        }
        url.truncate(url.trim_end().len());
        Ok(Self { process, url })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Serves the page until the program is ended, and prints its address.
pub(crate) fn serve() -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    println!("http://{}/", listener.local_addr()?);
    for stream in listener.incoming().flatten() {
        // Whoever hangs up has what it wants.
        thread::spawn(move || drop(converse(&stream)));
    }
    Ok(())
}

fn converse(mut stream: &TcpStream) -> io::Result<()> {
    let mut input = BufReader::new(stream);
    loop {
        loop {
            let mut line = String::new();
            if input.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
        }
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length";
        write!(stream, "{head}: {}\r\n\r\n{PAGE}", PAGE.len())?;
    }
}
