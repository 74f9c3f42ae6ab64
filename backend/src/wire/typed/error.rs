//! What was wrong with a value, and where.

use std::fmt;

use serde::de::{Expected, Unexpected};

/// How much of a wrong text an error repeats: a body may hold megabytes.
pub const TEXT_SHOWN_MAX: usize = 256;

/// One step from an input down to a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member of a structure.
    Member(String),
    /// An element of a list, counted from zero.
    Index(usize),
    /// The value under a key of a map.
    Key(String),
}

/// Why a member cannot be what the operation wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A required member is absent.
    Missing,
    /// The protocol said it is something else: a string for an integer.
    WrongType {
        /// What the shape wants: `an integer`.
        expected: String,
        /// What came: `a string`.
        found: String,
    },
    /// Text that does not read as what the shape wants: `abc` for a number.
    Unreadable {
        /// What the shape wants.
        expected: String,
        /// What came, shortened to [`TEXT_SHOWN_MAX`] characters.
        text: String,
    },
    /// A value outside an enum.
    NotInEnum {
        /// What came, shortened to [`TEXT_SHOWN_MAX`] characters.
        text: String,
        /// What the enum has.
        allowed: &'static [&'static str],
    },
    /// The shape's own parser refused it, with this reason.
    Refused(String),
}

/// An input does not fit its operation's shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Innermost step first: steps are added on the way up.
    steps: Vec<Step>,
    reason: Reason,
}

impl DecodeError {
    pub(super) fn new(reason: Reason) -> Self {
        Self { steps: Vec::new(), reason }
    }

    pub(super) fn unreadable(expected: &str, text: &str) -> Self {
        Self::new(Reason::Unreadable { expected: expected.to_owned(), text: shortened(text) })
    }

    pub(super) fn within(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// What is wrong.
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// From the input down to the member at fault.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = &Step> {
        self.steps.iter().rev()
    }

    /// The member as query users know it: `MetricData.member.1.MetricName`.
    pub fn member_path(&self) -> String {
        let steps = self.steps().map(|step| match step {
            Step::Member(name) => name.clone(),
            Step::Index(index) => format!("member.{}", index + 1),
            Step::Key(key) => key.clone(),
        });
        steps.collect::<Vec<_>>().join(".")
    }

    /// The member as AWS's validation sentences write it: `metricTransformations.1.member.metricName`.
    pub fn constraint_path(&self) -> String {
        let steps = self.steps().map(|step| match step {
            Step::Member(name) => lower_first(name),
            Step::Index(index) => format!("{}.member", index + 1),
            Step::Key(key) => format!("{key}.member"),
        });
        steps.collect::<Vec<_>>().join(".")
    }

    /// AWS's validation sentence about the member.
    ///
    /// `1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not be null`
    pub fn validation_message(&self) -> String {
        let path = self.constraint_path();
        let (value, constraint) = match &self.reason {
            Reason::Missing => (" null".to_owned(), "Member must not be null".to_owned()),
            Reason::WrongType { expected, .. } => (String::new(), format!("Member must be {expected}")),
            Reason::Unreadable { expected, text } => (format!(" '{text}'"), format!("Member must be {expected}")),
            Reason::NotInEnum { text, allowed } => {
                (format!(" '{text}'"), format!("Member must satisfy enum value set: [{}]", allowed.join(", ")))
            }
            Reason::Refused(constraint) => (String::new(), constraint.clone()),
        };
        format!("1 validation error detected: Value{value} at '{path}' failed to satisfy constraint: {constraint}")
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(TEXT_SHOWN_MAX) {
        None => text.to_owned(),
        Some((end, _)) => text.get(..end).expect("a character starts here").to_owned() + "...",
    }
}

/// What serde calls an integer type, for people.
fn in_words(expected: &str) -> &str {
    match expected {
        "u8" => "an integer from 0 to 255",
        "u16" => "an integer from 0 to 65535",
        "u32" => "an integer from 0 to 4294967295",
        "u64" | "usize" => "an integer of at least 0",
        "i8" => "an integer from -128 to 127",
        "i16" => "an integer from -32768 to 32767",
        "i32" => "an integer from -2147483648 to 2147483647",
        other => other,
    }
}

fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Missing => f.write_str("missing")?,
            Reason::WrongType { expected, found } => write!(f, "{found} cannot be read as {expected}")?,
            Reason::Unreadable { expected, text } => write!(f, "{text:?} is not {expected}")?,
            Reason::NotInEnum { text, allowed } => write!(f, "{text:?} is not one of {}", allowed.join(", "))?,
            Reason::Refused(reason) => f.write_str(reason)?,
        }
        if self.steps.is_empty() { Ok(()) } else { write!(f, " at {}", self.member_path()) }
    }
}

impl std::error::Error for DecodeError {}

impl serde::de::Error for DecodeError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self::new(Reason::Refused(reason.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Reason::WrongType { expected: expected.to_string(), found: found.to_string() })
    }

    /// The right type, but not a value of it: a negative number for an unsigned one.
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let text = match found {
            Unexpected::Signed(number) => number.to_string(),
            Unexpected::Unsigned(number) => number.to_string(),
            Unexpected::Float(number) => format!("{number:?}"),
            Unexpected::Str(text) => text.to_owned(),
            other => other.to_string(),
        };
        Self::unreadable(in_words(&expected.to_string()), &text)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Reason::Missing).within(Step::Member(field.to_owned()))
    }

    fn unknown_variant(variant: &str, allowed: &'static [&'static str]) -> Self {
        Self::new(Reason::NotInEnum { text: shortened(variant), allowed })
    }
}

/// An output cannot be written: a bug in its `Serialize`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct EncodeError(pub(super) String);

impl serde::ser::Error for EncodeError {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self(reason.to_string())
    }
}
