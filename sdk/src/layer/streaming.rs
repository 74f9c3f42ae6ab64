//! How the spans of a segment leave before the segment ends.
//!
//! A span that has ended can leave as soon as no buffer that a thread holds says something of it. After a
//! span has ended nothing more is written about it, so only buffers matter that were checked out before.
//! They are told apart by periods: a harvest takes all that lies in the slot and begins a new period, and
//! when the last buffer of the period before has come back, what was taken then is settled. A buffer that
//! is not empty keeps its period when it is checked out again.

use super::log::{BUFFER_BYTES_MAX, OwnBuffer};

/// A buffer of a streamed segment that holds as many bytes is not written to again.
pub(super) const HANDED_IN_BYTES: usize = 8 * 1024;
/// A segment of which as many bytes wait is harvested soon, and what has ended leaves though a thread may
/// still hold words about it.
pub(super) const PRESSING_BYTES: usize = 512 * 1024;

/// How far a segment's own span has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Stage {
    /// Nothing was said of it.
    #[default]
    Recorded,
    /// It was sent as in progress.
    Announced,
    /// It was sent as complete, though it had not ended.
    Closed,
}

/// What the documents sent so far have used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spent {
    pub(crate) annotations: usize,
    /// Ids of exceptions.
    pub(crate) exceptions: u32,
}

/// What a slot knows beside what has been written.
#[derive(Debug, Default)]
pub(super) struct Streaming {
    /// 0 or 1 in turn.
    pub(super) period: u8,
    /// Buffers that threads hold, of each period.
    pub(super) out: [u32; 2],
    /// What earlier harvests left, and how many of its entries were taken before this period.
    pub(super) kept: Option<OwnBuffer>,
    pub(super) kept_before: usize,
    /// How many entries were left when the outdated ones were removed last.
    pub(super) tidied_entries: usize,
    /// Buffers that are not to be written to again.
    pub(super) aside: Vec<OwnBuffer>,
    pub(super) aside_bytes: usize,
    pub(super) stage: Stage,
    pub(super) spent: Spent,
    /// There may be spans that have ended.
    pub(super) is_ripe: bool,
    /// When the oldest began of those that are open, but for the segment's own.
    pub(super) oldest_start: Option<u64>,
    /// A buffer came back since the last look, and when one had at the looks before.
    pub(super) is_touched: bool,
    pub(super) touched_at: Option<u64>,
    /// Forks before the segment began: it is its process's to send.
    pub(super) forks: u32,
}

impl Streaming {
    /// Takes a buffer of a streamed segment for a thread, and says which period it belongs to.
    #[cold]
    pub(super) fn check_out(
        &mut self,
        buffers: &mut Vec<OwnBuffer>,
        spare: &mut Vec<OwnBuffer>,
    ) -> (Option<OwnBuffer>, u8) {
        // What became too large before the segment was streamed.
        while let Some(buffer) = buffers.pop_if(|buffer| buffer.written_bytes() >= HANDED_IN_BYTES) {
            self.lay_aside(buffer);
        }
        // No room for more: what is left goes where nothing new is begun.
        let written = if self.aside_bytes >= BUFFER_BYTES_MAX { self.take_aside() } else { buffers.pop() };
        let mut buffer = written.or_else(|| spare.pop());
        let mut period = self.period;
        if let Some(buffer) = &mut buffer {
            if buffer.entries.is_empty() {
                buffer.period = period;
            }
            period = buffer.period;
        }
        self.out[usize::from(period)] += 1;
        (buffer, period)
    }

    fn take_aside(&mut self) -> Option<OwnBuffer> {
        let buffer = self.aside.pop()?;
        self.aside_bytes -= buffer.written_bytes();
        Some(buffer)
    }

    /// Takes back a buffer of a streamed segment, among `buffers` if it can be written to again; returns
    /// whether it is urgent to look after the segment.
    #[cold]
    pub(super) fn check_in(&mut self, buffer: OwnBuffer, buffers: &mut Vec<OwnBuffer>) -> bool {
        self.out[usize::from(buffer.period)] -= 1;
        (self.is_touched, self.is_ripe) = (true, true);
        if buffer.period == self.period && buffer.written_bytes() < HANDED_IN_BYTES {
            buffers.push(buffer);
        } else {
            self.lay_aside(buffer);
        }
        self.aside_bytes >= PRESSING_BYTES
    }

    fn lay_aside(&mut self, buffer: OwnBuffer) {
        self.aside_bytes += buffer.written_bytes();
        self.aside.push(buffer);
    }

    /// Bytes that wait to be sent.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.aside_bytes + self.kept.as_ref().map_or(0, |kept| kept.written_bytes())
    }

    /// Whether buffers of the period before are still out.
    pub(super) fn is_unsettled(&self) -> bool {
        self.out[usize::from(1 - self.period)] > 0
    }

    /// Begins anew after a streamed segment, whose buffers go to `buffers`.
    #[cold]
    pub(super) fn forget(&mut self, buffers: &mut Vec<OwnBuffer>) {
        let Self { kept, aside, .. } = std::mem::take(self);
        buffers.extend(kept.into_iter().chain(aside));
    }
}
