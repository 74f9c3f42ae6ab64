//! A virtual display.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

/// A running Xvfb; it ends with the test.
pub(crate) struct Display {
    server: Child,
    /// For `DISPLAY`.
    pub(crate) name: String,
}

/// Starts a display, or tells that the test is left out.
pub(crate) fn start() -> Option<Display> {
    // It chooses a free number itself, and tells it when it is ready.
    let arguments = ["-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"];
    let server = Command::new("Xvfb").args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut server = match server {
        Ok(server) => server,
        Err(error) if std::env::var_os("CI").is_none() => {
            drop(writeln!(std::io::stderr(), "SKIPPED: Xvfb (Debian package xvfb) is not there: {error}"));
            return None;
        }
        Err(error) => panic!("Xvfb (Debian package xvfb) does not start: {error}"),
    };
    let mut number = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
    assert!(!number.trim().is_empty(), "Xvfb has no free display");
    Some(Display { server, name: format!(":{}", number.trim()) })
}

impl Drop for Display {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}
