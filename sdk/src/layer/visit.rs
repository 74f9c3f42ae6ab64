//! Reading fields out of `tracing`, into a buffer of this thread.
//!
//! A field's `Debug` impl is the user's code: it may be slow, panic, or open spans itself. So it runs
//! before any lock of ours is taken.

use std::error::Error;
use std::fmt::{self, Write};

use tracing_core::Field;
use tracing_core::field::Visit;

use super::log::{Key, Row, Text, Value};

/// Longest text of one value, in bytes; what is longer is cut.
const VALUE_BYTES_MAX: usize = 16 * 1024;
/// Most causes of an error that are followed.
const ERROR_CAUSES_MAX: usize = 16;

/// Fields on their way into a log.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) rows: Vec<Row>,
    pub(super) text: String,
    /// What `otel.kind` says.
    pub(super) kind: Option<SpanKind>,
}

/// Which side of a call a span is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpanKind {
    Server,
    Client,
    Producer,
    Consumer,
    Internal,
}

impl SpanKind {
    /// Reads `otel.kind`, in any case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        const NAMES: [(&str, SpanKind); 5] = [
            ("server", SpanKind::Server),
            ("client", SpanKind::Client),
            ("producer", SpanKind::Producer),
            ("consumer", SpanKind::Consumer),
            ("internal", SpanKind::Internal),
        ];
        NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, kind)| *kind)
    }

    /// Whether a span of this kind is a segment: a service's answer to someone else.
    pub(crate) fn is_entry(self) -> bool {
        matches!(self, Self::Server | Self::Consumer)
    }
}

impl Scratch {
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.text.clear();
        self.kind = None;
    }

    /// Bytes the rows will take in a log.
    pub(super) fn bytes(&self) -> usize {
        self.rows.len() * size_of::<super::log::FieldRow>() + self.text.len()
    }

    /// The text under one of the `names`, the first that has one.
    pub(super) fn text_of(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| {
            self.rows.iter().find_map(|row| match (row.key, row.value) {
                (Key::Field(key), Value::Text(text)) if key == *name => Some(text.of(&self.text)),
                _ => None,
            })
        })
    }

    /// Adds an annotation whose key is not declared at any callsite.
    pub(super) fn annotate(&mut self, key: &str, value: &crate::segment::AnnotationValue) {
        use crate::segment::AnnotationValue;
        let key = Key::Annotation(self.write(format_args!("{key}")));
        let value = match value {
            AnnotationValue::Bool(flag) => Value::Bool(*flag),
            AnnotationValue::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(number), _, _) => Value::Signed(number),
                (None, Some(number), _) => Value::Unsigned(number),
                (None, None, number) => Value::Float(number.unwrap_or_default()),
            },
            AnnotationValue::Text(text) => Value::Text(self.write(format_args!("{text}"))),
        };
        self.rows.push(Row { key, value });
    }

    pub(super) fn push(&mut self, name: &'static str, value: Value) {
        self.rows.push(Row { key: Key::Field(name), value });
    }

    fn write(&mut self, text: fmt::Arguments<'_>) -> Text {
        let start = self.text.len();
        let mut bounded = Bounded { text: &mut self.text, left: VALUE_BYTES_MAX };
        // An error means that the bound was hit or that the user's own formatter failed; what was
        // written until then is what is known of the value.
        let _cut_or_failed = bounded.write_fmt(text);
        Text::since(start, &self.text)
    }
}

impl Visit for Scratch {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field.name(), Value::Float(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field.name(), Value::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field.name(), Value::Unsigned(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field.name(), Value::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "otel.kind" {
            self.kind = SpanKind::parse(value);
        }
        let text = self.write(format_args!("{value}"));
        self.push(field.name(), Value::Text(text));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let text = self.write(format_args!("{value}"));
        self.push(field.name(), Value::Error(text));
        let mut source = value.source();
        for _ in 0..ERROR_CAUSES_MAX {
            let Some(cause) = source else { break };
            let text = self.write(format_args!("{cause}"));
            self.push(field.name(), Value::CausedBy(text));
            source = cause.source();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = self.write(format_args!("{value:?}"));
        if field.name() == "otel.kind" {
            self.kind = SpanKind::parse(text.of(&self.text));
        }
        self.push(field.name(), Value::Text(text));
    }
}

/// Stops a formatter that writes without end.
struct Bounded<'a> {
    text: &'a mut String,
    left: usize,
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = part.floor_char_boundary(self.left);
        self.text.push_str(part.get(..end).unwrap_or_default());
        self.left -= end;
        if end < part.len() { Err(fmt::Error) } else { Ok(()) }
    }
}
