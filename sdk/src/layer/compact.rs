//! Making room in a buffer: of what repeats, the latest is kept.
//!
//! A span that lives for hours may log a million errors or record one field again and again. Its
//! events are a ring of [`EVENTS_PER_SPAN_MAX`], and of a field only the last value counts.

use std::collections::{HashMap, HashSet};

use super::log::{Buffer, Entry, KEYED, Text};
use super::texts::Texts;

/// Events of one span that are kept, the latest ones.
pub(crate) const EVENTS_PER_SPAN_MAX: usize = 128;
/// Repetitions that have to come together before it is worth looking for them.
pub(super) const REPEATS_MIN: usize = 1_024;

/// Whether looking for repetitions is likely to make room.
pub(super) fn is_worthwhile(repeats: usize, entries: usize) -> bool {
    repeats * 8 >= entries
}

/// Removes what later entries outdate; returns how many events went.
pub(super) fn compact(buffer: &mut Buffer) -> u64 {
    let entries = std::mem::take(&mut buffer.entries);
    let text = std::mem::take(&mut buffer.text);
    let (kept, events_dropped) = keep_latest(&entries);
    // The old memory is used again: what is kept moves to its front.
    let mut compacted = Compacted { entries, text, read: 0, written: 0, text_written: 0 };
    for keep in kept {
        compacted.step(keep);
    }
    compacted.entries.truncate(compacted.written);
    buffer.text = compacted.collect_text();
    buffer.entries = compacted.entries;
    events_dropped
}

/// Which entries stay.
fn keep_latest(entries: &[Entry]) -> (Vec<bool>, u64) {
    let mut keep = vec![true; entries.len()];
    let mut events: HashMap<u32, usize> = HashMap::new();
    let mut fields: HashSet<(u32, u16)> = HashSet::new();
    let mut dropped = 0;
    // Inside of an event: whether it stays.
    let mut event: Option<bool> = None;
    for (at, entry) in entries.iter().enumerate().rev() {
        keep[at] = match *entry {
            Entry::EventEnd { span, .. } => {
                let count = events.entry(span).or_default();
                *count += 1;
                let stays = *count <= EVENTS_PER_SPAN_MAX;
                dropped += u64::from(!stays);
                event = Some(stays);
                stays
            }
            Entry::Event { .. } => event.take().unwrap_or(true),
            _ if event.is_some() => event == Some(true),
            // An error's causes stand behind it: the group stays or goes by its first entry, which is
            // what is met last here, so groups are left alone.
            _ => match plain_field(entry) {
                Some(field) => fields.insert(field),
                None => true,
            },
        };
    }
    (keep, dropped)
}

/// The span and field of an entry that stands for itself.
fn plain_field(entry: &Entry) -> Option<(u32, u16)> {
    match *entry {
        Entry::Bool { field, span, .. }
        | Entry::Signed { field, span, .. }
        | Entry::Unsigned { field, span, .. }
        | Entry::Float { field, span, .. }
        | Entry::Text { field, span, .. }
            if field != KEYED =>
        {
            Some((span, field))
        }
        _ => None,
    }
}

struct Compacted {
    entries: Vec<Entry>,
    text: Texts,
    read: usize,
    written: usize,
    text_written: u32,
}

impl Compacted {
    fn step(&mut self, keep: bool) {
        let entry = self.entries[self.read];
        self.read += 1;
        if keep {
            self.entries[self.written] = entry;
            self.written += 1;
        }
    }

    /// The texts of what is left, each moved to where it stands now.
    fn collect_text(&mut self) -> Texts {
        let mut collected = Texts::new();
        collected.grow(self.text.capacity());
        for entry in &mut self.entries {
            if let Some(text) = text_of(entry) {
                let piece = self.text.get(*text);
                let bytes = piece.len() as u32;
                collected.push_within_room(piece);
                *text = Text { start: self.text_written, bytes };
                self.text_written += bytes;
            }
        }
        collected
    }
}

/// The text an entry points to.
pub(crate) fn text_of(entry: &mut Entry) -> Option<&mut Text> {
    match entry {
        Entry::Text { text, .. }
        | Entry::Error { text, .. }
        | Entry::CausedBy { text }
        | Entry::Json { text, .. }
        | Entry::Key { text, .. } => Some(text),
        Entry::Open { .. }
        | Entry::Start { .. }
        | Entry::End { .. }
        | Entry::Bool { .. }
        | Entry::Signed { .. }
        | Entry::Unsigned { .. }
        | Entry::Float { .. }
        | Entry::Event { .. }
        | Entry::EventEnd { .. } => None,
    }
}
