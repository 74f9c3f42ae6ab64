//! Which of an open segment's spans leave now, and which stay.
//!
//! What stays goes back to the segment's slot as it was written. What leaves is decoded as if there were
//! nothing else; only its spans get new places, since numbers of a long segment lie far apart.

use std::collections::HashMap;

use super::decode::{Decoded, is_keyed};
use crate::layer::log::{BUFFER_BYTES_MAX, Entry, Head, KEYED, KeyOf, NO_PARENT, OwnBuffer, Text};
use crate::layer::{Harvest, Rest, Settled, Stage, text_of};

/// The segment's own span.
const ROOT: u32 = 0;
/// Metadata of a span that was sent before it ended: namespace, NUL, key.
const STILL_OPEN: &str = "siskin\0still_open";

/// Which spans leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// Those that have ended, but for the segment's own.
    Ended,
    /// Those as well, and all that have been open, or waiting to leave, since this moment.
    EndedAndOlder { than: u64 },
    /// All. Nothing more will be written.
    All,
}

/// What is known of a span.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    has_begun: bool,
    parent: u32,
    start: u64,
    /// When it ended, and the entry that says so.
    end: Option<(u64, usize)>,
    leaves: bool,
}

/// What could not be kept or sent.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spilt {
    /// Fields and events of spans that were sent before.
    pub(super) late: u64,
    /// Fields and events there was no memory for.
    pub(super) overfull: u64,
}

/// What one harvest brought. Its memory is used again for the next.
#[derive(Debug, Default)]
pub(super) struct Sieve {
    entries: Vec<Entry>,
    text: String,
    spans: HashMap<u32, Known>,
    /// Entries that were taken before this period, and those of which no thread holds more.
    before: usize,
    settled: usize,
    stage: Stage,
    /// The segment's beginning was not among what was taken.
    is_root_supplied: bool,
    events_dropped: u64,
    kept_entries: Vec<Entry>,
    kept_text: String,
}

/// Entries that belong together: the place of the first, how many, and their span.
struct Group {
    at: usize,
    end: usize,
    span: u32,
}

impl Sieve {
    /// Reads a harvest.
    pub(super) fn read(&mut self, harvest: &Harvest, buffers: &[OwnBuffer]) {
        self.entries.clear();
        self.text.clear();
        self.spans.clear();
        self.stage = harvest.stage;
        self.events_dropped = 0;
        for buffer in buffers {
            self.events_dropped += buffer.events_dropped;
            let text = buffer.text.as_str();
            for entry in &buffer.entries {
                copy(*entry, text, &mut self.entries, &mut self.text);
            }
        }
        (self.before, self.settled) = match harvest.settled {
            Settled::Nothing => (harvest.before, 0),
            Settled::Before => (self.entries.len(), harvest.before),
            Settled::Everything => (self.entries.len(), self.entries.len()),
        };
        for group in groups(&self.entries) {
            let known = self.spans.entry(group.span).or_default();
            match self.entries.get(group.at..group.end) {
                Some([Entry::Open { .. }, Entry::Start { parent, at }]) => {
                    (known.has_begun, known.parent, known.start) = (true, *parent, *at);
                }
                Some([Entry::End { at, .. }]) => known.end = Some((*at, group.at)),
                _ => {}
            }
        }
        let root = self.spans.entry(ROOT).or_default();
        self.is_root_supplied = !root.has_begun && self.stage != Stage::Closed;
        // When a segment began is known without what a thread may hold of it. Once it has been sent, it
        // never begins again.
        (root.has_begun, root.parent, root.start) = (self.stage != Stage::Closed, NO_PARENT, harvest.head.ticks);
    }

    /// Decides which spans leave. Those that have ended leave when no thread can have more to say of them,
    /// or at once if that `is_pressing`.
    pub(super) fn choose(&mut self, choice: Choice, is_pressing: bool) {
        if choice == Choice::All {
            self.settled = usize::MAX;
        }
        let settled = if is_pressing { usize::MAX } else { self.settled };
        for (number, known) in &mut self.spans {
            let has_ended = known.end.is_some_and(|(_, entry)| entry < settled);
            let since = known.end.map_or(known.start, |(at, _)| at);
            known.leaves = known.has_begun
                && match choice {
                    Choice::Ended => has_ended && *number != ROOT,
                    Choice::EndedAndOlder { than } => has_ended || since <= than || *number == ROOT,
                    Choice::All => true,
                };
        }
    }

    /// Whether the segment's own span leaves.
    pub(super) fn is_root_leaving(&self) -> bool {
        self.spans.get(&ROOT).is_some_and(|root| root.leaves)
    }

    /// Has `decoded` read the spans that leave; those that are open end at `end`, if that is given.
    pub(super) fn read_leaving(&self, head: &Head, end: Option<u64>, decoded: &mut Decoded) {
        self.read_some(|known| known.leaves, head, end, decoded);
    }

    /// Has `decoded` read the spans that are open.
    pub(super) fn read_open(&self, head: &Head, decoded: &mut Decoded) {
        self.read_some(|known| known.has_begun && known.end.is_none(), head, None, decoded);
    }

    fn read_some(&self, is_wanted: impl Fn(&Known) -> bool, head: &Head, end: Option<u64>, decoded: &mut Decoded) {
        decoded.clear();
        let wanted = || self.spans.iter().filter(|(_, known)| is_wanted(known));
        // The first place is the segment's own, as ever, and parents have one to be named by.
        decoded.numbers.push(ROOT);
        for (number, known) in wanted() {
            decoded.numbers.extend([*number].into_iter().chain((known.parent != NO_PARENT).then_some(known.parent)));
        }
        decoded.numbers.sort_unstable();
        decoded.numbers.dedup();
        let numbers = std::mem::take(&mut decoded.numbers);
        let place = |number: u32| numbers.binary_search(&number).map_or(number, |place| place as u32);
        let is_root_wanted = self.spans.get(&ROOT).is_some_and(&is_wanted);
        if self.is_root_supplied && is_root_wanted {
            decoded.entries.push(Entry::Open { span: ROOT, metadata: head.metadata });
            decoded.entries.push(Entry::Start { parent: NO_PARENT, at: head.ticks });
        }
        for group in groups(&self.entries) {
            if !self.spans.get(&group.span).is_some_and(&is_wanted) {
                continue;
            }
            for entry in self.entries.get(group.at..group.end).unwrap_or_default() {
                let mut entry = *entry;
                if let Some(number) = number_of(&mut entry) {
                    *number = place(*number);
                }
                copy(entry, &self.text, &mut decoded.entries, &mut decoded.text);
            }
        }
        if let Some(at) = end {
            for (number, _) in wanted().filter(|(_, known)| known.end.is_none()) {
                let span = place(*number);
                let text = Text { start: decoded.text.len() as u32, bytes: STILL_OPEN.len() as u32 };
                decoded.text.push_str(STILL_OPEN);
                decoded.entries.push(Entry::End { span, at });
                decoded.entries.push(Entry::Key { of: KeyOf::Metadata, span, text });
                decoded.entries.push(Entry::Bool { field: KEYED, span, value: true });
            }
        }
        decoded.numbers = numbers;
        decoded.index();
    }

    /// Sorts out what stays: what is said of spans that do not leave, and of those whose beginning a
    /// thread may hold. The rest of what is said came too late.
    pub(super) fn keep(&mut self, stage: Stage) -> (Rest<'_>, Spilt) {
        self.kept_entries.clear();
        self.kept_text.clear();
        let mut spilt = Spilt::default();
        let mut before = 0;
        let mut is_ripe = false;
        for group in groups(&self.entries) {
            let known = self.spans.get(&group.span).copied().unwrap_or_default();
            if known.leaves {
                continue;
            }
            let entries = self.entries.get(group.at..group.end).unwrap_or_default();
            let is_of_time = matches!(entries.first(), Some(Entry::Open { .. } | Entry::End { .. }));
            let is_too_late = match group.span {
                ROOT => self.stage == Stage::Closed,
                _ => !known.has_begun && group.at < self.settled,
            };
            if is_too_late {
                spilt.late += u64::from(!is_of_time);
                continue;
            }
            let bytes = size_of_val(self.kept_entries.as_slice()) + self.kept_text.len();
            if !is_of_time && bytes >= BUFFER_BYTES_MAX {
                spilt.overfull += 1;
                continue;
            }
            is_ripe |= known.end.is_some() && group.span != ROOT;
            for entry in entries {
                copy(*entry, &self.text, &mut self.kept_entries, &mut self.kept_text);
            }
            if group.at < self.before {
                before = self.kept_entries.len();
            }
        }
        let stays_open = |(number, known): &(&u32, &Known)| {
            **number != ROOT && known.has_begun && known.end.is_none() && !known.leaves
        };
        let rest = Rest {
            entries: &self.kept_entries,
            text: &self.kept_text,
            before,
            events_dropped: self.events_dropped,
            stage,
            is_ripe,
            oldest_start: self.spans.iter().filter(stays_open).map(|(_, known)| known.start).min(),
        };
        (rest, spilt)
    }

    /// What is said of spans that never began here: they were sent before.
    pub(super) fn late(&self) -> u64 {
        let is_late = |group: &Group| {
            let is_of_time = matches!(self.entries.get(group.at), Some(Entry::Open { .. } | Entry::End { .. }));
            !is_of_time && !self.spans.get(&group.span).is_some_and(|known| known.has_begun)
        };
        groups(&self.entries).filter(is_late).count() as u64
    }

    /// Events that went for later ones of their span.
    pub(super) fn events_dropped(&self) -> u64 {
        self.events_dropped
    }
}

/// Adds an entry to others with a text of their own.
fn copy(mut entry: Entry, all: &str, entries: &mut Vec<Entry>, text: &mut String) {
    if let Some(piece) = text_of(&mut entry) {
        let copied = piece.of(all);
        let start = text.len() as u32;
        text.push_str(copied);
        *piece = Text { start, bytes: copied.len() as u32 };
    }
    entries.push(entry);
}

/// The number of a span that an entry names: its own, or its parent's.
fn number_of(entry: &mut Entry) -> Option<&mut u32> {
    match entry {
        Entry::Start { parent, .. } if *parent == NO_PARENT => None,
        Entry::Start { parent: span, .. }
        | Entry::Open { span, .. }
        | Entry::End { span, .. }
        | Entry::Bool { span, .. }
        | Entry::Signed { span, .. }
        | Entry::Unsigned { span, .. }
        | Entry::Float { span, .. }
        | Entry::Text { span, .. }
        | Entry::Error { span, .. }
        | Entry::Json { span, .. }
        | Entry::Key { span, .. }
        | Entry::Event { span, .. }
        | Entry::EventEnd { span, .. } => Some(span),
        Entry::CausedBy { .. } => None,
    }
}

/// The groups of a log, in order.
fn groups(entries: &[Entry]) -> impl Iterator<Item = Group> + '_ {
    let mut next = 0;
    std::iter::from_fn(move || {
        loop {
            let at = next;
            let rest = entries.get(at + 1..)?;
            let following =
                |is_inside: &dyn Fn(&Entry) -> bool| rest.iter().take_while(|entry| is_inside(entry)).count();
            let (span, more) = match *entries.get(at)? {
                Entry::Open { span, .. } => (span, following(&|entry| matches!(entry, Entry::Start { .. })).min(1)),
                Entry::Event { span, .. } => (span, following(&|entry| !matches!(entry, Entry::EventEnd { .. })) + 1),
                Entry::Error { span, .. } => (span, following(&|entry| matches!(entry, Entry::CausedBy { .. }))),
                Entry::Key { span, .. } => (span, following(&is_keyed).min(1)),
                Entry::End { span, .. }
                | Entry::Bool { span, .. }
                | Entry::Signed { span, .. }
                | Entry::Unsigned { span, .. }
                | Entry::Float { span, .. }
                | Entry::Text { span, .. }
                | Entry::Json { span, .. } => (span, 0),
                // What is left of a group whose beginning found no room.
                Entry::Start { .. } | Entry::CausedBy { .. } | Entry::EventEnd { .. } => {
                    next += 1;
                    continue;
                }
            };
            next = (at + 1 + more).min(entries.len());
            return Some(Group { at, end: next, span });
        }
    })
}
