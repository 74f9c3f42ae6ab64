//! What happened in one segment, in the order and the form it can be written down quickest.
//!
//! Names are not copied, nothing is formatted but what only a formatter can write, ids are computed
//! from a seed, and time stays a counter. The pipeline makes documents of it later.

use std::sync::Arc;

use tracing_core::Metadata;

use super::budget::Budget;
use super::compact::{self, REPEATS_MIN};
use super::texts::Texts;
use crate::id::{SpanId, TraceId};
use crate::random;
use crate::sampling::Decision;

/// Most bytes one buffer of a segment may take. A segment has one for each thread that is inside of it
/// at the same time.
pub(crate) const BUFFER_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Buffers above this many bytes are given back when their segment is done.
const KEPT_BYTES_MAX: usize = 64 * 1024;
/// What a new buffer has room for.
const ENTRIES_FIRST: usize = 128;
const TEXT_BYTES_FIRST: usize = 2 * 1024;
/// A buffer grows to twice its size, but by no more than this at once.
const GROWTH_BYTES_MAX: usize = 64 * 1024;
/// Where memory is short, it grows by this.
const GROWTH_BYTES_MIN: usize = 1024;

/// `parent` of the span a segment is made of.
pub(crate) const NO_PARENT: u32 = u32::MAX;
/// `field` of a value whose key is in the entry before it.
pub(crate) const KEYED: u16 = u16::MAX;

/// A piece of [`Buffer::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Text {
    pub(crate) start: u32,
    pub(crate) bytes: u32,
}

impl Text {
    /// Reads the text out of all texts of its buffer.
    pub(crate) fn of(self, all: &str) -> &str {
        let start = self.start as usize;
        all.get(start..start + self.bytes as usize).unwrap_or_default()
    }
}

/// What a key given at run time is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyOf {
    Annotation,
    /// The text is namespace, NUL, key.
    Metadata,
    /// The text is a trace id, a space and a span id; no value follows.
    Link,
}

/// One thing that happened, in 16 bytes. `field` is the field's place in its callsite.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entry {
    /// A span began; `Start` follows.
    Open {
        span: u32,
        metadata: &'static Metadata<'static>,
    },
    Start {
        parent: u32,
        at: u64,
    },
    End {
        span: u32,
        at: u64,
    },
    Bool {
        field: u16,
        span: u32,
        value: bool,
    },
    Signed {
        field: u16,
        span: u32,
        value: i64,
    },
    Unsigned {
        field: u16,
        span: u32,
        value: u64,
    },
    Float {
        field: u16,
        span: u32,
        value: f64,
    },
    Text {
        field: u16,
        span: u32,
        text: Text,
    },
    /// An error's own text.
    Error {
        field: u16,
        span: u32,
        text: Text,
    },
    /// The text of what caused the error in the entry before.
    CausedBy {
        text: Text,
    },
    /// JSON as it is.
    Json {
        field: u16,
        span: u32,
        text: Text,
    },
    /// The key of the next entry.
    Key {
        of: KeyOf,
        span: u32,
        text: Text,
    },
    /// An event begins: what follows, up to `EventEnd`, are its fields.
    Event {
        span: u32,
        metadata: &'static Metadata<'static>,
    },
    EventEnd {
        span: u32,
        at: u64,
    },
}

const _: () = assert!(size_of::<Entry>() == 16, "an entry is a quarter of a cache line");

/// A buffer as it is handed from a slot to a thread and back: one word moves, not the whole.
pub(crate) type OwnBuffer = Box<Buffer>;

/// What a segment's threads write to, each its own.
#[derive(Debug)]
pub(crate) struct Buffer {
    pub(crate) entries: Vec<Entry>,
    pub(crate) text: Texts,
    /// The numbers this buffer may give to spans without asking.
    pub(super) numbers: std::ops::Range<u32>,
    /// Events and fields recorded late before it is looked again for what outdates what.
    repeats_left: usize,
    /// Those since what was outdated went.
    repeats: usize,
    /// Events that went for later ones.
    pub(crate) events_dropped: u64,
    /// The period it was first checked out in since it was empty; see [`super::harvest`].
    pub(super) period: u8,
    budget: Arc<Budget>,
    /// What of the budget this buffer holds.
    charged_bytes: usize,
}

impl Buffer {
    pub(super) fn new(budget: Arc<Budget>) -> Self {
        Self {
            entries: Vec::new(),
            text: Texts::new(),
            numbers: 0..0,
            repeats_left: REPEATS_MIN,
            repeats: 0,
            events_dropped: 0,
            period: 0,
            budget,
            charged_bytes: 0,
        }
    }

    /// Adds an entry; `false` when there is no room for it.
    #[inline]
    pub(super) fn push(&mut self, entry: Entry) -> bool {
        // Growing is a call at the very end: what comes before it then needs no registers saved.
        if self.push_within_capacity(entry) { true } else { self.push_growing(entry) }
    }

    /// Adds an entry if that takes no more memory.
    #[inline]
    pub(super) fn push_within_capacity(&mut self, entry: Entry) -> bool {
        let has_room = self.entries.len() < self.entries.capacity();
        if has_room {
            self.entries.push(entry);
        }
        has_room
    }

    /// Adds two entries, or none.
    #[inline]
    pub(super) fn push_two(&mut self, both: [Entry; 2]) -> bool {
        let has_room = self.entries.capacity() - self.entries.len() >= 2 || self.grow_entries();
        if has_room {
            self.entries.extend(both);
        }
        has_room
    }

    #[cold]
    fn push_growing(&mut self, entry: Entry) -> bool {
        self.grow_entries() && self.push_within_capacity(entry)
    }

    /// Adds an entry that must not be lost. At most one for each span that found room, so what this
    /// may take beyond the budget is bounded by a third of what is inside of it.
    #[inline]
    pub(super) fn push_always(&mut self, entry: Entry) {
        if !self.push_within_capacity(entry) {
            self.push_growing_always(entry);
        }
    }

    #[cold]
    fn push_growing_always(&mut self, entry: Entry) {
        if !self.push_growing(entry) {
            self.entries.reserve_exact(GROWTH_BYTES_MIN / size_of::<Entry>());
            self.entries.push(entry);
            self.recharge();
        }
    }

    /// Makes room for `bytes` more of text; `false` when there is none.
    #[inline]
    pub(super) fn reserve_text(&mut self, bytes: usize) -> bool {
        self.text.has_room(bytes) || self.grow_text(bytes)
    }

    #[cold]
    fn grow_entries(&mut self) -> bool {
        const SIZE: usize = size_of::<Entry>();
        let wanted = (self.entries.capacity() * SIZE).clamp(ENTRIES_FIRST * SIZE, GROWTH_BYTES_MAX);
        let grant = self.charge(wanted, GROWTH_BYTES_MIN);
        if grant > 0 {
            self.entries.reserve_exact(grant / SIZE);
        }
        grant > 0
    }

    #[cold]
    fn grow_text(&mut self, bytes: usize) -> bool {
        let wanted = self.text.capacity().clamp(TEXT_BYTES_FIRST, GROWTH_BYTES_MAX).max(bytes);
        let grant = self.charge(wanted, bytes.max(GROWTH_BYTES_MIN));
        if grant > 0 {
            self.text.grow(grant);
        }
        grant > 0
    }

    /// Notes that something is about to be written that may outdate what was written before. Not to be
    /// called between an event's fields.
    #[inline]
    pub(super) fn repeat(&mut self) {
        self.repeats_left -= 1;
        if self.repeats_left == 0 {
            self.compact_if_worthwhile();
        }
    }

    #[cold]
    #[inline(never)]
    fn compact_if_worthwhile(&mut self) {
        (self.repeats, self.repeats_left) = (self.repeats + REPEATS_MIN, REPEATS_MIN);
        if compact::is_worthwhile(self.repeats, self.entries.len()) {
            self.repeats = 0;
            self.events_dropped += compact::compact(self);
        }
    }

    /// Where the buffer stands, to come back to by [`Buffer::rewind`].
    #[inline]
    pub(super) fn mark(&self) -> Mark {
        Mark { entries: self.entries.len(), text: self.text.len() }
    }

    /// Removes what was written since a span that began last.
    #[cold]
    pub(super) fn unwind(&mut self, span: u32) {
        let is_begin = |entry: &Entry| matches!(entry, Entry::Open { span: opened, .. } if *opened == span);
        if let Some(begin) = self.entries.iter().rposition(is_begin) {
            self.entries.truncate(begin);
        }
    }

    /// Removes what was written since `mark`.
    #[inline]
    pub(super) fn rewind(&mut self, mark: Mark) {
        self.entries.truncate(mark.entries);
        self.text.truncate(mark.text);
    }

    /// Takes `wanted` bytes of the budget, or `least`, or nothing.
    fn charge(&mut self, wanted: usize, least: usize) -> usize {
        let fits = |bytes: usize| self.charged_bytes + bytes <= BUFFER_BYTES_MAX && self.budget.take(bytes);
        let grant = [wanted, least].into_iter().find(|bytes| fits(*bytes)).unwrap_or(0);
        self.charged_bytes += grant;
        grant
    }

    /// Makes the charge what the buffer takes.
    fn recharge(&mut self) {
        let bytes = self.capacity_bytes();
        self.budget.adjust(self.charged_bytes, bytes);
        self.charged_bytes = bytes;
    }

    /// Bytes that have been written.
    pub(super) fn written_bytes(&self) -> usize {
        self.entries.len() * size_of::<Entry>() + self.text.len()
    }

    /// Holds `entries` and `text` in place of what it held, and as many bytes of memory.
    pub(super) fn replace(&mut self, entries: &[Entry], text: &str) {
        (self.entries, self.text) = (entries.to_vec(), Texts::from(text));
        self.recharge();
    }

    /// Removes what later entries outdate.
    pub(super) fn tidy(&mut self) {
        self.events_dropped += compact::compact(self);
        self.entries.shrink_to_fit();
        self.text.shrink_to_fit();
        self.recharge();
    }

    /// Bytes the buffer takes, used or not.
    fn capacity_bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry>() + self.text.capacity()
    }

    /// Empties the buffer for its next use, and gives back its memory if it is much or short.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
        self.text.truncate(0);
        (self.numbers, self.repeats_left, self.repeats) = (0..0, REPEATS_MIN, 0);
        (self.events_dropped, self.period) = (0, 0);
        if self.capacity_bytes() > KEPT_BYTES_MAX || self.budget.is_crowded() {
            (self.entries, self.text) = (Vec::new(), Texts::new());
        }
        self.recharge();
    }
}

/// A place in a buffer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    entries: usize,
    text: usize,
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.budget.adjust(self.charged_bytes, 0);
    }
}

/// What the whole segment shares.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    /// What its span was declared as.
    pub(crate) metadata: &'static Metadata<'static>,
    pub(crate) trace_id: TraceId,
    /// The caller's span.
    pub(crate) parent: Option<SpanId>,
    pub(crate) sampled: bool,
    /// What was decided, where it was decided here.
    pub(crate) decision: Option<Decision>,
    pub(crate) extras: Box<str>,
    pub(crate) tracestate: Box<str>,
    /// When it began, by both readings of the clock.
    pub(crate) wall_ns: u64,
    pub(crate) ticks: u64,
    /// Ids of spans are computed from it.
    pub(crate) seed: u64,
}

impl Head {
    /// The id of the span with this number. The mixer is one to one, so ids within a segment differ.
    pub(crate) fn span_id(&self, number: u32) -> SpanId {
        let step = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        SpanId::from_bits(random::mix(self.seed.wrapping_add(step)).max(1))
    }
}
