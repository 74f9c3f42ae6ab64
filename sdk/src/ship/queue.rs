//! Items that wait for the shipping thread.

use std::sync::MutexGuard;
use std::time::{Duration, Instant};

use super::report::{Counts, DeliveryReport, LossReason};
use crate::lock::{Condvar, Mutex};

/// Something to ship.
pub(crate) trait Item: Send + 'static {
    /// Memory it takes, in bytes.
    fn bytes(&self) -> usize;
}

/// How much may wait, what is being sent included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueLimits {
    pub(crate) items_max: usize,
    pub(crate) bytes_max: usize,
}

/// What the service's threads and the shipping thread share.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    /// Wakes the shipping thread.
    work: Condvar,
    /// Wakes those who wait for a flush.
    done: Condvar,
    limits: QueueLimits,
    pub(super) counts: Counts,
}

#[derive(Debug)]
struct State<T> {
    waiting: Vec<T>,
    /// What waits and what is being sent.
    items: usize,
    bytes: usize,
    /// Items ever taken in, and ever sent or given up.
    queued: u64,
    settled: u64,
    /// Someone waits: send at once.
    hurry: bool,
    closed: bool,
}

/// Whether more items may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intaking {
    Open,
    Closed,
}

impl<T: Item> Queue<T> {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        let state =
            State { waiting: Vec::new(), items: 0, bytes: 0, queued: 0, settled: 0, hurry: false, closed: false };
        Self { state: Mutex::new(state), work: Condvar::new(), done: Condvar::new(), limits, counts: Counts::default() }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Nothing in here panics while it holds the lock.
        self.state.lock()
    }

    /// Takes an item in, or drops and counts it. Never waits: the lock is held by anyone for a few
    /// instructions only.
    pub(crate) fn push(&self, item: T) {
        let bytes = item.bytes();
        let refused = {
            let mut state = self.state();
            if state.closed {
                Some(LossReason::Closed)
            } else if state.items >= self.limits.items_max || state.bytes + bytes > self.limits.bytes_max {
                Some(LossReason::QueueFull)
            } else {
                let was_half_full = self.is_half_full(&state);
                state.waiting.push(item);
                state.items += 1;
                state.bytes += bytes;
                state.queued += 1;
                // Below that the thread comes by itself soon enough, and no request pays for a wake-up.
                if !was_half_full && self.is_half_full(&state) {
                    self.work.notify_one();
                }
                None
            }
        };
        if let Some(reason) = refused {
            self.counts.lose(reason, 1);
        }
    }

    fn is_half_full(&self, state: &State<T>) -> bool {
        state.items >= self.limits.items_max.div_ceil(2) || state.bytes >= self.limits.bytes_max.div_ceil(2)
    }

    /// Waits up to `interval` for items and moves them into the empty `items`.
    pub(super) fn take(&self, items: &mut Vec<T>, interval: Duration) -> Intaking {
        let idle = |state: &mut State<T>| !state.closed && !state.hurry && !self.is_half_full(state);
        let mut state = self.work.wait_timeout_while(self.state(), interval, idle);
        std::mem::swap(items, &mut state.waiting);
        state.hurry = false;
        if state.closed { Intaking::Closed } else { Intaking::Open }
    }

    /// Waits before another attempt; ends early when someone waits for a flush or the queue is closed.
    pub(super) fn pause(&self, pause: Duration) {
        let calm = |state: &mut State<T>| !state.hurry && !state.closed;
        let mut state = self.work.wait_timeout_while(self.state(), pause, calm);
        state.hurry = false;
    }

    /// Notes that items taken are sent or given up.
    pub(super) fn settle(&self, items: usize, bytes: usize) {
        let mut state = self.state();
        state.items -= items;
        state.bytes -= bytes;
        state.settled += items as u64;
        drop(state);
        self.done.notify_all();
    }
}

/// The queue without its items' type.
pub(super) trait Control: Send + Sync {
    /// Waits until everything queued by now is settled, or until `timeout` has passed.
    fn flush(&self, timeout: Duration) -> DeliveryReport;

    fn report(&self) -> DeliveryReport;

    /// Takes no more items, and lets the shipping thread end when it has sent the rest.
    fn close(&self);
}

impl<T: Item> Control for Queue<T> {
    fn flush(&self, timeout: Duration) -> DeliveryReport {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.state();
        let target = state.queued;
        if state.settled < target {
            state.hurry = true;
            self.work.notify_one();
        }
        while state.settled < target {
            // A timeout beyond the end of time is none.
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            state = self.done.wait_timeout(state, left);
        }
        let pending = target.saturating_sub(state.settled);
        drop(state);
        self.counts.report(pending)
    }

    fn report(&self) -> DeliveryReport {
        self.counts.report(0)
    }

    fn close(&self) {
        self.state().closed = true;
        self.work.notify_one();
    }
}
