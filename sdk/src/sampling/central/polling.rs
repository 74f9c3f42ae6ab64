//! The thread that polls, in this process and in those that are forked from it.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use super::poller::{CentralRules, Poller};
use super::settings::CentralSettings;
use super::source::CentralSource;
use crate::fork;
use crate::sampling::thread::OwnedThread;

/// Keeps rules up to date.
#[derive(Debug)]
pub(in crate::sampling) struct Polling {
    rules: Arc<CentralRules>,
    settings: CentralSettings,
    /// Which process the thread belongs to; see [`fork::generation`].
    generation: AtomicU32,
    own: Mutex<Own>,
}

/// What belongs to one process.
#[derive(Debug)]
struct Own {
    _thread: OwnedThread,
    /// For a forked child.
    heir: Option<Box<dyn CentralSource>>,
}

impl Polling {
    /// Starts the thread that keeps `rules` up to date.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub(in crate::sampling) fn start(
        rules: &Arc<CentralRules>,
        source: Box<dyn CentralSource>,
        settings: CentralSettings,
    ) -> io::Result<Self> {
        fork::watch();
        let generation = fork::generation();
        let own = Own::start(rules, source, &settings)?;
        Ok(Self { rules: Arc::clone(rules), settings, generation: generation.into(), own: Mutex::new(own) })
    }

    /// Starts a thread in a forked child, where there is none as yet. Everywhere else it costs a load.
    pub(in crate::sampling) fn follow_fork(&self) {
        let generation = fork::generation();
        if self.generation.load(Ordering::Relaxed) != generation {
            self.start_again(generation);
        }
    }

    #[cold]
    fn start_again(&self, generation: u32) {
        // Nobody waits: only other threads that do the same take this lock, here or, when the process
        // forked once more just then, in its parent.
        let Ok(mut own) = self.own.try_lock() else { return };
        if self.generation.swap(generation, Ordering::Relaxed) == generation {
            return;
        }
        self.rules.forget_parent();
        let Some(source) = own.heir.take() else { return };
        match Own::start(&self.rules, source, &self.settings) {
            // The thread of the parent is not ours, not even to be detached.
            Ok(started) => std::mem::forget(std::mem::replace(&mut *own, started)),
            Err(error) => {
                tracing::warn!(target: "siskin_sdk", %error, "a forked child cannot keep its sampling rules up to date");
            }
        }
    }
}

impl Own {
    fn start(
        rules: &Arc<CentralRules>,
        source: Box<dyn CentralSource>,
        settings: &CentralSettings,
    ) -> io::Result<Self> {
        let heir = source.successor();
        let mut poller = Poller::new(Arc::clone(rules), source, settings);
        let thread = OwnedThread::start("siskin-sampling", move |signal| while signal.pause(poller.step(signal)) {})?;
        Ok(Self { _thread: thread, heir })
    }
}
