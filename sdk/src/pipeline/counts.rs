//! What was sent and what was lost, and why.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::export::Settled;

/// Why something did not reach its receiver. One count is one of the things named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropReason {
    /// Segments: as many were open as may be.
    SegmentsOpen,
    /// Spans: as many were open as may be.
    SpansOpen,
    /// Spans, fields or segments: the memory for open segments, or for one segment, was used up.
    MemoryFull,
    /// Segments: as many were waiting for the exporter as may wait.
    QueueFull,
    /// Segments: they ended after the guard was dropped, and were not sent as open with it.
    Closed,
    /// Annotations: the segment had as many as X-Ray indexes.
    AnnotationLimit,
    /// Events: their span had later ones, of which it keeps 128.
    EventLimit,
    /// Annotations and metadata: their span had more keys given at run time than are looked at.
    KeyLimit,
    /// Attributes, events, links and descriptions: their span was too large for one OTLP message with
    /// them.
    SpanCut,
    /// Fields and events: their span was sent before it had ended, see
    /// [`Config::close_open_after`](crate::Config::close_open_after).
    Late,
    /// Documents: too large, and nothing left to split off or cut.
    TooLarge,
    /// Documents: the receiver refused them, as a closed port does.
    Refused,
    /// Documents: the exporter failed.
    ExportFailed,
    /// Documents: the way out, or what waits in front of it, was full.
    ExporterFull,
    /// Segments: the SDK or the exporter panicked over them; the panic's message says more.
    Panicked,
    /// Segments: they ended in a forked child, and the exporter has no [`successor`] there.
    ///
    /// [`successor`]: crate::export::Exporter::successor
    Forked,
    /// Documents: the receiver answered that it does not want them.
    Rejected,
    /// Spans: the receiver did not want them, though it took the documents they were in.
    SpansRejected,
    /// Documents: the oldest of the spool, which made room for others.
    SpoolFull,
    /// Documents: they could not be written into the spool, as when the disk is full.
    SpoolFailed,
    /// Documents: the spool did not give back what was written into it.
    SpoolCorrupt,
}

impl DropReason {
    /// Every reason.
    pub const ALL: [Self; 21] = [
        Self::SegmentsOpen,
        Self::SpansOpen,
        Self::MemoryFull,
        Self::QueueFull,
        Self::Closed,
        Self::AnnotationLimit,
        Self::EventLimit,
        Self::KeyLimit,
        Self::SpanCut,
        Self::Late,
        Self::TooLarge,
        Self::Refused,
        Self::ExportFailed,
        Self::ExporterFull,
        Self::Panicked,
        Self::Forked,
        Self::Rejected,
        Self::SpansRejected,
        Self::SpoolFull,
        Self::SpoolFailed,
        Self::SpoolCorrupt,
    ];

    /// The reason in snake case, for metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SegmentsOpen => "segments_open",
            Self::SpansOpen => "spans_open",
            Self::MemoryFull => "memory_full",
            Self::QueueFull => "queue_full",
            Self::Closed => "closed",
            Self::AnnotationLimit => "annotation_limit",
            Self::EventLimit => "event_limit",
            Self::KeyLimit => "key_limit",
            Self::SpanCut => "span_cut",
            Self::Late => "late",
            Self::TooLarge => "too_large",
            Self::Refused => "refused",
            Self::ExportFailed => "export_failed",
            Self::ExporterFull => "exporter_full",
            Self::Panicked => "panicked",
            Self::Forked => "forked",
            Self::Rejected => "rejected",
            Self::SpansRejected => "spans_rejected",
            Self::SpoolFull => "spool_full",
            Self::SpoolFailed => "spool_failed",
            Self::SpoolCorrupt => "spool_corrupt",
        }
    }
}

/// Counters since the layer was made.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    sent: AtomicU64,
    dropped: [AtomicU64; DropReason::ALL.len()],
    /// What the exporter had when it was asked last.
    kept: AtomicU64,
    spooled: AtomicU64,
}

impl Counts {
    pub(crate) fn drop_one(&self, reason: DropReason) {
        self.drop_many(reason, 1);
    }

    pub(crate) fn drop_many(&self, reason: DropReason, count: u64) {
        self.dropped[reason as usize].fetch_add(count, Ordering::Relaxed);
    }

    /// Adds what an exporter says of its documents.
    pub(super) fn settle(&self, settled: &Settled) {
        self.sent.fetch_add(settled.sent, Ordering::Relaxed);
        for reason in DropReason::ALL {
            let count = settled.dropped.count(reason);
            if count > 0 {
                self.drop_many(reason, count);
            }
        }
        self.kept.store(settled.kept, Ordering::Relaxed);
        self.spooled.store(settled.spooled, Ordering::Relaxed);
    }

    pub(super) fn dropped(&self) -> Dropped {
        Dropped(std::array::from_fn(|reason| self.dropped[reason].load(Ordering::Relaxed)))
    }

    /// Begins at nothing, in a forked child.
    pub(super) fn reset(&self) {
        for counter in self.dropped.iter().chain([&self.sent, &self.kept, &self.spooled]) {
            counter.store(0, Ordering::Relaxed);
        }
    }

    /// Tells all, with `queued` segments still on their way to the exporter.
    pub(super) fn report(&self, queued: u64) -> FlushReport {
        let spooled = self.spooled.load(Ordering::Relaxed);
        FlushReport {
            sent: self.sent.load(Ordering::Relaxed),
            dropped: self.dropped(),
            pending: queued + self.kept.load(Ordering::Relaxed) + spooled,
            spooled,
        }
    }
}

/// How much was lost, by reason.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Dropped([u64; DropReason::ALL.len()]);

impl Dropped {
    /// How much was lost for `reason`.
    pub const fn count(&self, reason: DropReason) -> u64 {
        self.0[reason as usize]
    }

    /// Adds `count` to what was lost for `reason`.
    pub(crate) fn add(&mut self, reason: DropReason, count: u64) {
        self.0[reason as usize] += count;
    }

    /// Adds what else was lost.
    #[cfg(feature = "spool")]
    pub(crate) fn add_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }

    /// How much was lost in all.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl fmt::Debug for Dropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = DropReason::ALL.into_iter().filter(|reason| self.count(*reason) > 0);
        f.debug_map().entries(lost.map(|reason| (reason.name(), self.count(reason)))).finish()
    }
}

/// What became of everything since the layer was made, as far as a flush got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlushReport {
    /// Documents that were sent.
    pub sent: u64,
    /// What was lost, by reason.
    pub dropped: Dropped,
    /// What is still to be sent: segments that wait for the exporter, and documents it keeps.
    pub pending: u64,
    /// How many of those are documents on disk, where they outlive the process.
    pub spooled: u64,
}
