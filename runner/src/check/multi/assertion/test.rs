//! Comparisons of one found value with what was expected.

use regex::Regex;

use crate::check::multi::number::Number;
use crate::check::multi::template::{Template, Unfilled, Values};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum TextOperator {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    RegexMatch,
    StartsWith,
    EndsWith,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum NumberOperator {
    Equals,
    NotEquals,
    GreaterThan,
    LessThan,
    InRange,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TextTest {
    pub(super) operator: TextOperator,
    pub(super) value: Template,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NumberTest {
    pub(super) operator: NumberOperator,
    /// The only one, or the lower end.
    pub(super) value: Number,
    /// The upper end of a range.
    pub(super) to: Option<Number>,
}

/// A test whose values are filled in.
pub(super) struct Filled<T> {
    pub(super) expected: T,
    /// As people read it: `GREATER_THAN 30`.
    pub(super) words: String,
}

impl TextOperator {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Equals => "EQUALS",
            Self::NotEquals => "NOT_EQUALS",
            Self::Contains => "CONTAINS",
            Self::NotContains => "NOT_CONTAINS",
            Self::RegexMatch => "REGEX_MATCH",
            Self::StartsWith => "STARTS_WITH",
            Self::EndsWith => "ENDS_WITH",
        }
    }

    fn is_denial(self) -> bool {
        matches!(self, Self::NotEquals | Self::NotContains)
    }

    /// Whether what holds of the beginning of some data holds of all of it.
    pub(super) fn stays_true(self) -> bool {
        matches!(self, Self::Contains | Self::StartsWith | Self::RegexMatch)
    }

    fn holds(self, found: &str, expected: &str) -> bool {
        match self {
            Self::Equals => found == expected,
            Self::NotEquals => found != expected,
            Self::Contains => found.contains(expected),
            Self::NotContains => !found.contains(expected),
            Self::RegexMatch => Regex::new(expected).is_ok_and(|regex| regex.is_match(found)),
            Self::StartsWith => found.starts_with(expected),
            Self::EndsWith => found.ends_with(expected),
        }
    }
}

impl NumberOperator {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Equals => "EQUALS",
            Self::NotEquals => "NOT_EQUALS",
            Self::GreaterThan => "GREATER_THAN",
            Self::LessThan => "LESS_THAN",
            Self::InRange => "IN_RANGE",
        }
    }
}

impl TextTest {
    pub(super) fn fill(&self, values: &Values<'_>) -> Result<Filled<String>, Unfilled> {
        let expected = self.value.fill(values)?;
        if self.operator == TextOperator::RegexMatch
            && let Err(error) = Regex::new(&expected)
        {
            return Err(Unfilled::Value(format!("\"{expected}\" is no regular expression: {error}")));
        }
        let words = format!("{} {expected:?}", self.operator.word());
        Ok(Filled { expected, words })
    }

    /// Whether it holds of any of several found texts; a denial must hold of all of them.
    pub(super) fn holds<'a>(&self, mut found: impl Iterator<Item = &'a str>, expected: &str) -> bool {
        if self.operator.is_denial() {
            found.all(|text| self.operator.holds(text, expected))
        } else {
            found.any(|text| self.operator.holds(text, expected))
        }
    }
}

impl NumberTest {
    pub(super) fn fill(&self, values: &Values<'_>) -> Result<Filled<(f64, f64)>, Unfilled> {
        let from = self.value.get(values)?;
        let Some(to) = &self.to else {
            return Ok(Filled { expected: (from, from), words: format!("{} {from}", self.operator.word()) });
        };
        let to = to.get(values)?;
        Ok(Filled { expected: (from, to), words: format!("{} {from} to {to}", self.operator.word()) })
    }

    #[expect(clippy::float_cmp, reason = "numbers of a document, not results of a computation")]
    pub(super) fn holds(&self, found: f64, (from, to): (f64, f64)) -> bool {
        match self.operator {
            NumberOperator::Equals => found == from,
            NumberOperator::NotEquals => found != from,
            NumberOperator::GreaterThan => found > from,
            NumberOperator::LessThan => found < from,
            NumberOperator::InRange => (from..=to).contains(&found),
        }
    }
}
