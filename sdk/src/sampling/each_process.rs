//! A thread that a process and its forked children have one each of.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use super::thread::OwnedThread;
use crate::fork;
use crate::lock::Mutex;

/// Starts the thread in the process that made it, and again in each forked child when that asks for it.
pub(super) struct EachProcess {
    /// Which process the thread belongs to; see [`fork::generation`].
    generation: AtomicU32,
    own: Mutex<Own>,
}

type Start = Box<dyn FnMut(Process) -> io::Result<Option<OwnedThread>> + Send>;

struct Own {
    thread: Option<OwnedThread>,
    start: Start,
}

/// Where a thread is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    First,
    ForkedChild,
}

impl EachProcess {
    /// Starts the thread by `start`, which is kept for forked children, and may have none for them.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(
        mut start: impl FnMut(Process) -> io::Result<Option<OwnedThread>> + Send + 'static,
    ) -> io::Result<Self> {
        fork::watch();
        let generation = fork::generation();
        let thread = start(Process::First)?;
        Ok(Self { generation: generation.into(), own: Mutex::new(Own { thread, start: Box::new(start) }) })
    }

    /// Starts the thread in a forked child, where there is none as yet. Everywhere else it costs a load.
    #[inline]
    pub(super) fn follow_fork(&self) {
        let generation = fork::generation();
        if self.generation.load(Ordering::Relaxed) != generation {
            self.start_again(generation);
        }
    }

    #[cold]
    fn start_again(&self, generation: u32) {
        // Nobody waits: only other threads that do the same take this lock, here or, when the process
        // forked once more just then, in its parent.
        let Some(mut own) = self.own.try_lock() else { return };
        if self.generation.swap(generation, Ordering::Relaxed) == generation {
            return;
        }
        match (own.start)(Process::ForkedChild) {
            // The thread of the parent is not ours, not even to be detached.
            Ok(started) => std::mem::forget(std::mem::replace(&mut own.thread, started)),
            Err(error) => {
                tracing::warn!(target: "siskin_sdk", %error, "a forked child cannot keep its sampling rules up to date");
            }
        }
    }
}

impl fmt::Debug for EachProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EachProcess").field("generation", &self.generation).finish_non_exhaustive()
    }
}
