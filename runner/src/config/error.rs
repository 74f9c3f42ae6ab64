//! What is wrong with a configuration file, with the place.

use std::fmt::{self, Display};
use std::io;
use std::ops::Range;
use std::path::PathBuf;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file can be read and breaks rules: all of them that could be told at once.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
}

/// One broken rule: `canaries.toml:7:12: canary[0].schedule = "rate(1 minutes)": the unit is singular for 1`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Problem {
    /// The file as it was named.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// The rule, with field and value where there are any.
    pub message: String,
}

impl Problem {
    /// Places `message` at a range of bytes of `text`.
    pub(super) fn at(file: &str, text: &str, span: Option<Range<usize>>, message: impl Display) -> Self {
        let start = text.floor_char_boundary(span.map_or(0, |span| span.start).min(text.len()));
        let before = text.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Self {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            message: message.to_string(),
        }
    }
}

impl Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
