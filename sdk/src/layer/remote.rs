//! The remote parent of the next segment that begins on a thread.

use std::cell::RefCell;

use super::thread;
use crate::propagation::TraceHeader;

thread_local! {
    static REMOTE: RefCell<Option<TraceHeader>> = const { RefCell::new(None) };
}

/// Makes `parent` the remote parent of the next segment that begins inside `open`.
pub(super) fn with<R>(parent: Option<TraceHeader>, open: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also when `open` panics.
    struct Restore(Option<TraceHeader>);
    impl Drop for Restore {
        fn drop(&mut self) {
            drop(replace(self.0.take()));
        }
    }
    let _restore = Restore(replace(parent));
    open()
}

fn replace(remote: Option<TraceHeader>) -> Option<TraceHeader> {
    let is_some = remote.is_some();
    let before = REMOTE.try_with(|place| place.replace(remote));
    thread::set_has_remote(is_some && before.is_ok());
    before.ok().flatten()
}

/// Takes the remote parent for the segment that begins now.
pub(super) fn take() -> Option<TraceHeader> {
    thread::has_remote().then(|| replace(None))?
}
