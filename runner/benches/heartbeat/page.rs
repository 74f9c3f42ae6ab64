//! The page that is opened: small, so that the browser and its driver are measured and not the page.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

const PAGE: &str = "<!doctype html><html lang=en><title>Heartbeat</title><link rel=icon href='data:,'>\
    <h1>All is well</h1><p>A page with a few words.</p></html>";

/// Serves the page until the program ends, and gives its address.
pub(crate) fn serve() -> io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let url = format!("http://{}/", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // Whoever hangs up has what it wants.
            thread::spawn(move || drop(converse(&stream)));
        }
    });
    Ok(url)
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
