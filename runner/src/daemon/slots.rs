//! How many runs happen at a time: a number for each kind, and memory for browsers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::info;

use super::memory;

/// How often memory is looked at while a run waits for it.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Places for runs.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    browsers: Arc<Semaphore>,
    http_runs: Arc<Semaphore>,
    /// Only one run at a time waits for memory, so that two do not take the same.
    memory: Arc<tokio::sync::Mutex<()>>,
    memory_per_browser: u64,
    browsers_under_way: Arc<AtomicUsize>,
}

/// A place, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    _permit: OwnedSemaphorePermit,
    browsers_under_way: Option<Arc<AtomicUsize>>,
}

impl Slots {
    pub(super) fn new(browsers: usize, http_runs: usize, memory_per_browser: u64) -> Self {
        Self {
            browsers: Arc::new(Semaphore::new(browsers.max(1))),
            http_runs: Arc::new(Semaphore::new(http_runs.max(1))),
            memory: Arc::default(),
            memory_per_browser,
            browsers_under_way: Arc::default(),
        }
    }

    /// Waits for a place.
    pub(super) async fn take(&self, with_browser: bool) -> Slot {
        let slots = if with_browser { &self.browsers } else { &self.http_runs };
        let permit = Arc::clone(slots).acquire_owned().await.expect("the semaphore is never closed");
        if !with_browser {
            return Slot { _permit: permit, browsers_under_way: None };
        }
        let _turn = self.memory.lock().await;
        let mut told = false;
        // A first browser starts whatever there is: its own look at the memory says what is wrong.
        while self.browsers_under_way.load(Ordering::Acquire) > 0
            && let Some(free) = memory::available().filter(|free| *free < self.memory_per_browser)
        {
            if !told {
                info!(free_mib = free >> 20, needed_mib = self.memory_per_browser >> 20, "a run waits for memory");
                told = true;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.browsers_under_way.fetch_add(1, Ordering::AcqRel);
        Slot { _permit: permit, browsers_under_way: Some(Arc::clone(&self.browsers_under_way)) }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(count) = &self.browsers_under_way {
            count.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
