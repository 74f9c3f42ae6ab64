//! The one way this package says no.

use std::fmt::{self, Display};

/// A value that breaks a rule: which field, what it held, and what it should have been.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct Invalid {
    /// Path of the field, such as `steps[1].url`.
    pub field: String,
    /// What it held, shortened to a line.
    pub value: String,
    /// What it must be.
    pub rule: String,
}

/// Longer values are cut in messages.
const VALUE_CHARS_MAX: usize = 120;

impl Invalid {
    /// Builds the error; a long `value` is cut.
    pub fn new(field: impl Into<String>, value: impl Display, rule: impl Into<String>) -> Self {
        let value = value.to_string().replace('\n', " ");
        let shortened = match value.char_indices().nth(VALUE_CHARS_MAX) {
            Some((cut, _)) => format!("{}...", value.get(..cut).unwrap_or_default()),
            None => value,
        };
        Self { field: field.into(), value: shortened, rule: rule.into() }
    }

    /// The same error seen from the record that holds the field.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.field = if self.field.starts_with('[') || self.field.is_empty() {
            format!("{outer}{}", self.field)
        } else {
            format!("{outer}.{}", self.field)
        };
        self
    }
}

impl Display for Invalid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} = {}: {}", self.field, self.value, self.rule)
    }
}
