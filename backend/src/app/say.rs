//! What people at the terminal read. Everything else is a log event.

use std::io::{self, IsTerminal, Write};

/// A line on standard output.
pub(super) fn say(line: &str) {
    // A closed pipe (`siskin up | head`) must not end a running system.
    drop(writeln!(io::stdout().lock(), "{line}"));
}

/// Why the command failed, on standard error.
pub(super) fn complain(line: &str) {
    drop(writeln!(io::stderr().lock(), "siskin: {line}"));
}

/// Announces a step that may take a while: the same line again when it is done, on a terminal.
#[derive(Debug)]
pub(super) struct Progress {
    step: String,
    started: std::time::Instant,
}

impl Progress {
    pub(super) fn start(step: &str) -> Self {
        let mut out = io::stdout().lock();
        if out.is_terminal() {
            drop(write!(out, "  …  {step}"));
            drop(out.flush());
        }
        Self { step: step.to_owned(), started: std::time::Instant::now() }
    }

    /// The step is done; `result` says what came of it.
    pub(super) fn done(self, result: &str) {
        let mut out = io::stdout().lock();
        let back = if out.is_terminal() { "\r\x1b[K" } else { "" };
        let millis = self.started.elapsed().as_millis();
        drop(writeln!(out, "{back}  ok {}: {result} ({millis} ms)", self.step));
    }
}
