//! Whether the process has forked.
//!
//! A forked child has only the thread that forked: no exporting thread, and whatever locks other
//! threads held stay locked for ever. So a child leaves the pipeline of its parent alone and begins
//! one of its own, and so with what else has a thread. Asking the system for the process's id at each segment would cost a system call;
//! a handler that counts forks costs one load.

use std::sync::atomic::{AtomicU32, Ordering};

static FORKS: AtomicU32 = AtomicU32::new(0);

/// How many forks lie between this process and the one that called [`watch`] first.
pub(crate) fn generation() -> u32 {
    FORKS.load(Ordering::Relaxed)
}

/// Begins to count. Children made by a bare `clone` system call go unnoticed, as they do everywhere
/// in the C library.
pub(crate) fn watch() {
    #[cfg(unix)]
    {
        use std::sync::Once;
        static WATCH: Once = Once::new();
        WATCH.call_once(|| {
            // SAFETY: the handler is a static function that only adds to an atomic, which is allowed
            // between fork and exec.
            #[expect(unsafe_code, reason = "the standard library has no door to fork handlers")]
            let refused = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
            if refused != 0 {
                let error = std::io::Error::from_raw_os_error(refused);
                tracing::warn!(target: "siskin_sdk", %error, "forks go unnoticed: forked children export nothing");
            }
        });
    }
}

#[cfg(unix)]
extern "C" fn in_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}
