//! The owner of the exporting thread.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use super::counts::FlushReport;
use super::queue::{AfterFlush, Intake};

/// How long a dropped guard waits for what is still to be exported.
const DROP_TIMEOUT: Duration = Duration::from_secs(2);

/// Keeps the exporting thread running; dropped, it exports what is waiting, for up to two seconds.
///
/// Hold it until the service ends: `let _guard = ...`, not `let _ = ...`.
#[derive(Debug)]
#[must_use = "dropping the guard ends the export"]
pub struct Guard(Option<Running>);

#[derive(Debug)]
struct Running {
    intake: Arc<Intake>,
    thread: JoinHandle<()>,
}

impl Guard {
    /// Guards a thread that exports what comes through `intake`.
    pub(crate) fn new(intake: Arc<Intake>, thread: JoinHandle<()>) -> Self {
        Self(Some(Running { intake, thread }))
    }

    /// Guards nothing: the SDK is switched off.
    pub(crate) const fn disabled() -> Self {
        Self(None)
    }

    /// Sends the segments that have ended by now, and waits for that up to `timeout` (at most a day).
    ///
    /// Segments still open are not waited for. Blocks the calling thread: in async code, call it where
    /// blocking is allowed.
    pub fn flush(&self, timeout: Duration) -> FlushReport {
        self.0.as_ref().map(|running| running.intake.flush(timeout, AfterFlush::GoOn)).unwrap_or_default()
    }

    /// What became of everything so far, without waiting.
    pub fn report(&self) -> FlushReport {
        self.0.as_ref().map(|running| running.intake.report()).unwrap_or_default()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let Some(Running { intake, thread }) = self.0.take() else { return };
        // With nothing left to send the thread ends at once. If something is left, the exporter hangs or
        // its receiver is away: that must not keep the process from ending, so its thread is left behind.
        let report = intake.flush(DROP_TIMEOUT, AfterFlush::Close);
        let ends = report.pending == report.spooled || thread.is_finished();
        if ends && thread.join().is_err() {
            tracing::error!(target: "siskin_sdk", "the exporting thread has panicked");
        }
    }
}
