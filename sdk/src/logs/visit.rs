//! Reading an event's fields.
//!
//! A field's `Debug` impl is the user's code: it may be slow, panic, or log itself. So it runs before
//! any lock of ours is taken.

use std::fmt::{self, Write};

use tracing_core::field::Visit;
use tracing_core::{Field, Metadata};

use super::record::FieldValue;

/// Most bytes of all texts of one event; what is beyond is cut, and the text ends in [`CUT`].
const EVENT_TEXT_BYTES_MAX: usize = 64 * 1024;
/// Most fields of one event that are kept.
const FIELDS_MAX: usize = 64;
/// The target that the `log` crate's events share.
const LOG_TARGET: &str = "log";
/// Marks a text that was cut.
const CUT: &str = "[cut]";

/// The fields of one event.
#[derive(Debug, Default)]
pub(super) struct EventFields {
    pub(super) message: String,
    pub(super) fields: Vec<(&'static str, FieldValue)>,
    /// The target of an event that came from the `log` crate, whose callsites all share one.
    pub(super) log_target: Option<String>,
    /// Whether it came from there.
    is_log: bool,
    used_bytes: usize,
}

impl EventFields {
    /// Starts to read an event of this callsite.
    pub(super) fn of(metadata: &Metadata<'_>) -> Self {
        Self { is_log: metadata.target() == LOG_TARGET, ..Self::default() }
    }

    fn push(&mut self, field: &Field, value: FieldValue) {
        if self.fields.len() < FIELDS_MAX && !(self.is_log && field.name().starts_with("log.")) {
            self.fields.push((field.name(), value));
        }
    }

    fn text(&mut self, text: fmt::Arguments<'_>) -> String {
        let mut bounded = Bounded { text: String::new(), left: EVENT_TEXT_BYTES_MAX - self.used_bytes, cut: false };
        // An error means that the bound was hit or that the user's own formatter failed; what was
        // written until then is what is known of the value.
        let _cut_or_failed = bounded.write_fmt(text);
        self.used_bytes += bounded.text.len();
        if bounded.cut {
            bounded.text.push_str(CUT);
        }
        bounded.text
    }

    fn push_text(&mut self, field: &Field, text: fmt::Arguments<'_>) {
        if self.is_log && field.name() == "log.target" {
            self.log_target = Some(self.text(text));
        } else if field.name() == "message" {
            self.message = self.text(text);
        } else {
            let text = self.text(text);
            self.push(field, FieldValue::Text(text));
        }
    }
}

impl Visit for EventFields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, FieldValue::Float(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, FieldValue::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, FieldValue::Unsigned(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, FieldValue::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.push_text(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push_text(field, format_args!("{value:?}"));
    }
}

/// Stops a formatter that writes without end.
struct Bounded {
    text: String,
    left: usize,
    cut: bool,
}

impl Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = part.floor_char_boundary(self.left);
        self.text.push_str(part.get(..end).unwrap_or_default());
        self.left -= end;
        self.cut = end < part.len();
        if self.cut { Err(fmt::Error) } else { Ok(()) }
    }
}
