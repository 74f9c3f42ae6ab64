//! What is wrong with a text, and where.

use std::ops::Range;

/// One complaint about a text that does not parse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Diagnostic {
    /// One sentence for the person who wrote the text.
    pub message: String,
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
}

impl Diagnostic {
    /// A complaint about `span`.
    pub fn new(message: impl Into<String>, span: Range<usize>) -> Self {
        Self { message: message.into(), span }
    }
}
