//! Errors of a span, as the exceptions of its `cause` block.

use std::ops::Range;

use tracing_core::{Level, Metadata};

use super::body::{Whole, is_remote};
use super::cut::Cut;
use super::decode::{Decoded, Span};
use super::draft::{Draft, Fact, event_fields};
use super::json::{Json, quoted};
use super::meaning::{Meaning, Meanings, Place};
use crate::id::SpanId;
use crate::layer::SPANS_MAX;
use crate::layer::log::{Entry, Text};
use crate::panic::frames::{self, Row};

/// Most exceptions of one span; later ones are counted in the last one's `skipped`.
const EXCEPTIONS_MAX: usize = 32;

/// One error: what was said of it, from the outermost message to the innermost cause.
#[derive(Debug, Clone, Default)]
struct Failure {
    /// The ERROR event it came with.
    event: Option<&'static Metadata<'static>>,
    kind: Option<Text>,
    stack: Option<Text>,
    /// Where its texts are in [`Causes::texts`]: its message, the error itself, then its causes.
    texts: Range<usize>,
}

/// An exception that is described already.
#[derive(Debug, Clone, Copy)]
struct Described {
    text: Text,
    id: SpanId,
    /// Where its span stands in the preorder.
    at: u32,
}

/// A span that says something of an error.
pub(super) struct Failing<'a> {
    pub(super) whole: Whole<'a>,
    pub(super) draft: &'a Draft,
    pub(super) span: &'a Span,
    /// Where it stands in the preorder, up to the end of its descendants.
    pub(super) place: Range<u32>,
}

/// How many exceptions may still be described.
struct Room {
    left: usize,
    /// How many will not be.
    skipped: usize,
    cut: Cut,
}

/// The errors of one segment's spans. Its memory is used again for the next.
#[derive(Debug, Default)]
pub(super) struct Causes {
    failures: Vec<Failure>,
    texts: Vec<Text>,
    described: Vec<Described>,
    next_id: u32,
}

impl Causes {
    /// Begins other documents; `ids_used` is what those of the same segment have used up.
    pub(super) fn clear(&mut self, ids_used: u32) {
        self.described.clear();
        self.next_id = SPANS_MAX as u32 + ids_used;
    }

    /// Ids used up for exceptions, together with those used up before.
    pub(super) fn ids_used(&self) -> u32 {
        self.next_id - SPANS_MAX as u32
    }

    /// Writes the `cause` member of a span whose descendants have had theirs written.
    pub(super) fn write(&mut self, failing: &Failing<'_>, meanings: &mut Meanings, json: &mut Json, cut: Cut) {
        let decoded = failing.whole.decoded;
        self.collect(decoded, failing.span, failing.draft, meanings);
        if let Some(id) = self.same_below(decoded, &failing.place) {
            json.key(quoted!("cause"));
            json.span_id(id);
            return;
        }
        let total: usize = self.failures.iter().map(|failure| failure.texts.len().max(1)).sum();
        let kept = cut.exceptions(total.min(EXCEPTIONS_MAX));
        if kept == 0 {
            return;
        }
        let mut room = Room { left: kept, skipped: total - kept, cut };
        json.key(quoted!("cause"));
        json.raw("{\"exceptions\":[");
        for number in 0..self.failures.len() {
            let failure = self.failures[number].clone();
            self.describe(failing, &failure, json, &mut room);
        }
        json.raw("]}");
    }

    fn collect(&mut self, decoded: &Decoded, span: &Span, draft: &Draft, meanings: &mut Meanings) {
        self.failures.clear();
        self.texts.clear();
        for (group, entry) in decoded.groups(span) {
            if let Entry::Event { metadata, .. } = entry
                && *metadata.level() == Level::ERROR
            {
                self.collect_event(decoded, group, metadata, meanings);
            }
        }
        let start = self.texts.len();
        let text = |place: Place| match draft.get(place) {
            Some(Fact::Text(text)) => Some(text),
            _ => None,
        };
        self.texts.extend(text(Place::Message).or(text(Place::StatusDescription)));
        let of_span = span.metadata.map(|metadata| meanings.of(metadata)).unwrap_or_default();
        for (group, entry) in decoded.groups(span) {
            match entry {
                Entry::Error { text, .. } => {
                    self.texts.push(text);
                    self.texts.extend(causes(decoded, group));
                }
                Entry::Text { field, text, .. } if of_span.get(usize::from(field)) == Some(&Meaning::Error) => {
                    self.texts.push(text);
                }
                _ => {}
            }
        }
        let (kind, stack) = (text(Place::ErrorType), text(Place::Stacktrace));
        let texts = start..self.texts.len();
        if !texts.is_empty() || kind.is_some() {
            self.failures.push(Failure { event: None, kind, stack, texts });
        }
    }

    fn collect_event(
        &mut self,
        decoded: &Decoded,
        group: u32,
        metadata: &'static Metadata<'static>,
        meanings: &mut Meanings,
    ) {
        let of_event = meanings.of(metadata);
        let start = self.texts.len();
        let mut failure = Failure { event: Some(metadata), ..Failure::default() };
        let mut message = None;
        for entry in event_fields(decoded, group) {
            match entry {
                Entry::Error { text, .. } | Entry::CausedBy { text } => self.texts.push(text),
                Entry::Text { field, text, .. } => match of_event.get(usize::from(field)) {
                    Some(Meaning::Error) => self.texts.push(text),
                    Some(Meaning::Place(Place::ErrorType)) => failure.kind = Some(text),
                    Some(Meaning::Place(Place::Stacktrace)) => failure.stack = Some(text),
                    Some(Meaning::Place(_)) => message = Some(text),
                    Some(Meaning::Annotation(_) | Meaning::Aws(_) | Meaning::Metadata(_)) | None => {}
                },
                _ => {}
            }
        }
        if let Some(message) = message {
            self.texts.insert(start, message);
        }
        failure.texts = start..self.texts.len();
        self.failures.push(failure);
    }

    /// The exception of a span below that says the same: an error on its way up is described once,
    /// where it was met first.
    fn same_below(&self, decoded: &Decoded, place: &Range<u32>) -> Option<SpanId> {
        let [failure] = &self.failures[..] else { return None };
        let text = decoded.text(*self.texts.get(failure.texts.start)?);
        let below = self.described.iter().rev().filter(|it| (place.start + 1..place.end).contains(&it.at));
        below.into_iter().find(|it| decoded.text(it.text) == text).map(|it| it.id)
    }

    fn next_id(&mut self, whole: Whole<'_>) -> SpanId {
        self.next_id += 1;
        whole.head.span_id(self.next_id)
    }

    /// Describes the error and its causes, each with the id of the next.
    fn describe(&mut self, failing: &Failing<'_>, failure: &Failure, json: &mut Json, room: &mut Room) {
        let (whole, cut) = (failing.whole, room.cut);
        let remote = is_remote(failing.draft.kind(whole.decoded));
        let mut id = self.next_id(whole);
        let count = failure.texts.len().max(1);
        for step in 0..count {
            if room.left == 0 {
                return;
            }
            room.left -= 1;
            let is_last = room.left == 0 && room.skipped > 0;
            let text = failure.texts.clone().nth(step).map(|at| self.texts[at]);
            if let Some(text) = text {
                self.described.push(Described { text, id, at: failing.place.start });
            }
            json.comma();
            json.raw("{");
            json.key(quoted!("id"));
            json.span_id(id);
            if let Some(text) = text {
                json.key(quoted!("message"));
                json.string(cut.text(whole.decoded.text(text)));
            }
            json.key(quoted!("type"));
            json.string(failure.kind.map_or("error", |kind| cut.text(whole.decoded.text(kind))));
            if remote {
                json.key(quoted!("remote"));
                json.bool(true);
            }
            if is_last {
                json.key(quoted!("skipped"));
                json.number(room.skipped);
            } else if step + 1 < count {
                id = self.next_id(whole);
                json.key(quoted!("cause"));
                json.span_id(id);
            }
            if step == 0 {
                stack(whole.decoded, failure, json);
            }
            json.raw("}");
        }
    }
}

/// The causes that follow an error.
fn causes(decoded: &Decoded, group: u32) -> impl Iterator<Item = Text> + '_ {
    decoded.rest(group).iter().map_while(|entry| match entry {
        Entry::CausedBy { text } => Some(*text),
        _ => None,
    })
}

/// Writes the frames: those that were taken, or else where the event stands in the source, the one
/// frame that costs nothing to know.
fn stack(decoded: &Decoded, failure: &Failure, json: &mut Json) {
    let text = failure.stack.map(|stack| decoded.text(stack)).unwrap_or_default();
    let here = failure.event.filter(|_| text.is_empty());
    if text.is_empty() && here.is_none() {
        return;
    }
    let lines = || text.lines().filter(|line| frames::left_out(line).is_none());
    let left_out: u64 = text.lines().filter_map(frames::left_out).fold(0, u64::saturating_add);
    let truncated = left_out.saturating_add(lines().count().saturating_sub(frames::FRAMES_MAX) as u64);
    if truncated > 0 {
        json.key(quoted!("truncated"));
        json.number(truncated);
    }
    json.key(quoted!("stack"));
    json.raw("[");
    if let Some(event) = here {
        frame(json, Row { label: event.module_path(), path: event.file(), line: event.line() });
    }
    for line in lines().take(frames::FRAMES_MAX) {
        // A stack trace in another form is still worth reading, line by line.
        frame(json, frames::row(line).unwrap_or(Row { label: Some(line), path: None, line: None }));
    }
    json.raw("]");
}

fn frame(json: &mut Json, row: Row<'_>) {
    json.comma();
    json.raw("{");
    for (name, text) in [(quoted!("path"), row.path), (quoted!("label"), row.label)] {
        if let Some(text) = text {
            json.key(name);
            json.string(text);
        }
    }
    if let Some(line) = row.line {
        json.key(quoted!("line"));
        json.number(line);
    }
    json.raw("}");
}
