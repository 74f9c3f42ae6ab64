//! What one process shares with its exporting thread.

use std::sync::{MutexGuard, OnceLock};
use std::thread::JoinHandle;
use std::time::Instant;

use super::counts::DropReason;
use crate::fork;
use crate::layer::SlotKey;
use crate::lock::{Condvar, Mutex};

/// A queue and its thread. A forked child gets the next one, whose queue is empty: what waits in its
/// parent's is its parent's to send.
#[derive(Debug)]
pub(super) struct Lane {
    generation: u32,
    queue: Mutex<Queue>,
    /// Wakes the exporting thread.
    pub(super) work: Condvar,
    /// Wakes those who wait for a flush.
    pub(super) done: Condvar,
    pub(super) thread: Mutex<Option<JoinHandle<()>>>,
    next: OnceLock<Box<Lane>>,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) waiting: Vec<SlotKey>,
    /// Segments ever queued and ever exported.
    pub(super) queued: u64,
    pub(super) exported: u64,
    /// Flushes ever begun and ever done, and when the last one gives up.
    pub(super) flushes: u64,
    pub(super) flushed: u64,
    pub(super) flush_deadline: Option<Instant>,
    /// Why no more segments are taken.
    pub(super) closed: Option<DropReason>,
    /// There is no exporting thread, or none any more.
    pub(super) ended: bool,
}

impl Lane {
    pub(super) fn new() -> Self {
        Self {
            generation: fork::generation(),
            queue: Mutex::default(),
            work: Condvar::new(),
            done: Condvar::new(),
            thread: Mutex::default(),
            next: OnceLock::new(),
        }
    }

    /// The lane of this process, which is `self` or comes after it.
    pub(super) fn of_this_process(&self, begin: impl Fn(&Self)) -> &Self {
        let mut lane = self;
        while lane.generation != fork::generation() {
            lane = lane.next.get_or_init(|| {
                let next = Box::new(Self::new());
                begin(&next);
                next
            });
        }
        lane
    }

    /// The lanes of this process's parent and those before it, as far as they lead to here.
    pub(super) fn inherited(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |lane| lane.next.get().map(AsRef::as_ref))
            .take_while(|lane| lane.generation != fork::generation())
    }

    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }

    /// The queue if nobody holds it.
    pub(super) fn try_queue(&self) -> Option<MutexGuard<'_, Queue>> {
        self.queue.try_lock()
    }
}
