//! Words to the terminal, and exit codes.

use std::fmt::Display;
use std::io::{self, Write};

use crate::authoring::AuthoringError;

/// Exit codes of every command.
pub mod exit {
    /// All is well.
    pub const FINE: u8 = 0;
    /// What was watched failed.
    pub const FAILED: u8 = 1;
    /// Wrong usage or configuration.
    pub const USAGE: u8 = 2;
    /// A picture is not as its baseline.
    pub const VISUAL: u8 = 3;
    /// Our own tooling failed: browser, disk, network to the backend.
    pub const TOOLING: u8 = 4;
}

/// Why a command ended without doing what it was told.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) code: u8,
    pub(super) message: String,
}

impl Stop {
    pub(super) fn usage(message: impl Display) -> Self {
        Self { code: exit::USAGE, message: message.to_string() }
    }

    pub(super) fn tooling(message: impl Display) -> Self {
        Self { code: exit::TOOLING, message: message.to_string() }
    }
}

impl From<AuthoringError> for Stop {
    fn from(error: AuthoringError) -> Self {
        match error {
            AuthoringError::Refused(message) => Self::usage(message),
            AuthoringError::Failed(message) => Self::tooling(message),
        }
    }
}

/// Writes a line for whoever reads the result; a closed pipe is the reader's wish, not an error.
pub(super) fn say(text: impl Display) {
    drop(writeln!(io::stdout().lock(), "{text}"));
}

/// Writes a line for whoever watches.
pub(super) fn complain(text: impl Display) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}
