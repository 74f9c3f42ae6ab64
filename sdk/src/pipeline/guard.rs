//! The owner of the exporting thread.

use std::sync::Arc;
use std::time::Duration;

use super::counts::FlushReport;
use super::queue::{AfterFlush, Intake};

/// How long a dropped guard waits for what is still to be exported.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);

/// Keeps the exporting thread running; dropped, it sends what is waiting and what is open, for up to two
/// seconds.
///
/// Hold it until the service ends: `let _guard = ...`, not `let _ = ...`.
///
/// # How a service ends
///
/// | the service | what was accepted |
/// |---|---|
/// | drops the guard, or calls [`Guard::close`] | is sent, or put into the spool, or reported as pending |
/// | calls `std::process::exit` | the same, on unix, through a handler of the C library's `exit` |
/// | panics in `main` | the same: unwinding drops the guard |
/// | forks | is the parent's to send; the child starts a thread of its own when its first segment ends |
/// | is killed, or aborts | is lost, up to 100 ms of segments; what was spooled is sent by its successor |
///
/// The exporting thread needs no async runtime, so the guard can be dropped inside of a
/// current-thread one. It blocks that thread meanwhile: a receiver that is a task of that very
/// runtime cannot answer.
#[derive(Debug)]
#[must_use = "dropping the guard ends the export"]
pub struct Guard(Option<Arc<Intake>>);

impl Guard {
    /// Guards the thread that exports what comes through `intake`.
    pub(crate) fn new(intake: Arc<Intake>) -> Self {
        Self(Some(intake))
    }

    /// Guards nothing: the SDK is switched off.
    pub(crate) const fn disabled() -> Self {
        Self(None)
    }

    /// Sends the segments that have ended by now, and waits for that up to `timeout` (at most a day).
    ///
    /// Segments still open are not waited for; of those that have been for long
    /// ([`Config::in_progress_after`](crate::Config::in_progress_after)), what has ended is sent. Blocks the calling thread: in async code, call it where
    /// blocking is allowed.
    pub fn flush(&self, timeout: Duration) -> FlushReport {
        self.0.as_ref().map(|intake| intake.flush(timeout, AfterFlush::GoOn)).unwrap_or_default()
    }

    /// What became of everything so far, without waiting.
    pub fn report(&self) -> FlushReport {
        self.0.as_ref().map(|intake| intake.report()).unwrap_or_default()
    }

    /// Ends the export: sends what is waiting for up to `timeout`, and segments that are open as if they
    /// had ended now, with the metadata `still_open` in the namespace `siskin`; then puts what is left into the
    /// spool if there is one, for up to another half second.
    ///
    /// Segments that begin later are dropped and counted when they end. Blocks as [`Guard::flush`] does.
    pub fn close(mut self, timeout: Duration) -> FlushReport {
        self.end(timeout)
    }

    fn end(&mut self, timeout: Duration) -> FlushReport {
        let Some(intake) = self.0.take() else { return FlushReport::default() };
        let report = intake.flush(timeout, AfterFlush::Close);
        // A thread that has not ended is held up by its exporter. That must not keep the process from
        // ending, so it is left behind.
        if intake.has_ended()
            && let Some(thread) = intake.take_thread()
            && thread.join().is_err()
        {
            tracing::error!(target: "siskin_sdk", "the exporting thread has panicked");
        }
        report
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.end(DROP_TIMEOUT);
    }
}
