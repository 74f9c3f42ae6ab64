//! The syntax tree of a filter pattern.

/// A pattern in the form for unstructured text.
#[derive(Clone, Debug, Default)]
pub struct FilterPattern {
    /// Terms that must all be in the message.
    pub required: Vec<Term>,
    /// `?` terms: at least one must be in the message. Ignored when there are [`FilterPattern::required`] terms, as
    /// `CloudWatch` does.
    pub optional: Vec<Term>,
    /// `-` terms: none may be in the message.
    pub excluded: Vec<Term>,
}

/// What is looked for in a message.
#[derive(Clone, Debug)]
pub enum Term {
    /// The message contains this text; upper and lower case differ.
    Contains(Text),
    /// Some part of the message matches this expression.
    Matches(regex::Regex),
}

/// Text to look for: never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub(super) String);

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
