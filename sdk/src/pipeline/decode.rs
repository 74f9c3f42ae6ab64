//! From what threads wrote, each for itself, to spans that know their parents and fields.
//!
//! Buffers come in any order, and what one thread wrote of a span may stand before another's word
//! that the span began. So spans are looked at only when everything has been read. All memory in here
//! is used again for the next segment.

use tracing_core::Metadata;

use crate::id::SpanId;
use crate::layer::log::{Buffer, Entry, Head, KEYED, KeyOf, NO_PARENT, OwnBuffer, Text};
use crate::layer::{EVENTS_PER_SPAN_MAX, text_of};

/// No entry, no span.
pub(super) const NONE: u32 = u32::MAX;

/// One span.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    /// `None` at places without a span.
    pub(super) metadata: Option<&'static Metadata<'static>>,
    pub(super) parent: u32,
    pub(super) start: u64,
    pub(super) end: Option<u64>,
    /// The first and last entry that says something of it; [`Decoded::next`] leads on.
    first: u32,
    last: u32,
    /// Events it has, and how many of the first of them are passed over.
    events: u32,
    pub(super) first_child: u32,
    pub(super) next_sibling: u32,
}

const UNKNOWN: Span = Span {
    metadata: None,
    parent: NO_PARENT,
    start: 0,
    end: None,
    first: NONE,
    last: NONE,
    events: 0,
    first_child: NONE,
    next_sibling: NONE,
};

/// The spans of one segment.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) entries: Vec<Entry>,
    pub(super) text: String,
    /// Each at its place, which is its number unless [`Decoded::numbers`] says otherwise.
    pub(super) spans: Vec<Span>,
    /// The numbers of the spans of a segment that is streamed; empty for others.
    pub(super) numbers: Vec<u32>,
    /// For each entry the next one of the same span.
    next: Vec<u32>,
    /// All spans, each before its children; siblings in the order of their beginnings.
    pub(super) preorder: Vec<u32>,
    order: Vec<u32>,
    stack: Vec<(u32, u32)>,
    /// Spans without a parent in here.
    pub(super) roots: usize,
    /// How many spans are around the innermost one.
    pub(super) deepest: u32,
    /// Events passed over because their span had too many.
    pub(super) events_dropped: u64,
}

impl Decoded {
    /// Reads what is in `buffers`, and leaves them empty.
    pub(super) fn read(&mut self, buffers: &mut [OwnBuffer]) {
        self.clear();
        for buffer in buffers {
            self.events_dropped += buffer.events_dropped;
            self.append(buffer);
        }
        self.index();
    }

    /// Forgets everything. What is written into `entries`, `text` and `numbers` from here on counts when
    /// [`Decoded::index`] is called.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
        self.text.clear();
        self.numbers.clear();
        self.events_dropped = 0;
    }

    /// Finds the spans in the entries.
    pub(super) fn index(&mut self) {
        self.spans.clear();
        self.next.clear();
        self.next.resize(self.entries.len(), NONE);
        self.sort_out();
        self.arrange();
    }

    fn append(&mut self, buffer: &mut Buffer) {
        let base = self.text.len() as u32;
        self.text.push_str(buffer.text.as_str());
        if self.entries.is_empty() {
            // The usual case, one thread: its memory goes on here, and ours there.
            std::mem::swap(&mut self.entries, &mut buffer.entries);
            return;
        }
        self.entries.extend(buffer.entries.drain(..).map(|mut entry| {
            if let Some(text) = text_of(&mut entry) {
                text.start += base;
            }
            entry
        }));
    }

    /// Gives each entry to its span.
    fn sort_out(&mut self) {
        let mut at = 0;
        while let Some(entry) = self.entries.get(at).copied() {
            let group = at as u32;
            at += 1;
            match entry {
                Entry::Open { span, metadata } => {
                    self.span(span).metadata = Some(metadata);
                    if let Some(Entry::Start { parent, at: start }) = self.entries.get(at).copied() {
                        let span = self.span(span);
                        (span.parent, span.start) = (parent, start);
                        at += 1;
                    }
                }
                Entry::End { span, at } => self.span(span).end = Some(at),
                Entry::Event { span, .. } => {
                    self.span(span).events += 1;
                    self.link(span, group);
                    while !matches!(self.entries.get(at), None | Some(Entry::EventEnd { .. })) {
                        at += 1;
                    }
                    at += 1;
                }
                Entry::Error { span, .. } => {
                    self.link(span, group);
                    while matches!(self.entries.get(at), Some(Entry::CausedBy { .. })) {
                        at += 1;
                    }
                }
                Entry::Key { span, .. } => {
                    self.link(span, group);
                    at += usize::from(self.entries.get(at).is_some_and(is_keyed));
                }
                Entry::Bool { span, .. }
                | Entry::Signed { span, .. }
                | Entry::Unsigned { span, .. }
                | Entry::Float { span, .. }
                | Entry::Text { span, .. }
                | Entry::Json { span, .. } => self.link(span, group),
                // What is left of a group whose beginning found no room.
                Entry::Start { .. } | Entry::CausedBy { .. } | Entry::EventEnd { .. } => {}
            }
        }
    }

    #[inline]
    fn span(&mut self, number: u32) -> &mut Span {
        let number = number as usize;
        if number >= self.spans.len() {
            self.make_room(number);
        }
        &mut self.spans[number]
    }

    #[cold]
    fn make_room(&mut self, number: usize) {
        // A few more than asked for: numbers mostly come one after the other.
        self.spans.resize((number | 15) + 1, UNKNOWN);
    }

    fn link(&mut self, span: u32, entry: u32) {
        let span = self.span(span);
        let last = std::mem::replace(&mut span.last, entry);
        if last == NONE {
            span.first = entry;
        } else {
            self.next[last as usize] = entry;
        }
    }

    /// Puts spans below their parents.
    fn arrange(&mut self) {
        let Self { spans, order, preorder, stack, deepest, .. } = self;
        order.clear();
        order.extend((0..spans.len() as u32).filter(|number| spans[*number as usize].metadata.is_some()));
        order.sort_unstable_by_key(|number| (spans[*number as usize].start, *number));
        stack.clear();
        // From the back, so that each goes in front of its later siblings.
        for number in order.iter().rev() {
            let parent = spans[*number as usize].parent;
            match spans.get_mut(parent as usize).filter(|parent| parent.metadata.is_some()) {
                Some(parent) => {
                    let next = std::mem::replace(&mut parent.first_child, *number);
                    spans[*number as usize].next_sibling = next;
                }
                None => stack.push((*number, 0)),
            }
        }
        self.roots = stack.len();
        *deepest = 0;
        preorder.clear();
        while let Some((number, depth)) = stack.pop() {
            preorder.push(number);
            *deepest = depth.max(*deepest);
            let Span { next_sibling, first_child, .. } = spans[number as usize];
            if next_sibling != NONE {
                stack.push((next_sibling, depth));
            }
            if first_child != NONE {
                stack.push((first_child, depth + 1));
            }
        }
    }

    /// The id of the span at a place, be it in this log or not.
    pub(super) fn span_id(&self, head: &Head, place: u32) -> SpanId {
        head.span_id(self.numbers.get(place as usize).copied().unwrap_or(place))
    }

    /// Whether a span's parent is in the same log.
    pub(super) fn has_parent(&self, span: &Span) -> bool {
        self.spans.get(span.parent as usize).is_some_and(|parent| parent.metadata.is_some())
    }

    /// What is said of a span: each item is the entry a group begins with.
    pub(super) fn groups(&self, span: &Span) -> Groups<'_> {
        Groups { decoded: self, next: span.first, events_skipped: skipped(span) }
    }

    /// Events of a span that are passed over.
    pub(super) fn events_skipped(span: &Span) -> u64 {
        u64::from(skipped(span))
    }

    /// The entries of a group after its first.
    pub(super) fn rest(&self, group: u32) -> &[Entry] {
        self.entries.get(group as usize + 1..).unwrap_or_default()
    }

    pub(super) fn text(&self, text: Text) -> &str {
        text.of(&self.text)
    }
}

fn skipped(span: &Span) -> u32 {
    span.events.saturating_sub(EVENTS_PER_SPAN_MAX as u32)
}

/// Whether an entry is the value of the key before it.
pub(super) fn is_keyed(entry: &Entry) -> bool {
    matches!(
        entry,
        Entry::Bool { field: KEYED, .. }
            | Entry::Signed { field: KEYED, .. }
            | Entry::Unsigned { field: KEYED, .. }
            | Entry::Float { field: KEYED, .. }
            | Entry::Text { field: KEYED, .. }
            | Entry::Json { field: KEYED, .. }
    )
}

/// The groups of one span, in the order they were written.
pub(super) struct Groups<'a> {
    decoded: &'a Decoded,
    next: u32,
    events_skipped: u32,
}

impl Iterator for Groups<'_> {
    type Item = (u32, Entry);

    fn next(&mut self) -> Option<(u32, Entry)> {
        loop {
            let at = self.next;
            let entry = *self.decoded.entries.get(at as usize)?;
            self.next = self.decoded.next[at as usize];
            if matches!(entry, Entry::Event { .. }) && self.events_skipped > 0 {
                self.events_skipped -= 1;
                continue;
            }
            // A key without its value says nothing.
            if let Entry::Key { of, .. } = entry
                && of != KeyOf::Link
                && !self.decoded.rest(at).first().is_some_and(is_keyed)
            {
                continue;
            }
            return Some((at, entry));
        }
    }
}
