//! Finished segments, waiting for the exporting thread.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::counts::{Counts, DropReason, FlushReport};
use super::lane::{Lane, Queue};
use super::worker::Heir;
use crate::layer::slots::Slots;
use crate::layer::{self, SlotKey};
use crate::lock::Mutex;

/// A flush waits no longer than this, whatever it is told.
const FLUSH_TIMEOUT_MAX: Duration = Duration::from_hours(24);
/// How much longer the last flush waits, for what could not be sent to be written to disk.
const SPOOL_TIMEOUT: Duration = Duration::from_millis(500);

/// What the layer and the exporting thread share.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) slots: Slots,
    pub(crate) counts: Counts,
    lane: Lane,
    /// Starts the exporting thread of a forked child.
    heir: Mutex<Option<Heir>>,
    queue_max: usize,
}

/// Whether more segments may come after a flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterFlush {
    GoOn,
    Close,
}

/// What the exporting thread finds when it looks for work, beside segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Orders {
    /// No more segments will come.
    pub(super) closed: bool,
    /// Someone waits for a flush.
    pub(super) flush: Option<Flush>,
}

/// A flush somebody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flush {
    number: u64,
    pub(super) deadline: Instant,
}

impl Intake {
    pub(crate) fn new(slots: Slots, queue_max: usize) -> Self {
        Self { slots, counts: Counts::default(), lane: Lane::new(), heir: Mutex::default(), queue_max }
    }

    fn lane(&self) -> &Lane {
        self.lane.of_this_process(|lane| self.begin_anew(lane))
    }

    /// Readies a forked child's lane.
    fn begin_anew(&self, lane: &Lane) {
        self.counts.reset();
        let started = {
            let mut heir = self.heir.lock();
            heir.take().map(Heir::start)
        };
        if let Some(Ok((thread, heir))) = started {
            *lane.thread.lock() = Some(thread);
            self.set_heir(heir);
        } else {
            let mut queue = lane.queue();
            queue.closed = Some(DropReason::Forked);
            queue.ended = true;
        }
    }

    pub(super) fn set_heir(&self, heir: Option<Heir>) {
        *self.heir.lock() = heir;
    }

    pub(super) fn set_thread(&self, thread: JoinHandle<()>) {
        *self.lane().thread.lock() = Some(thread);
    }

    /// The exporting thread of this process, for the one who waits for its end.
    pub(super) fn take_thread(&self) -> Option<JoinHandle<()>> {
        self.lane().thread.lock().take()
    }

    /// Hands over a finished segment, or drops it when the queue is full. Never waits: the lock is
    /// held by anyone for a few instructions only.
    pub(crate) fn push(&self, key: SlotKey) {
        let lane = self.lane();
        let refused = {
            let mut queue = lane.queue();
            if queue.closed.is_some() {
                queue.closed
            } else if queue.waiting.len() >= self.queue_max {
                Some(DropReason::QueueFull)
            } else {
                queue.waiting.push(key);
                queue.queued += 1;
                // Below that the thread comes by itself soon enough, and no request pays for a wake-up.
                if queue.waiting.len() == self.queue_max.div_ceil(2) {
                    lane.work.notify_one();
                }
                None
            }
        };
        // When the pipeline closed, what was open was sent and its slots were released.
        if let Some(reason) = refused
            && self.slots.release(key)
        {
            self.counts.drop_one(reason);
        }
    }

    /// Makes free what a forked child inherited of its parent's queue. Segments its parent was just
    /// about to export stay taken.
    pub(super) fn release_inherited(&self) {
        for lane in self.lane.inherited() {
            let Some(mut queue) = lane.try_queue() else { continue };
            for key in queue.waiting.drain(..) {
                self.slots.release(key);
            }
        }
    }

    /// Waits up to `interval` for segments and moves them into the empty `batch`. A flush that was
    /// `seen` before is no reason not to wait.
    pub(super) fn take(&self, batch: &mut Vec<SlotKey>, interval: Duration, seen: Option<Flush>) -> Orders {
        let lane = self.lane();
        let seen = seen.map_or(0, |flush| flush.number);
        let has_none = |queue: &mut Queue| {
            let half = queue.waiting.len() >= self.queue_max.div_ceil(2);
            let flush = queue.flushed.max(seen) < queue.flushes;
            queue.closed.is_none() && !flush && !half
        };
        let mut queue = lane.work.wait_timeout_while(lane.queue(), interval, has_none);
        std::mem::swap(batch, &mut queue.waiting);
        let due = queue.flush_deadline.filter(|_| queue.flushed < queue.flushes);
        let flush = due.map(|deadline| Flush { number: queue.flushes, deadline });
        Orders { closed: queue.closed.is_some(), flush }
    }

    /// Notes that `count` segments have been exported.
    pub(super) fn finish(&self, count: usize) {
        self.lane().queue().exported += count as u64;
    }

    /// Notes that nothing more can be done for a flush, and those before it.
    pub(super) fn finish_flush(&self, flush: Flush) {
        let lane = self.lane();
        lane.queue().flushed = flush.number;
        lane.done.notify_all();
    }

    /// Waits until everything queued by now has been sent, or until `timeout` has passed.
    pub(super) fn flush(&self, timeout: Duration, after: AfterFlush) -> FlushReport {
        layer::hand_in(&self.slots);
        let now = Instant::now();
        let deadline = now.checked_add(timeout.min(FLUSH_TIMEOUT_MAX)).unwrap_or(now);
        let lane = self.lane();
        let mut queue = lane.queue();
        let mut patience = deadline;
        if after == AfterFlush::Close {
            // Together with the wish for a flush: a thread that finds nothing but a closed queue ends.
            queue.closed = queue.closed.or(Some(DropReason::Closed));
            patience = deadline.checked_add(SPOOL_TIMEOUT).unwrap_or(deadline);
        }
        queue.flushes += 1;
        let (flush, target) = (queue.flushes, queue.queued);
        queue.flush_deadline = queue.flush_deadline.max(Some(deadline));
        lane.work.notify_one();
        // What is closed is waited for until its exporter is gone, with the locks and files it has.
        let is_done = |queue: &Queue| queue.ended || (after == AfterFlush::GoOn && queue.flushed >= flush);
        let left = patience.saturating_duration_since(Instant::now());
        let queue = lane.done.wait_timeout_while(queue, left, |queue| !is_done(queue));
        let queued = target.saturating_sub(queue.exported);
        drop(queue);
        self.counts.report(queued)
    }

    /// Tells what became of everything, without waiting.
    pub(super) fn report(&self) -> FlushReport {
        let queue = self.lane().queue();
        let queued = queue.queued - queue.exported;
        drop(queue);
        self.counts.report(queued)
    }

    /// Notes that the exporting thread is gone: nobody needs to wait for it.
    pub(super) fn end(&self) {
        let lane = self.lane();
        let mut queue = lane.queue();
        queue.closed = queue.closed.or(Some(DropReason::Closed));
        queue.ended = true;
        drop(queue);
        lane.done.notify_all();
    }

    /// Whether the exporting thread is gone.
    pub(super) fn has_ended(&self) -> bool {
        self.lane().queue().ended
    }
}
