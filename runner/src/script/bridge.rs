//! The one place where the script's thread waits for asynchronous work.

use std::cell::RefCell;
use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::failure::{Blame, HostError};

/// Work that has a deadline of its own, such as the browser's, gets this much longer to say so itself.
const GRACE: Duration = Duration::from_secs(3);

/// Connections that are no longer used close within so many turns, unless their other side does not answer.
const TURNS_TO_CLOSE: usize = 16;

thread_local! {
    /// What the connections of this thread's runs are driven by. An answer wakes the thread that waits for it, instead of
    /// a worker of the program's runtime that then wakes the thread.
    static OWN: RefCell<Option<Runtime>> = const { RefCell::new(None) };
}

/// Waits on behalf of a script, but no longer than its run may take.
#[derive(Debug)]
pub(super) struct Bridge {
    runtime: Handle,
    deadline: Instant,
    timeout: Duration,
    stop: CancellationToken,
}

impl Bridge {
    pub(super) fn new(runtime: Handle, deadline: Instant, timeout: Duration, stop: CancellationToken) -> Self {
        Self { runtime, deadline, timeout, stop }
    }

    /// The program's own.
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// When the run's time is over.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// The earlier of the run's end and `wait` from now.
    pub(super) fn within(&self, wait: Duration) -> Instant {
        self.deadline.min(Instant::now() + wait)
    }

    /// Whether the script has to end now.
    pub(super) fn ended(&self) -> Option<HostError> {
        if self.stop.is_cancelled() {
            Some(stopped())
        } else if Instant::now() >= self.deadline {
            Some(self.out_of_time())
        } else {
            None
        }
    }

    /// Waits for `work`, which has to look at the deadline itself; when it does not, it is dropped a little later.
    pub(super) fn wait<T>(&self, work: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
        if let Some(error) = self.ended() {
            return Err(error);
        }
        self.finish(work).map_err(|error| self.judged(error))
    }

    /// As [`Bridge::wait`], for work whose connections nobody needs after the script: the script's thread drives them.
    pub(super) fn wait_here<T>(&self, work: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
        if let Some(error) = self.ended() {
            return Err(error);
        }
        let limited = self.limited(work);
        let done = OWN.with_borrow_mut(|own| {
            let runtime = match own.take() {
                Some(runtime) => runtime,
                None => Builder::new_current_thread().enable_all().build()?,
            };
            Ok(own.insert(runtime).block_on(limited))
        });
        let trouble = |error: io::Error| HostError::new(Blame::Infrastructure, format!("no connections: {error}"));
        done.map_err(trouble)?.map_err(|error| self.judged(error))
    }

    /// The error as it is to be seen: what fails because the run's time is over is a matter of time.
    pub(super) fn judged(&self, error: HostError) -> HostError {
        let is_over = Instant::now() >= self.deadline;
        match error.blame {
            Blame::Check | Blame::Deadline if is_over => {
                let over = self.out_of_time().message;
                let message = if error.message == over { over } else { format!("{over}: {}", error.message) };
                HostError::new(Blame::Deadline, message)
            }
            // The time for one command was over, not the run's.
            Blame::Deadline => HostError::new(Blame::Check, error.message),
            Blame::Check | Blame::Script | Blame::Infrastructure | Blame::Stopped => error,
        }
    }

    /// As [`Bridge::wait`], but also after the deadline: for evidence.
    pub(super) fn finish<T>(&self, work: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
        self.runtime.block_on(self.limited(work))
    }

    async fn limited<T>(&self, work: impl Future<Output = Result<T, HostError>>) -> Result<T, HostError> {
        let latest = self.deadline.max(Instant::now()) + GRACE;
        tokio::select! {
            () = self.stop.cancelled() => Err(stopped()),
            result = timeout_at(latest, work) => result.unwrap_or_else(|_| Err(self.out_of_time())),
        }
    }

    fn out_of_time(&self) -> HostError {
        HostError::new(Blame::Deadline, format!("timed out after {} s", self.timeout.as_secs_f64()))
    }
}

/// Closes the connections that this thread's runs have left.
pub(super) fn close_connections() {
    OWN.with_borrow_mut(|own| {
        let Some(runtime) = own else { return };
        let tasks = runtime.metrics();
        runtime.block_on(async {
            for _ in 0..TURNS_TO_CLOSE {
                if tasks.num_alive_tasks() == 0 {
                    return;
                }
                tokio::task::yield_now().await;
            }
        });
        if tasks.num_alive_tasks() > 0 {
            // They end with their runtime; the next run makes another.
            *own = None;
        }
    });
}

fn stopped() -> HostError {
    HostError::new(Blame::Stopped, "the runner was stopped during the run")
}
