//! Why there is no list of pages.

use std::fmt::Display;

use siskin_blueprints::Invalid;

/// Why there is no list of pages.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// A file cannot be read, or an address gives none.
    #[error("{at}: {reason}")]
    Unreadable {
        /// File or address.
        at: String,
        /// Why.
        reason: String,
    },
    /// What was read breaks a rule.
    #[error("{at}: {invalid}")]
    Invalid {
        /// File or address.
        at: String,
        /// Field, value and rule.
        invalid: Invalid,
    },
}

impl PagesError {
    pub(super) fn unreadable(at: &(impl Display + ?Sized), reason: impl Display) -> Self {
        Self::Unreadable { at: at.to_string(), reason: reason.to_string() }
    }

    pub(super) fn invalid(at: &(impl Display + ?Sized), invalid: Invalid) -> Self {
        Self::Invalid { at: at.to_string(), invalid }
    }
}
