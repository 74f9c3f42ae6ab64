//! The thread that delivers.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard};
use std::thread::JoinHandle;
use std::time::Instant;

use super::super::spool::Spool;
use super::super::{Batch, Delivery, Rest, SpoolSettings, Transport};
use super::state::{Next, State};
use crate::lock::{Condvar, Mutex};
use crate::own_thread;

/// What an outbox and its thread share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    /// Wakes the thread.
    pub(super) work: Condvar,
    /// Wakes those who wait for a flush.
    pub(super) done: Condvar,
    pub(super) document_bytes_max: AtomicUsize,
}

impl Shared {
    pub(super) fn new(state: State, document_bytes_max: usize) -> Self {
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            done: Condvar::new(),
            document_bytes_max: document_bytes_max.into(),
        }
    }

    /// Nobody holds the lock while it talks to a receiver; disks are written and read under it.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // A panic in there would be a mistake of the outbox, and one document or batch the price.
        self.state.lock()
    }
}

/// What the thread starts with.
pub(super) struct Courier {
    pub(super) transport: Box<dyn Transport>,
    /// Opened by the thread, unless the state has one.
    pub(super) spool: Option<SpoolSettings>,
}

impl Courier {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(mut self, shared: Arc<Shared>) -> io::Result<JoinHandle<()>> {
        shared.state().adopting = true;
        own_thread::spawn("siskin-send", move || {
            self.run(&shared);
            // The spool's folder is let go of before the transport is: who sees that one end may take
            // the folder over.
            drop(shared);
        })
    }

    fn run(&mut self, shared: &Shared) {
        self.open_spool(shared);
        let mut state = shared.state();
        loop {
            let batch = match state.next(Instant::now()) {
                Next::End => break,
                Next::Deliver(batch) => batch,
                Next::Wait(until) => {
                    shared.done.notify_all();
                    state = wait(shared, state, until);
                    continue;
                }
            };
            drop(state);
            let delivery = self.deliver(&batch);
            shared.document_bytes_max.store(self.transport.document_bytes_max(), Ordering::Relaxed);
            state = shared.state();
            state.settle(delivery, Instant::now());
            shared.done.notify_all();
        }
    }

    fn open_spool(&mut self, shared: &Shared) {
        if let Some(settings) = self.spool.take() {
            match Spool::open(settings, self.transport.format()) {
                Ok(spool) => shared.state().spool = Some(spool),
                Err(error) => tracing::error!(target: "siskin_sdk", %error, "documents cannot be spooled"),
            }
        }
        let mut state = shared.state();
        if let Some(spool) = &mut state.spool {
            spool.adopt();
        }
        state.adopting = false;
    }

    fn deliver(&mut self, batch: &Batch) -> Delivery {
        // A transport that panics has not answered.
        catch_unwind(AssertUnwindSafe(|| self.transport.deliver(batch)))
            .unwrap_or_else(|_| Delivery::unsettled(Rest::Failed { error: "the transport panicked".to_owned() }))
    }
}

fn wait<'a>(shared: &Shared, state: MutexGuard<'a, State>, until: Option<Instant>) -> MutexGuard<'a, State> {
    match until {
        None => shared.work.wait(state),
        Some(until) => {
            let left = until.saturating_duration_since(Instant::now());
            shared.work.wait_timeout(state, left)
        }
    }
}
