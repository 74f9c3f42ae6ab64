//! The owner of a shipping thread.

use std::fmt;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::queue::Control;
use super::report::DeliveryReport;

/// How long a dropped guard waits for what is still to be sent.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);

/// Keeps a shipping thread running; dropped, it sends what is waiting, for up to two seconds.
///
/// Hold it until the service ends: `let _guard = ...`, not `let _ = ...`.
#[must_use = "dropping the guard ends the shipping"]
pub struct ShippingGuard {
    queue: Arc<dyn Control>,
    thread: Option<JoinHandle<()>>,
}

impl ShippingGuard {
    pub(super) fn new(queue: Arc<dyn Control>, thread: JoinHandle<()>) -> Self {
        Self { queue, thread: Some(thread) }
    }

    /// Sends what was handed over by now, and waits for that up to `timeout`.
    ///
    /// Blocks the calling thread: in async code, call it where blocking is allowed.
    pub fn flush(&self, timeout: Duration) -> DeliveryReport {
        self.queue.flush(timeout)
    }

    /// What became of everything so far, without waiting; `pending` is 0 as nothing is asked to move.
    pub fn report(&self) -> DeliveryReport {
        self.queue.report()
    }
}

impl fmt::Debug for ShippingGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShippingGuard").field("report", &self.report()).finish_non_exhaustive()
    }
}

impl Drop for ShippingGuard {
    fn drop(&mut self) {
        self.queue.close();
        // If something is left, the receiver is away or hangs: that must not keep the process from
        // ending, so the thread is left behind.
        let report = self.queue.flush(DROP_TIMEOUT);
        let Some(thread) = self.thread.take() else { return };
        if (report.pending == 0 || thread.is_finished()) && thread.join().is_err() {
            tracing::error!(target: "siskin_sdk", "a shipping thread has panicked");
        }
    }
}
