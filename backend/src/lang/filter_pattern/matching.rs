//! Whether a message is what a pattern asks for.

use super::{FilterPattern, Term};

impl FilterPattern {
    /// Whether `message` is wanted. The empty pattern wants every message.
    pub fn matches(&self, message: &str) -> bool {
        let wanted = if self.required.is_empty() {
            self.optional.is_empty() || self.optional.iter().any(|term| term.is_in(message))
        } else {
            self.required.iter().all(|term| term.is_in(message))
        };
        wanted && !self.excluded.iter().any(|term| term.is_in(message))
    }
}

impl Term {
    fn is_in(&self, message: &str) -> bool {
        match self {
            Self::Contains(text) => message.contains(text.as_str()),
            Self::Matches(expression) => expression.is_match(message),
        }
    }
}
