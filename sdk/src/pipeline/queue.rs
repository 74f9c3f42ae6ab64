//! Finished segments, waiting for the exporting thread.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::counts::{Counts, DropReason, FlushReport};
use crate::layer::SlotKey;
use crate::layer::slots::Slots;

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
    /// Someone waits: export at once.
    hurry: bool,
    closed: bool,
}

/// Whether more segments may come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Intaking {
    Open,
    Closed,
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
    pub(super) fn take(&self, batch: &mut Vec<SlotKey>, interval: Duration) -> Intaking {
        let idle =
            |queue: &mut Queue| !queue.closed && !queue.hurry && queue.waiting.len() < self.queue_max.div_ceil(2);
        let (mut queue, _timeout) =
            self.work.wait_timeout_while(self.queue(), interval, idle).unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(batch, &mut queue.waiting);
        queue.hurry = false;
        if queue.closed { Intaking::Closed } else { Intaking::Open }
    }

    /// Notes that `count` segments have been exported.
    pub(super) fn finish(&self, count: usize) {
        self.queue().exported += count as u64;
        self.done.notify_all();
    }

    /// Waits until everything queued by now has been exported, or until `timeout` has passed.
    pub(super) fn flush(&self, timeout: Duration) -> FlushReport {
        let deadline = Instant::now().checked_add(timeout);
        let mut queue = self.queue();
        let target = queue.queued;
        queue.hurry = true;
        self.work.notify_one();
        while queue.exported < target {
            // A timeout beyond the end of time is none.
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            queue = self.done.wait_timeout(queue, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let pending = target.saturating_sub(queue.exported);
        drop(queue);
        self.report(pending)
    }

    pub(super) fn report(&self, pending: u64) -> FlushReport {
        FlushReport { sent: self.counts.sent(), dropped: self.counts.dropped(), pending }
    }

    /// Takes no more segments, and lets the exporting thread end when it has exported the rest.
    pub(super) fn close(&self) {
        self.queue().closed = true;
        self.work.notify_one();
    }
}
