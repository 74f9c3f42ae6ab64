//! Threads on which scripts run: as many as scripts run at a time, kept for the next ones.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

/// A thread that has had nothing to do for so long ends.
const IDLE_MAX: Duration = Duration::from_secs(10);

type Work = Box<dyn FnOnce() + Send>;

/// Threads on which scripts run; clones are the same threads.
///
/// The runtime's own would be more of them: it starts one for each run that comes while another is about to end.
#[derive(Clone)]
pub struct Threads(Arc<Inner>);

struct Inner {
    most: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// While all threads are busy.
    waiting: VecDeque<Work>,
    /// The one that had work last at the end: its memory is still warm, and the others may end.
    idle: Vec<Arc<Place>>,
    /// Without those that are given up.
    threads: usize,
}

/// Where an idle thread finds its next work.
#[derive(Default)]
struct Place {
    work: Mutex<Option<Work>>,
    came: Condvar,
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum ThreadError {
    #[error("no thread for the script: {0}")]
    NotStarted(#[from] io::Error),
    #[error("the script's thread ended: {0}")]
    Panicked(String),
}

impl Threads {
    /// At most so many; what comes while all are busy waits for one.
    pub fn new(most: usize) -> Self {
        Self(Arc::new(Inner { most: most.max(1), state: Mutex::default() }))
    }

    /// Does the work on one of the threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ThreadError> {
        let (done, result) = oneshot::channel();
        self.start(Box::new(move || {
            let worked = catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
                ThreadError::Panicked(format!("panic: {}", text.unwrap_or("without a message")))
            });
            // Who waited for it may have given it up.
            drop(done.send(worked));
        }))?;
        result.await.unwrap_or_else(|_| Err(ThreadError::Panicked("without a result".to_owned())))
    }

    /// Lets another thread take the place of one that does not come back.
    pub(super) fn give_up_one(&self) {
        let mut state = self.0.state.lock();
        state.threads = state.threads.saturating_sub(1);
    }

    fn start(&self, work: Work) -> io::Result<()> {
        let mut state = self.0.state.lock();
        if let Some(place) = state.idle.pop() {
            drop(state);
            *place.work.lock() = Some(work);
            place.came.notify_one();
            return Ok(());
        }
        if state.threads >= self.0.most {
            state.waiting.push_back(work);
            return Ok(());
        }
        state.threads += 1;
        drop(state);
        let inner = Arc::clone(&self.0);
        let started = thread::Builder::new().name("script".to_owned()).spawn(move || inner.serve(work));
        if started.is_err() {
            self.0.state.lock().threads -= 1;
        }
        started.map(drop)
    }
}

impl Inner {
    fn serve(&self, first: Work) {
        let place = Arc::new(Place::default());
        let mut work = first;
        loop {
            work();
            let mut state = self.state.lock();
            if let Some(next) = state.waiting.pop_front() {
                work = next;
                continue;
            }
            state.idle.push(Arc::clone(&place));
            drop(state);
            let Some(next) = self.wait(&place) else { return };
            work = next;
        }
    }

    /// The next work; `None` when there was none for long, and this thread is none of the threads any more.
    fn wait(&self, place: &Arc<Place>) -> Option<Work> {
        let mut work = place.work.lock();
        while work.is_none() {
            if !place.came.wait_for(&mut work, IDLE_MAX).timed_out() || work.is_some() {
                continue;
            }
            drop(work);
            let mut state = self.state.lock();
            let idle = state.idle.len();
            state.idle.retain(|other| !Arc::ptr_eq(other, place));
            if state.idle.len() < idle {
                state.threads = state.threads.saturating_sub(1);
                return None;
            }
            // Work is just being brought.
            drop(state);
            work = place.work.lock();
        }
        work.take()
    }
}

impl fmt::Debug for Threads {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.state.lock();
        write!(out, "{} of {} threads, {} idle", state.threads, self.0.most, state.idle.len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_waits_for_a_thread_and_a_panic_ends_none() {
        let threads = Threads::new(2);
        let (go, held) = mpsc::channel::<()>();
        let holding = threads.clone();
        let holds = tokio::spawn(async move { holding.run(move || held.recv().is_ok()).await });
        let panicked = threads.run(|| -> u32 { panic!("oh {}", "no") }).await.unwrap_err();
        assert_eq!(panicked.to_string(), "the script's thread ended: panic: oh no");
        for number in 0..20 {
            assert_eq!(threads.run(move || number).await.unwrap(), number);
        }
        go.send(()).unwrap();
        assert!(holds.await.unwrap().unwrap());
        assert!(threads.0.state.lock().threads <= 2, "{threads:?}");
    }

    #[tokio::test]
    async fn a_thread_that_is_given_up_does_not_hold_the_others_up() {
        let threads = Threads::new(1);
        let (go, held) = mpsc::channel::<()>();
        let stuck = threads.clone();
        let stuck = tokio::spawn(async move { stuck.run(move || held.recv().is_ok()).await });
        while threads.0.state.lock().threads == 0 {
            tokio::task::yield_now().await;
        }
        threads.give_up_one();
        assert_eq!(threads.run(|| 7).await.unwrap(), 7);
        go.send(()).unwrap();
        stuck.await.unwrap().unwrap();
    }
}
