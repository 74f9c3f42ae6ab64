//! The one place where the script's thread waits for asynchronous work.

use std::future::Future;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::failure::{Blame, HostError};

/// Work that has a deadline of its own, such as the browser's, gets this much longer to say so itself.
const GRACE: Duration = Duration::from_secs(3);

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
        let latest = self.deadline.max(Instant::now()) + GRACE;
        self.runtime.block_on(async {
            tokio::select! {
                () = self.stop.cancelled() => Err(stopped()),
                result = timeout_at(latest, work) => result.unwrap_or_else(|_| Err(self.out_of_time())),
            }
        })
    }

    fn out_of_time(&self) -> HostError {
        HostError::new(Blame::Deadline, format!("timed out after {} s", self.timeout.as_secs_f64()))
    }
}

fn stopped() -> HostError {
    HostError::new(Blame::Stopped, "the runner was stopped during the run")
}
