//! What the exporting thread sees and takes of segments that are open.

use std::sync::atomic::Ordering;

use super::handle::SlotKey;
use super::log::{Entry, Head, OwnBuffer};
use super::slots::Slots;
use super::streaming::{PRESSING_BYTES, Spent, Stage};
use crate::fork;

/// From so many entries on, what is left is looked through for what is outdated.
const TIDIED_ENTRIES_MIN: usize = 4 * 1024;

/// A segment that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open {
    pub(crate) key: SlotKey,
    /// When it began.
    pub(crate) ticks: u64,
    pub(crate) stage: Stage,
    /// There may be spans that can leave.
    pub(crate) is_ripe: bool,
    pub(crate) is_streamed: bool,
    /// When the oldest of its other spans began that were open at the last harvest.
    pub(crate) oldest_start: Option<u64>,
    /// Since when nothing has been written; `None` while a thread may be writing.
    pub(crate) idle_since: Option<u64>,
}

/// What was taken of a segment.
#[derive(Debug)]
pub(crate) struct Harvest {
    pub(crate) head: Head,
    pub(crate) stage: Stage,
    pub(crate) spent: Spent,
    /// Entries at the front that were taken before this period.
    pub(crate) before: usize,
    pub(crate) settled: Settled,
    /// Memory is short: what has ended leaves now, settled or not.
    pub(crate) is_pressing: bool,
}

/// Of what no thread can hold more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    Nothing,
    /// Of what was taken before this period. A new one has begun.
    Before,
    Everything,
}

/// What is left of a harvest.
#[derive(Debug)]
pub(crate) struct Rest<'a> {
    pub(crate) entries: &'a [Entry],
    pub(crate) text: &'a str,
    /// Entries at the front that were taken before this period.
    pub(crate) before: usize,
    pub(crate) events_dropped: u64,
    pub(crate) stage: Stage,
    pub(crate) is_ripe: bool,
    /// When the oldest of the spans began that are open, but for the segment's own.
    pub(crate) oldest_start: Option<u64>,
}

impl Slots {
    /// Whether a segment has to be looked after soon; asking makes it untrue.
    pub(crate) fn take_pressing(&self) -> bool {
        self.is_pressing.load(Ordering::Relaxed) && self.is_pressing.swap(false, Ordering::Relaxed)
    }

    /// Looks at a slot: `None` when it is free, or holds none of this process's sampled segments. Never
    /// waits: a lock that was held when the process forked stays locked.
    pub(crate) fn look(&self, number: u16, now: u64) -> Option<Open> {
        let (key, mut state) = self.try_lock(number)?;
        let state = &mut *state;
        let head = state.head.as_ref().filter(|head| head.sampled)?;
        let streaming = &mut state.streaming;
        if streaming.forks != fork::generation() {
            return None;
        }
        if std::mem::take(&mut streaming.is_touched) || streaming.touched_at.is_none() {
            streaming.touched_at = Some(now);
        }
        let can_leave = !streaming.is_unsettled() || streaming.waiting_bytes() >= PRESSING_BYTES;
        Some(Open {
            key,
            ticks: head.ticks,
            stage: streaming.stage,
            is_ripe: streaming.is_ripe && can_leave,
            is_streamed: state.is_streamed,
            oldest_start: streaming.oldest_start,
            idle_since: streaming.touched_at.filter(|_| streaming.out == [0; 2]),
        })
    }

    /// Takes what has been written of a segment into the empty `buffers`, what earlier harvests left
    /// first. From here on the segment is streamed.
    pub(crate) fn harvest(&self, key: SlotKey, buffers: &mut Vec<OwnBuffer>) -> Option<Harvest> {
        let mut state = self.stream(key)?;
        let state = &mut *state;
        let head = state.head.clone()?;
        let streaming = &mut state.streaming;
        let settled = match streaming.out {
            [0, 0] => Settled::Everything,
            _ if streaming.is_unsettled() => Settled::Nothing,
            _ => Settled::Before,
        };
        if settled == Settled::Before {
            streaming.period = 1 - streaming.period;
        }
        let harvest = Harvest {
            head,
            stage: streaming.stage,
            spent: streaming.spent,
            before: streaming.kept_before,
            settled,
            is_pressing: streaming.waiting_bytes() >= PRESSING_BYTES,
        };
        buffers.extend(streaming.kept.take());
        buffers.append(&mut streaming.aside);
        buffers.append(&mut state.buffers);
        (streaming.kept_before, streaming.aside_bytes, streaming.is_ripe) = (0, 0, false);
        Some(harvest)
    }

    /// Gives back what is left of a harvest, and the memory of its `buffers`.
    pub(crate) fn put_back(&self, key: SlotKey, rest: &Rest<'_>, buffers: &mut Vec<OwnBuffer>) {
        let kept = (!rest.entries.is_empty() || rest.events_dropped > 0).then(|| {
            let mut kept = buffers.pop().unwrap_or_else(|| self.new_buffer());
            kept.clear();
            kept.replace(rest.entries, rest.text);
            kept.events_dropped = rest.events_dropped;
            kept
        });
        // The segment is gone if it ended meanwhile and there was no room for it in the queue.
        let Some(mut state) = self.lock(key) else { return };
        let streaming = &mut state.streaming;
        // From its closing on a segment is given time to show that it lives.
        streaming.is_touched |= streaming.stage != rest.stage;
        (streaming.stage, streaming.kept_before) = (rest.stage, rest.before);
        streaming.oldest_start = rest.oldest_start;
        streaming.is_ripe |= rest.is_ripe;
        streaming.kept = kept;
        let tidied_entries = streaming.tidied_entries;
        if let Some(kept) = &mut streaming.kept
            && kept.entries.len() >= TIDIED_ENTRIES_MIN.max(2 * tidied_entries)
        {
            let is_all_before = rest.before == kept.entries.len();
            kept.tidy();
            streaming.kept_before = if is_all_before { kept.entries.len() } else { 0 };
            streaming.tidied_entries = kept.entries.len();
        }
        for buffer in buffers.drain(..) {
            state.spare(buffer);
        }
    }

    /// Notes what the documents of a segment have used up.
    pub(crate) fn spend(&self, key: SlotKey, spent: Spent) {
        if let Some(mut state) = self.lock(key) {
            state.streaming.spent = spent;
        }
    }
}
