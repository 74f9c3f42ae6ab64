//! A thread that ends with its owner.

use std::io;
use std::sync::{Arc, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::lock::{Condvar, Mutex};
use crate::own_thread;

/// How long the owner waits for its thread to end; one that is still waiting for an answer then is
/// left behind, and ends by itself.
const JOIN_TIMEOUT: Duration = Duration::from_secs(3);

/// Tells a thread to stop, and its owner that it has.
#[derive(Debug, Default)]
pub(super) struct Signal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopping: bool,
    ended: bool,
}

impl Signal {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// Waits for `pause`, or until told to stop; returns whether to go on.
    pub(super) fn pause(&self, pause: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.state(), pause, |state| !state.stopping);
        !waited.stopping
    }

    /// Whether the thread is to stop.
    pub(super) fn is_stopping(&self) -> bool {
        self.state().stopping
    }
}

/// Marks the end even where the thread panics.
struct Ending(Arc<Signal>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.state().ended = true;
        self.0.changed.notify_all();
    }
}

/// The owner of a thread.
#[derive(Debug)]
pub(super) struct OwnedThread {
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
    /// A forked child owns no thread.
    process: u32,
}

impl OwnedThread {
    /// Starts a thread that runs `body` until its signal says stop.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(super) fn start(name: &str, body: impl FnOnce(&Signal) + Send + 'static) -> io::Result<Self> {
        let signal = Arc::new(Signal::default());
        let ending = Ending(Arc::clone(&signal));
        let thread = own_thread::spawn(name, move || body(&ending.0))?;
        Ok(Self { signal, thread: Some(thread), process: std::process::id() })
    }
}

impl Drop for OwnedThread {
    fn drop(&mut self) {
        if std::process::id() != self.process {
            return;
        }
        let mut state = self.signal.state();
        state.stopping = true;
        self.signal.changed.notify_all();
        let waited = self.signal.changed.wait_timeout_while(state, JOIN_TIMEOUT, |state| !state.ended);
        let ended = waited.ended;
        if let Some(thread) = self.thread.take().filter(|_| ended)
            && thread.join().is_err()
        {
            tracing::error!(target: "siskin_sdk", "a sampling thread has panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn the_thread_ends_with_its_owner() {
        let (sender, receiver) = mpsc::channel();
        let thread = OwnedThread::start("test", move |signal| {
            while signal.pause(Duration::from_hours(1)) {}
            sender.send(signal.is_stopping()).unwrap();
        });
        drop(thread.unwrap());
        assert_eq!(receiver.try_recv(), Ok(true));
    }
}
