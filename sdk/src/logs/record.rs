//! A log event on its way to a receiver.

use serde_json::{Map, Value, json};
use tracing_core::Level;

use super::ids::{IdForm, SpanIds};
use crate::ship::Item;

/// What waits to be shipped.
#[derive(Debug)]
pub(crate) enum LogItem {
    /// An event of `tracing`.
    Event(Box<LogRecord>),
    /// A text as it is sent.
    Line(Line),
}

/// A text and when it was, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) at_ms: u64,
    pub(crate) text: String,
}

/// An event of `tracing`, as yet unformatted.
#[derive(Debug)]
pub(crate) struct LogRecord {
    /// Nanoseconds since the Unix epoch.
    pub(super) at_ns: u64,
    pub(super) level: Level,
    pub(super) target: String,
    pub(super) message: String,
    pub(super) fields: Vec<(&'static str, FieldValue)>,
    pub(super) ids: Option<SpanIds>,
}

/// A field's value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FieldValue {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
}

const NANOS_PER_MILLI: u64 = 1_000_000;

impl Item for LogItem {
    fn bytes(&self) -> usize {
        match self {
            Self::Event(record) => record.bytes(),
            Self::Line(line) => size_of::<Self>() + line.text.len(),
        }
    }
}

impl LogRecord {
    fn bytes(&self) -> usize {
        let texts = self.fields.iter().map(|(_, value)| match value {
            FieldValue::Text(text) => text.len(),
            FieldValue::Bool(_) | FieldValue::Signed(_) | FieldValue::Unsigned(_) | FieldValue::Float(_) => 0,
        });
        let fields = size_of_val(self.fields.as_slice()) + texts.sum::<usize>();
        size_of::<LogItem>() + size_of::<Self>() + self.target.len() + self.message.len() + fields
    }

    /// The event as one JSON object.
    pub(super) fn to_line(&self, form: IdForm) -> Line {
        let at_ms = self.at_ns / NANOS_PER_MILLI;
        let mut object = Map::new();
        object.insert("timestamp".to_owned(), at_ms.into());
        object.insert("level".to_owned(), self.level.as_str().into());
        object.insert("target".to_owned(), self.target.as_str().into());
        object.insert("message".to_owned(), self.message.as_str().into());
        if !self.fields.is_empty() {
            let fields = self.fields.iter().map(|(name, value)| ((*name).to_owned(), value.to_json()));
            object.insert("fields".to_owned(), Value::Object(fields.collect()));
        }
        if let Some(ids) = self.ids {
            object.insert("trace_id".to_owned(), ids.trace_id(form).to_string().into());
            object.insert("span_id".to_owned(), ids.span_id.to_string().into());
        }
        Line { at_ms, text: Value::Object(object).to_string() }
    }
}

impl FieldValue {
    fn to_json(&self) -> Value {
        match self {
            Self::Bool(flag) => json!(flag),
            Self::Signed(number) => json!(number),
            Self::Unsigned(number) => json!(number),
            // JSON has no infinities, and a null would not tell which it was.
            Self::Float(number) if !number.is_finite() => json!(number.to_string()),
            Self::Float(number) => json!(number),
            Self::Text(text) => json!(text),
        }
    }
}
