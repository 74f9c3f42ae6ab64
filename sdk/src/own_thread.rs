//! Threads of the SDK's own.
//!
//! What libraries log on them, such as a client about its connections, must not be shipped: it would
//! tell of shipping, and never end.

use std::cell::Cell;
use std::io;
use std::thread::{Builder, JoinHandle};

thread_local! {
    static OWN: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is one of the SDK's own that talk to receivers.
#[cfg(feature = "logs")]
pub(crate) fn is_own() -> bool {
    // A thread that is ending is not to begin anything either.
    OWN.try_with(Cell::get).unwrap_or(true)
}

/// Starts such a thread.
///
/// # Errors
/// When the system gives none.
pub(crate) fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(move || {
        OWN.set(true);
        body();
    })
}
