//! What happened in one segment, in the order and the form it can be written down quickest.
//!
//! Names are not copied, nothing is formatted but what only a formatter can write, ids are computed
//! from a seed, and time stays a counter. The pipeline makes documents of it later.

use std::sync::Arc;

use tracing_core::Metadata;

use super::handle::SPANS_MAX;
use crate::id::{SpanId, TraceId};
use crate::random;

/// Most bytes one segment may take in memory before its further spans and fields are dropped.
pub(crate) const SEGMENT_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Buffers above this many bytes are given back when their segment is done.
const KEPT_BYTES_MAX: usize = 64 * 1024;

/// A piece of [`SegmentLog::text`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text {
    start: u32,
    bytes: u32,
}

/// A field's name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    /// Declared at the callsite.
    Field(&'static str),
    /// An annotation's key given at run time.
    Annotation(Text),
}

/// A field's value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(Text),
    /// An error's own text.
    Error(Text),
    /// The text of what caused the error in the row before.
    CausedBy(Text),
    /// Not a value: an ERROR event begins, the rows up to `EventEnd` are its fields.
    Event(&'static Metadata<'static>),
    EventEnd,
}

/// One field of one span.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) key: Key,
    pub(crate) value: Value,
}

/// A row and the span it belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FieldRow {
    pub(crate) span: u32,
    pub(crate) row: Row,
}

/// One span. Its parent always stands before it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SpanRow {
    /// `None` for the span the segment is made of.
    pub(crate) parent: Option<u32>,
    pub(crate) metadata: &'static Metadata<'static>,
    pub(crate) start_ns: u64,
    pub(crate) end_ns: Option<u64>,
}

/// What the whole segment shares.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) trace_id: TraceId,
    /// The caller's span.
    pub(crate) parent: Option<SpanId>,
    pub(crate) sampled: bool,
    /// The rule that sampled the trace, where it was decided here.
    pub(crate) rule_name: Option<Arc<str>>,
    pub(crate) extras: Box<str>,
    pub(crate) tracestate: Box<str>,
    /// When it began, by both readings of the clock.
    pub(crate) wall_ns: u64,
    pub(crate) monotonic_ns: u64,
    /// Ids of spans are computed from it.
    pub(crate) seed: u64,
}

impl Head {
    /// The id of the span at `index`. The mixer is one to one, so ids within a segment differ.
    pub(crate) fn span_id(&self, index: usize) -> SpanId {
        let step = (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        SpanId::from_bits(random::mix(self.seed.wrapping_add(step)).max(1))
    }

    /// Converts a monotonic reading to nanoseconds since the Unix epoch.
    pub(crate) fn epoch_ns(&self, monotonic_ns: u64) -> u64 {
        self.wall_ns + monotonic_ns.saturating_sub(self.monotonic_ns)
    }
}

/// What happens to a log's buffers when its segment is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Buffers {
    /// The next segment in the slot will want them.
    Keep,
    /// Memory is short.
    GiveBack,
}

/// The log of one segment. Empty buffers keep their memory, so a warm slot allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct SegmentLog {
    pub(crate) generation: u32,
    pub(crate) head: Option<Head>,
    pub(crate) spans: Vec<SpanRow>,
    pub(crate) fields: Vec<FieldRow>,
    text: String,
    /// What of the process-wide budget this log holds.
    pub(super) charged_bytes: usize,
}

impl SegmentLog {
    /// Bytes in use.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(self.spans.as_slice()) + size_of_val(self.fields.as_slice()) + self.text.len()
    }

    /// Whether `bytes` more would be too many for one segment.
    pub(super) fn is_full_for(&self, bytes: usize) -> bool {
        self.bytes() + bytes > SEGMENT_BYTES_MAX || self.spans.len() >= SPANS_MAX
    }

    /// Adds a span that begins now, and returns its index.
    pub(super) fn open_span(&mut self, span: SpanRow) -> usize {
        self.spans.push(span);
        self.spans.len() - 1
    }

    /// Appends rows whose texts lie in `text`.
    pub(super) fn append(&mut self, span: usize, rows: &[Row], text: &str) {
        let base = self.text.len() as u32;
        let moved = |text: Text| Text { start: text.start + base, ..text };
        self.fields.extend(rows.iter().map(|row| {
            let key = match row.key {
                Key::Field(name) => Key::Field(name),
                Key::Annotation(text) => Key::Annotation(moved(text)),
            };
            let value = match row.value {
                Value::Text(text) => Value::Text(moved(text)),
                Value::Error(text) => Value::Error(moved(text)),
                Value::CausedBy(text) => Value::CausedBy(moved(text)),
                value @ (Value::Bool(_)
                | Value::Signed(_)
                | Value::Unsigned(_)
                | Value::Float(_)
                | Value::Event(_)
                | Value::EventEnd) => value,
            };
            FieldRow { span: span as u32, row: Row { key, value } }
        }));
        self.text.push_str(text);
    }

    /// Reads a text of this log.
    pub(crate) fn text(&self, text: Text) -> &str {
        text.of(&self.text)
    }

    /// Bytes the buffers take, used or not.
    fn capacity_bytes(&self) -> usize {
        self.spans.capacity() * size_of::<SpanRow>()
            + self.fields.capacity() * size_of::<FieldRow>()
            + self.text.capacity()
    }

    /// Empties the log for the slot's next use; returns the bytes of the buffers it keeps.
    pub(super) fn clear(&mut self, buffers: Buffers) -> usize {
        self.head = None;
        self.spans.clear();
        self.fields.clear();
        self.text.clear();
        if buffers == Buffers::GiveBack || self.capacity_bytes() > KEPT_BYTES_MAX {
            (self.spans, self.fields, self.text) = (Vec::new(), Vec::new(), String::new());
        }
        self.capacity_bytes()
    }
}

impl Text {
    /// The part of `all` that was written since it was `start` bytes long.
    pub(super) fn since(start: usize, all: &str) -> Self {
        Self { start: start as u32, bytes: (all.len() - start) as u32 }
    }

    /// Reads the text out of the buffer it was written to.
    pub(super) fn of(self, all: &str) -> &str {
        let start = self.start as usize;
        all.get(start..start + self.bytes as usize).unwrap_or_default()
    }
}
