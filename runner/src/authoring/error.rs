//! Why nothing was written.

use std::fmt::Display;

/// Why nothing was written.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AuthoringError {
    /// What was asked for cannot be; says which value breaks which rule.
    #[error("{0}")]
    Refused(String),
    /// The file system refused.
    #[error("{0}")]
    Failed(String),
}

impl AuthoringError {
    pub(super) fn refused(why: impl Display) -> Self {
        Self::Refused(why.to_string())
    }

    pub(super) fn failed(why: impl Display) -> Self {
        Self::Failed(why.to_string())
    }
}
