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
        let result = self.finish(work);
        match result {
            // Whatever it says: it could not do its work because the run's time was over.
            Err(error) if error.blame == Blame::Deadline && Instant::now() >= self.deadline => {
                Err(HostError::new(Blame::Deadline, format!("{}: {}", self.out_of_time().message, error.message)))
            }
            result => result,
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
