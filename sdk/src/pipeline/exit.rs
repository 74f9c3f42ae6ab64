//! `std::process::exit` runs no destructors: what waits then is flushed by a handler of the C
//! library's `exit`. A process that is killed or aborts has no such moment.

use std::cell::Cell;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::queue::{AfterFlush, Intake};
use crate::lock::Mutex;

/// How long an exit is held up at most, for each pipeline.
const EXIT_TIMEOUT: Duration = Duration::from_secs(2);

/// Every pipeline that is still there; one for each layer ever made, less those that are gone.
static INTAKES: Mutex<Vec<Weak<Intake>>> = Mutex::new(Vec::new());

thread_local! {
    // Without destructor, so that it can be read while a thread or the process ends.
    static IS_EXPORTING: Cell<bool> = const { Cell::new(false) };
}

/// Marks the calling thread as one that exports, and so cannot wait for itself.
pub(super) fn mark_exporting_thread() {
    IS_EXPORTING.set(true);
}

/// Flushes `intake` when the process exits, unless it is closed by then.
pub(super) fn flush_at_exit(intake: &Arc<Intake>) {
    {
        let mut intakes = INTAKES.lock();
        intakes.retain(|intake| intake.strong_count() > 0);
        intakes.push(Arc::downgrade(intake));
    }
    #[cfg(unix)]
    {
        use std::sync::Once;
        static REGISTER: Once = Once::new();
        REGISTER.call_once(|| {
            // SAFETY: the handler is a static function that does not unwind: it takes a lock without
            // waiting, and waits on a condition with a deadline.
            #[expect(unsafe_code, reason = "the standard library has no door to exit handlers")]
            let refused = unsafe { libc::atexit(at_exit) };
            if refused != 0 {
                tracing::warn!(target: "siskin_sdk", "segments that wait at process::exit will be lost");
            }
        });
    }
}

#[cfg(unix)]
extern "C" fn at_exit() {
    if IS_EXPORTING.get() {
        return;
    }
    // Another thread may hold the lock, and in a forked child for ever.
    let Some(intakes) = INTAKES.try_lock().map(|intakes| intakes.clone()) else { return };
    for intake in intakes.iter().filter_map(Weak::upgrade) {
        intake.flush(EXIT_TIMEOUT, AfterFlush::Close);
    }
}
