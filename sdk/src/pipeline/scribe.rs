//! From a segment's log to its documents, byte for byte, in memory that is used again and again.

use std::ops::Range;
use std::time::Duration;

use tracing_core::Metadata;

use super::assemble::{Assembly, Piece};
use super::body::{Body, ServiceIdentity, Whole};
use super::cause::{Causes, Failing};
use super::cut::Cut;
use super::decode::Decoded;
use super::draft::Draft;
use super::json::Json;
use super::meaning::{Meanings, Place};
use super::names::{Names, Role};
use super::sieve::{Choice, Sieve, Spilt};
use crate::layer::log::{Head, OwnBuffer};
use crate::layer::slots::Slots;
use crate::layer::{Harvest, SlotKey, Spent, Stage};
use crate::sampling::Outcome;
use crate::segment::limits;

/// What the service's threads could not do without waiting: makes documents of logs.
#[derive(Debug)]
pub(super) struct Scribe {
    identity: ServiceIdentity,
    buffers: Vec<OwnBuffer>,
    sieve: Sieve,
    decoded: Decoded,
    meanings: Meanings,
    draft: Draft,
    names: Names,
    causes: Causes,
    json: Json,
    assembly: Assembly,
    /// What the documents of the segment at hand have used up.
    pub(super) spent: Spent,
    pub(super) lost: Lost,
}

/// What a segment's documents do not hold.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Lost {
    /// Annotations beyond the number X-Ray indexes.
    pub(super) annotations: u64,
    /// Events that went for later ones of their span.
    pub(super) events: u64,
    /// Metadata beyond the number of keys one span may have.
    pub(super) keys: u64,
    /// Attributes and events of spans that were too large with them.
    pub(super) cut: u64,
    /// Fields and events of spans that were sent before.
    pub(super) late: u64,
}

impl Scribe {
    pub(super) fn new(identity: ServiceIdentity) -> Self {
        Self {
            identity,
            buffers: Vec::new(),
            sieve: Sieve::default(),
            decoded: Decoded::default(),
            meanings: Meanings::default(),
            draft: Draft::default(),
            names: Names::default(),
            causes: Causes::default(),
            json: Json::default(),
            assembly: Assembly::default(),
            spent: Spent::default(),
            lost: Lost::default(),
        }
    }

    /// Reads the log of a finished segment and frees its slot; `None` when there is no such segment.
    pub(super) fn read(&mut self, slots: &Slots, key: SlotKey) -> Option<Head> {
        self.buffers.clear();
        (self.spent, self.lost) = (Spent::default(), Lost::default());
        if slots.is_streamed(key) {
            let harvest = slots.harvest(key, &mut self.buffers)?;
            self.spent = harvest.spent;
            self.sieve.read(&harvest, &self.buffers);
            self.sieve.choose(Choice::All, true);
            self.sieve.read_leaving(&harvest.head, None, &mut self.decoded);
            self.decoded.events_dropped = self.sieve.events_dropped();
            self.lost.late = self.sieve.late();
            return slots.recycle(key, &mut self.buffers);
        }
        drop(slots.exchange(key, &mut self.buffers)?);
        self.decoded.read(&mut self.buffers);
        // The slot is free again before anything is sent: sending may take its time.
        slots.recycle(key, &mut self.buffers)
    }

    /// Takes what has been written of a segment that is open, chooses what leaves, and gives back the rest.
    pub(super) fn take(&mut self, slots: &Slots, key: SlotKey, choice: Choice) -> Option<(Harvest, Spilt)> {
        self.buffers.clear();
        let harvest = slots.harvest(key, &mut self.buffers)?;
        (self.spent, self.lost) = (harvest.spent, Lost::default());
        self.sieve.read(&harvest, &self.buffers);
        self.sieve.choose(choice, harvest.is_pressing);
        let stage = match harvest.stage {
            _ if self.sieve.is_root_leaving() => Stage::Closed,
            Stage::Recorded => Stage::Announced,
            stage => stage,
        };
        // Before anything is sent: if that panics, what stays is safe.
        let (rest, spilt) = self.sieve.keep(stage);
        slots.put_back(key, &rest, &mut self.buffers);
        Some((harvest, spilt))
    }

    /// Reads the spans that were chosen to leave; those that are open end at `end`.
    pub(super) fn read_leaving(&mut self, head: &Head, end: u64) {
        self.sieve.read_leaving(head, Some(end), &mut self.decoded);
    }

    /// Reads the spans that are open.
    pub(super) fn read_open(&mut self, head: &Head) {
        self.sieve.read_open(head, &mut self.decoded);
    }

    /// Whether anything was read.
    pub(super) fn is_empty(&self) -> bool {
        self.decoded.preorder.is_empty()
    }

    /// Whether the segment's own span was read.
    pub(super) fn has_root(&self) -> bool {
        self.decoded.spans.first().is_some_and(|root| root.metadata.is_some())
    }

    /// Writes what every document is put together from.
    pub(super) fn write(&mut self, head: &Head, nanos_per_tick: f64) {
        self.json.bytes.clear();
        self.causes.clear(self.spent.exceptions);
        self.assembly.clear(self.decoded.spans.len());
        self.lost = Lost { events: self.decoded.events_dropped, late: self.lost.late, ..Lost::default() };
        let mut annotations_left = limits::ANNOTATIONS_MAX.saturating_sub(self.spent.annotations);
        let mut has_failures = false;
        for at in 0..self.decoded.preorder.len() {
            let number = self.decoded.preorder[at];
            let whole = Whole { decoded: &self.decoded, head, identity: &self.identity, nanos_per_tick };
            let span = self.decoded.spans[number as usize];
            self.draft.fill(&self.decoded, &span, &mut self.meanings);
            self.lost.keys += self.draft.keys_dropped;
            self.lost.events += Decoded::events_skipped(&span);
            let role = if number == 0 { Role::Segment } else { Role::Subsegment };
            let start = self.json.bytes.len();
            let mut body = Body {
                whole,
                draft: &self.draft,
                names: &mut self.names,
                json: &mut self.json,
                cut: Cut::Nothing,
                annotations_left,
            };
            let written = body.write(number, &span, role);
            self.lost.annotations += (self.draft.annotations.len() - written.annotations) as u64;
            annotations_left -= written.annotations;
            has_failures |= self.draft.has_failures;
            self.assembly.pieces[number as usize] = Piece {
                body: start..self.json.bytes.len(),
                has_failures: self.draft.has_failures,
                metadata_bytes: written.metadata_bytes,
                annotations_allowed: written.annotations,
                is_segment: number == 0,
                ..Piece::default()
            };
        }
        self.spent.annotations = limits::ANNOTATIONS_MAX.saturating_sub(annotations_left);
        if has_failures {
            self.assembly.measure(&self.decoded);
            self.write_causes(head, nanos_per_tick);
        }
        self.spent.exceptions = self.causes.ids_used();
    }

    /// Errors are described from the innermost span outwards.
    fn write_causes(&mut self, head: &Head, nanos_per_tick: f64) {
        for at in (0..self.decoded.preorder.len()).rev() {
            let number = self.decoded.preorder[at];
            if self.assembly.pieces[number as usize].has_failures {
                let cause = self.cause(head, nanos_per_tick, at as u32, Cut::Nothing);
                self.assembly.pieces[number as usize].cause = cause;
            }
        }
    }

    fn cause(&mut self, head: &Head, nanos_per_tick: f64, at: u32, cut: Cut) -> Range<usize> {
        let number = self.decoded.preorder[at as usize];
        let span = self.decoded.spans[number as usize];
        let whole = Whole { decoded: &self.decoded, head, identity: &self.identity, nanos_per_tick };
        self.draft.fill(&self.decoded, &span, &mut self.meanings);
        let start = self.json.bytes.len();
        let place = at..at + self.assembly.pieces[number as usize].spans;
        let failing = Failing { whole, draft: &self.draft, span: &span, place };
        self.causes.write(&failing, &mut self.meanings, &mut self.json, cut);
        start..self.json.bytes.len()
    }

    /// Writes a span that is too large once more, without what is least valuable.
    fn cut(&mut self, head: &Head, nanos_per_tick: f64, at: u32, bytes_max: usize) {
        let number = self.decoded.preorder[at as usize];
        let mut cut = Cut::Nothing;
        loop {
            let piece = &self.assembly.pieces[number as usize];
            let (metadata_bytes, annotations_left) = (piece.metadata_bytes, piece.annotations_allowed);
            if piece.own_bytes() <= bytes_max {
                return;
            }
            let Some(harder) = cut.harder(metadata_bytes) else { return };
            cut = harder;
            let role = if piece.is_segment { Role::Segment } else { Role::Subsegment };
            let has_failures = piece.has_failures;
            let span = self.decoded.spans[number as usize];
            self.draft.fill(&self.decoded, &span, &mut self.meanings);
            let start = self.json.bytes.len();
            let mut body = Body {
                whole: Whole { decoded: &self.decoded, head, identity: &self.identity, nanos_per_tick },
                draft: &self.draft,
                names: &mut self.names,
                json: &mut self.json,
                cut,
                annotations_left,
            };
            body.write(number, &span, role);
            let body = start..self.json.bytes.len();
            let cause = if has_failures { self.cause(head, nanos_per_tick, at, cut) } else { 0..0 };
            let piece = &mut self.assembly.pieces[number as usize];
            (piece.body, piece.cause) = (body, cause);
        }
    }

    /// How the segment's own span ended.
    pub(super) fn outcome(&mut self, head: &Head, nanos_per_tick: f64) -> Outcome<'_> {
        let Some(span) = self.decoded.spans.first().copied() else { return Outcome::default() };
        self.draft.fill(&self.decoded, &span, &mut self.meanings);
        let whole = Whole { decoded: &self.decoded, head, identity: &self.identity, nanos_per_tick };
        Outcome {
            status: self.draft.status(&self.decoded).and_then(|status| u16::try_from(status).ok()),
            failed: self.draft.failed,
            duration: Duration::from_nanos(whole.epoch_ns(span.end.unwrap_or(span.start)) - head.wall_ns),
            operation: self.draft.text(Place::Name, &self.decoded).or(span.metadata.map(Metadata::name)),
            method: self.draft.text(Place::Method, &self.decoded),
            path: self.draft.text(Place::Path, &self.decoded),
        }
    }

    /// Hands out OTLP messages with the spans one after the other, each no larger than the way out
    /// allows; `send` is as for [`Scribe::documents`].
    #[cfg(feature = "otlp")]
    pub(super) fn otlp(
        &mut self,
        head: &Head,
        nanos_per_tick: f64,
        bytes_max: usize,
        send: &mut impl FnMut(&[u8]) -> Result<(), usize>,
    ) -> u64 {
        let whole = Whole { decoded: &self.decoded, head, identity: &self.identity, nanos_per_tick };
        let tools = (&mut self.draft, &mut self.meanings);
        let unsent = super::otlp::send(whole, tools, &mut self.json.bytes, bytes_max, send);
        let skipped: u64 = self.decoded.spans.iter().map(Decoded::events_skipped).sum();
        let events = self.decoded.events_dropped + skipped;
        self.lost = Lost { events, late: self.lost.late, cut: unsent.cut, ..Lost::default() };
        unsent.too_large
    }

    /// Hands out the documents one after the other, each no larger than the way out allows.
    ///
    /// `send` answers with how large a document may be, if this one was too large for it.
    pub(super) fn documents(
        &mut self,
        head: &Head,
        nanos_per_tick: f64,
        bytes_max: usize,
        mut send: impl FnMut(&[u8]) -> Result<(), usize>,
    ) -> u64 {
        let mut bytes_max = bytes_max;
        let mut too_large = 0;
        if Assembly::is_one_document(&self.decoded, self.json.bytes.len(), bytes_max) {
            let root = self.decoded.preorder.first().copied().unwrap_or_default();
            match send(self.assembly.write(&self.decoded, &self.json.bytes, head, root)) {
                Err(narrower) if narrower < bytes_max => bytes_max = narrower,
                sent => return u64::from(sent.is_err()),
            }
        }
        self.assembly.measure(&self.decoded);
        self.assembly.limit_depth(&self.decoded);
        for at in 0..self.decoded.preorder.len() as u32 {
            let number = self.decoded.preorder[at as usize];
            while self.assembly.begins_document(&self.decoded, number) {
                if self.assembly.document_bytes(&self.decoded, number) > bytes_max {
                    too_large += self.fit(head, nanos_per_tick, at, bytes_max);
                    if self.assembly.pieces[number as usize].is_lost {
                        break;
                    }
                }
                let document = self.assembly.write(&self.decoded, &self.json.bytes, head, number);
                match send(document) {
                    Err(narrower) if narrower < bytes_max => bytes_max = narrower,
                    Err(_) => {
                        too_large += 1;
                        break;
                    }
                    Ok(()) => break,
                }
            }
        }
        too_large
    }

    /// Makes the document that begins at `at` of the preorder fit; returns how many spans do not fit
    /// even when cut.
    fn fit(&mut self, head: &Head, nanos_per_tick: f64, at: u32, bytes_max: usize) -> u64 {
        let own_max = Assembly::own_bytes_max(bytes_max);
        let root = self.decoded.preorder[at as usize];
        let end = at + self.assembly.pieces[root as usize].spans;
        let mut lost = 0;
        for inner in (at..end).rev() {
            let number = self.decoded.preorder[inner as usize];
            if inner != at && !self.assembly.is_inside(&self.decoded, number, root) {
                continue;
            }
            if self.assembly.pieces[number as usize].own_bytes() > own_max {
                self.cut(head, nanos_per_tick, inner, own_max);
            }
            lost += u64::from(self.assembly.fit(&self.decoded, number, own_max));
        }
        lost
    }
}
