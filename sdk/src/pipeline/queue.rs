//! Finished segments, waiting for the exporting thread.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::counts::{Counts, DropReason, FlushReport};
use crate::layer::SlotKey;
use crate::layer::slots::Slots;

/// A flush waits no longer than this, whatever it is told.
const FLUSH_TIMEOUT_MAX: Duration = Duration::from_hours(24);

/// What the layer and the exporting thread share.
#[derive(Debug)]
pub(crate) struct Intake {
    pub(crate) slots: Slots,
    pub(crate) counts: Counts,
    queue: Mutex<Queue>,
    /// Wakes the exporting thread.
    work: Condvar,
    /// Wakes those who wait for a flush.
    done: Condvar,
    queue_max: usize,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<SlotKey>,
    /// Segments ever queued and ever exported.
    queued: u64,
    exported: u64,
    /// Flushes ever begun and ever done, and when the last one gives up.
    flushes: u64,
    flushed: u64,
    flush_deadline: Option<Instant>,
    closed: bool,
    /// The exporting thread is gone.
    ended: bool,
}

/// Whether more segments may come after a flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterFlush {
    GoOn,
    Close,
}

/// What the exporting thread finds when it looks for work, beside segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
        Self {
            slots,
            counts: Counts::default(),
            queue: Mutex::default(),
            work: Condvar::new(),
            done: Condvar::new(),
            queue_max,
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing in here panics while it holds the lock.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands over a finished segment, or drops it when the queue is full. Never waits: the lock is
    /// held by anyone for a few instructions only.
    pub(crate) fn push(&self, key: SlotKey) {
        let refused = {
            let mut queue = self.queue();
            if queue.closed {
                Some(DropReason::Closed)
            } else if queue.waiting.len() >= self.queue_max {
                Some(DropReason::QueueFull)
            } else {
                queue.waiting.push(key);
                queue.queued += 1;
                // Below that the thread comes by itself soon enough, and no request pays for a wake-up.
                if queue.waiting.len() == self.queue_max.div_ceil(2) {
                    self.work.notify_one();
                }
                None
            }
        };
        if let Some(reason) = refused {
            self.slots.release(key);
            self.counts.drop_one(reason);
        }
    }

    /// Waits up to `interval` for segments and moves them into the empty `batch`.
    pub(super) fn take(&self, batch: &mut Vec<SlotKey>, interval: Duration) -> Orders {
        let idle = |queue: &mut Queue| {
            !queue.closed && queue.flushed == queue.flushes && queue.waiting.len() < self.queue_max.div_ceil(2)
        };
        let (mut queue, _timeout) =
            self.work.wait_timeout_while(self.queue(), interval, idle).unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(batch, &mut queue.waiting);
        let due = queue.flush_deadline.filter(|_| queue.flushed < queue.flushes);
        let flush = due.map(|deadline| Flush { number: queue.flushes, deadline });
        Orders { closed: queue.closed, flush }
    }

    /// Notes that `count` segments have been exported.
    pub(super) fn finish(&self, count: usize) {
        self.queue().exported += count as u64;
    }

    /// Notes that nothing more can be done for a flush, and those before it.
    pub(super) fn finish_flush(&self, flush: Flush) {
        self.queue().flushed = flush.number;
        self.done.notify_all();
    }

    /// Waits until everything queued by now has been sent, or until `timeout` has passed.
    pub(super) fn flush(&self, timeout: Duration, after: AfterFlush) -> FlushReport {
        let now = Instant::now();
        let deadline = now.checked_add(timeout.min(FLUSH_TIMEOUT_MAX)).unwrap_or(now);
        let mut queue = self.queue();
        // Together with the wish for a flush: a thread that finds nothing but a closed queue ends.
        queue.closed |= after == AfterFlush::Close;
        queue.flushes += 1;
        let (flush, target) = (queue.flushes, queue.queued);
        queue.flush_deadline = queue.flush_deadline.max(Some(deadline));
        self.work.notify_one();
        while queue.flushed < flush && !queue.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            queue = self.done.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let queued = target.saturating_sub(queue.exported);
        drop(queue);
        self.counts.report(queued)
    }

    /// Tells what became of everything, without waiting.
    pub(super) fn report(&self) -> FlushReport {
        let queue = self.queue();
        let queued = queue.queued - queue.exported;
        drop(queue);
        self.counts.report(queued)
    }

    /// Notes that the exporting thread is gone: nobody needs to wait for it.
    pub(super) fn end(&self) {
        let mut queue = self.queue();
        queue.closed = true;
        queue.ended = true;
        drop(queue);
        self.done.notify_all();
    }
}
