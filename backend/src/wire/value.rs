//! The one form between bytes and typed structs.

use std::borrow::Cow;

use bytes::Bytes;

use super::Malformed;
use crate::base::Timestamp;

/// How deeply lists and maps may nest in a request. AWS's deepest input shapes nest less than ten levels.
pub const DEPTH_MAX: usize = 64;

/// How many values a request may hold. A full `PutMetricData` (1000 datums, 30 dimensions and 150 values with counts
/// each) has 400,000.
pub const VALUES_MAX: usize = 1_000_000;

/// What every codec reads into and writes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Absent: a missing body, an output without members, a hole in a list.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number that is not an integer, or not in an `i64`'s range.
    Float(f64),
    /// Text that the protocol says is text.
    String(String),
    /// A scalar that came as text and whose type only the reader knows: form fields, path labels, query strings.
    Untyped(String),
    /// Bytes; base64 in the text protocols.
    Blob(Bytes),
    /// An instant, in a protocol that marks it (CBOR) or on its way out.
    Timestamp(Timestamp),
    /// A list.
    List(Vec<Self>),
    /// Names given by the caller. Codecs decode every object to this.
    Map(Members),
    /// Names given by the operation's shape. Only XML writes it differently from a map; no codec decodes to it.
    Struct(Members),
}

impl Value {
    /// An empty map: the input of a request without a body.
    pub const fn empty_map() -> Self {
        Self::Map(Members::new())
    }

    /// The word for this kind of value in an error text.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) => "a number",
            Self::String(_) | Self::Untyped(_) => "a string",
            Self::Blob(_) => "a blob",
            Self::Timestamp(_) => "a timestamp",
            Self::List(_) => "a list",
            Self::Map(_) | Self::Struct(_) => "a structure",
        }
    }
}

/// Named values in the order they came.
///
/// A plain list, not a hash map: shapes have a handful of members. A name that comes twice is kept twice; a typed
/// struct refuses it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Members(Vec<(Cow<'static, str>, Value)>);

impl Members {
    /// No members.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// No members yet, with room for `count`.
    pub fn with_capacity(count: usize) -> Self {
        Self(Vec::with_capacity(count))
    }

    /// Adds a member at the end.
    pub fn push(&mut self, name: impl Into<Cow<'static, str>>, value: Value) {
        self.0.push((name.into(), value));
    }

    /// The first member of that name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// Name and value of each member, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Members {
    type Item = (Cow<'static, str>, Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<N: Into<Cow<'static, str>>> FromIterator<(N, Value)> for Members {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(members: I) -> Self {
        Self(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
    }
}

/// How much a decoder may still read: bounds the memory and the stack that one request can take.
#[derive(Debug)]
pub(super) struct Allowance {
    depth: usize,
    values: usize,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { depth: DEPTH_MAX, values: VALUES_MAX }
    }
}

impl Allowance {
    /// Starts one value; [`Allowance::leave`] ends it.
    pub(super) fn enter(&mut self) -> Result<(), Malformed> {
        self.values = self.values.checked_sub(1).ok_or_else(|| Malformed(format!("more than {VALUES_MAX} values")))?;
        self.depth = self.depth.checked_sub(1).ok_or_else(|| Malformed(format!("nested deeper than {DEPTH_MAX}")))?;
        Ok(())
    }

    /// Ends the value that was started last.
    pub(super) fn leave(&mut self) {
        self.depth += 1;
    }
}
