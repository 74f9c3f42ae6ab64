//! Reading fields out of `tracing`, into a buffer that only this thread has.
//!
//! A field's `Debug` impl is the user's code: it may be slow, panic, or open spans itself. So no lock
//! of ours is held while it runs, and the buffer is out of everybody's reach.

use std::error::Error;
use std::fmt::{self, Write};

use tracing_core::Field;
use tracing_core::field::Visit;

use super::log::{Buffer, Entry, KEYED, KeyOf, Text};
use crate::segment::AnnotationValue;

/// Longest text of one value, in bytes; what is longer is cut.
const VALUE_BYTES_MAX: usize = 16 * 1024;
/// Most causes of an error that are followed.
const ERROR_CAUSES_MAX: usize = 16;

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

/// Writes the fields of one span.
pub(super) struct Writer<'a> {
    pub(super) buffer: &'a mut Buffer,
    pub(super) span: u32,
    pub(super) findings: Findings,
}

/// What was unusual about a span's fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Findings(u8);

impl Findings {
    /// `otel.kind` says that the span is a segment.
    pub(super) const ENTRY: Self = Self(1);
    /// Something found no room.
    pub(super) const REFUSED: Self = Self(2);
    /// The user's own code ran.
    pub(super) const FOREIGN: Self = Self(4);

    #[inline]
    pub(super) fn are_none(self) -> bool {
        self.0 == 0
    }

    #[inline]
    pub(super) fn has(self, finding: Self) -> bool {
        self.0 & finding.0 != 0
    }

    #[inline]
    fn set(&mut self, finding: Self, is_so: bool) {
        self.0 = (self.0 & !finding.0) | if is_so { finding.0 } else { 0 };
    }

    #[inline]
    fn add(&mut self, finding: Self) {
        self.0 |= finding.0;
    }
}

impl<'a> Writer<'a> {
    pub(super) fn new(buffer: &'a mut Buffer, span: u32) -> Self {
        Self { buffer, span, findings: Findings::default() }
    }

    /// Adds the value of a field. Where there is no room yet, everything is done again, in a call at the very
    /// end: nothing has to be kept for it.
    #[inline]
    fn value<T>(&mut self, field: &Field, value: T, entry: impl FnOnce(u16, u32, T) -> Entry) {
        let Buffer { entries, .. } = &mut *self.buffer;
        if entries.len() == entries.capacity() {
            return self.value_growing(field, value, entry);
        }
        entries.push(entry(field.index() as u16, self.span, value));
    }

    #[cold]
    #[inline(never)]
    fn value_growing<T>(&mut self, field: &Field, value: T, entry: impl FnOnce(u16, u32, T) -> Entry) {
        self.push(entry(field.index() as u16, self.span, value));
    }

    pub(super) fn push(&mut self, entry: Entry) {
        if !self.buffer.push(entry) {
            self.findings.add(Findings::REFUSED);
        }
    }

    /// Adds an annotation whose key is not declared at any callsite.
    pub(super) fn annotate(&mut self, key: &str, value: &AnnotationValue) {
        let span = self.span;
        if !self.key(KeyOf::Annotation, &[key]) {
            return;
        }
        match value {
            AnnotationValue::Bool(value) => self.push(Entry::Bool { field: KEYED, span, value: *value }),
            AnnotationValue::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(value), _, _) => self.push(Entry::Signed { field: KEYED, span, value }),
                (None, Some(value), _) => self.push(Entry::Unsigned { field: KEYED, span, value }),
                (None, None, value) => {
                    self.push(Entry::Float { field: KEYED, span, value: value.unwrap_or_default() });
                }
            },
            AnnotationValue::Text(value) => {
                if let Some(text) = self.text(value) {
                    self.push(Entry::Text { field: KEYED, span, text });
                }
            }
        }
    }

    /// Adds metadata whose key is not declared at any callsite.
    pub(super) fn metadata(&mut self, namespace: &str, key: &str, json: &str) {
        // A cut JSON text would be none.
        if json.len() > VALUE_BYTES_MAX {
            self.findings.add(Findings::REFUSED);
        } else if self.key(KeyOf::Metadata, &[namespace, "\0", key])
            && let Some(text) = self.text(json)
        {
            self.push(Entry::Json { field: KEYED, span: self.span, text });
        }
    }

    /// Adds a related span of another trace.
    pub(super) fn link(&mut self, trace_id: &str, span_id: &str) {
        self.key(KeyOf::Link, &[trace_id, " ", span_id]);
    }

    fn key(&mut self, of: KeyOf, parts: &[&str]) -> bool {
        let start = self.buffer.text.len();
        let bytes = parts.iter().map(|part| part.len()).sum();
        if bytes > VALUE_BYTES_MAX || !self.buffer.reserve_text(bytes) {
            self.findings.add(Findings::REFUSED);
            return false;
        }
        for part in parts {
            self.buffer.text.push_within_room(part);
        }
        let text = Text { start: start as u32, bytes: bytes as u32 };
        let pushed = self.buffer.push(Entry::Key { of, span: self.span, text });
        if !pushed {
            self.findings.add(Findings::REFUSED);
        }
        pushed
    }

    fn text(&mut self, value: &str) -> Option<Text> {
        let value = value.get(..value.floor_char_boundary(VALUE_BYTES_MAX)).unwrap_or_default();
        if !self.buffer.reserve_text(value.len()) {
            self.findings.add(Findings::REFUSED);
            return None;
        }
        let start = self.buffer.text.len() as u32;
        self.buffer.text.push_within_room(value);
        Some(Text { start, bytes: value.len() as u32 })
    }

    fn formatted(&mut self, value: fmt::Arguments<'_>) -> Text {
        self.findings.add(Findings::FOREIGN);
        let start = self.buffer.text.len();
        let mut bounded = Bounded { buffer: self.buffer, left: VALUE_BYTES_MAX, refused: false };
        // An error means that a bound was hit or that the user's own formatter failed; what was
        // written until then is what is known of the value.
        let _cut_or_failed = bounded.write_fmt(value);
        let refused = bounded.refused;
        if refused {
            self.findings.add(Findings::REFUSED);
        }
        let bytes = self.buffer.text.len() - start;
        Text { start: start as u32, bytes: bytes as u32 }
    }

    /// The same for a text that has to be cut, needs more room, or may say that the span is a segment.
    #[cold]
    fn record_str_unusual(&mut self, field: &Field, value: &str) {
        if may_be_kind(value.len()) && field.name() == "otel.kind" {
            self.findings.set(Findings::ENTRY, SpanKind::parse(value).is_some_and(SpanKind::is_entry));
        }
        if let Some(text) = self.text(value) {
            self.push(Entry::Text { field: field.index() as u16, span: self.span, text });
        }
    }
}

/// Whether a value of this length, 6 or 8, may be `otel.kind`'s for a segment. Names are compared only then:
/// nearly none are.
#[inline]
fn may_be_kind(bytes: usize) -> bool {
    bytes.wrapping_sub(6) & !2 == 0
}

impl Visit for Writer<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, value, |field, span, value| Entry::Float { field, span, value });
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, value, |field, span, value| Entry::Signed { field, span, value });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field, value, |field, span, value| Entry::Unsigned { field, span, value });
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, value, |field, span, value| Entry::Bool { field, span, value });
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let Buffer { entries, text: texts, .. } = &mut *self.buffer;
        let text = Text { start: texts.len() as u32, bytes: value.len() as u32 };
        if value.len() > VALUE_BYTES_MAX || may_be_kind(value.len()) || entries.len() == entries.capacity() {
            return self.record_str_unusual(field, value);
        }
        let Some(place) = texts.take(value.len()) else { return self.record_str_unusual(field, value) };
        entries.push(Entry::Text { field: field.index() as u16, span: self.span, text });
        // At the very end, so that nothing has to be kept for afterwards.
        place.copy_from_slice(value.as_bytes());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let (index, span) = (field.index() as u16, self.span);
        let text = self.formatted(format_args!("{value}"));
        self.push(Entry::Error { field: index, span, text });
        let mut source = value.source();
        for _ in 0..ERROR_CAUSES_MAX {
            let Some(cause) = source else { break };
            let text = self.formatted(format_args!("{cause}"));
            self.push(Entry::CausedBy { text });
            source = cause.source();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = self.formatted(format_args!("{value:?}"));
        if may_be_kind(text.bytes as usize) && field.name() == "otel.kind" {
            let kind = SpanKind::parse(self.buffer.text.get(text));
            self.findings.set(Findings::ENTRY, kind.is_some_and(SpanKind::is_entry));
        }
        self.push(Entry::Text { field: field.index() as u16, span: self.span, text });
    }
}

/// Stops a formatter that writes without end.
struct Bounded<'a> {
    buffer: &'a mut Buffer,
    left: usize,
    refused: bool,
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = part.floor_char_boundary(self.left);
        if !self.buffer.reserve_text(end) {
            self.refused = true;
            return Err(fmt::Error);
        }
        self.buffer.text.push_within_room(part.get(..end).unwrap_or_default());
        self.left -= end;
        if end < part.len() { Err(fmt::Error) } else { Ok(()) }
    }
}
