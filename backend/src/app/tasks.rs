//! The owner of every task: nothing runs that is not awaited at shutdown.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

/// Named tasks that all end on one cancellation.
#[derive(Debug, Default)]
pub(super) struct TaskSet {
    cancel: CancellationToken,
    tasks: JoinSet<&'static str>,
}

impl TaskSet {
    /// The token that tasks watch; cancelled by [`TaskSet::shutdown`].
    pub(super) fn cancellation(&self) -> CancellationToken {
        self.cancel.clone()
    }

    /// Starts a task that ends soon after the cancellation.
    pub(super) fn spawn<F>(&mut self, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(async move {
            task.await;
            name
        });
    }

    /// Waits until a task ends although nobody asked it to. `None` when there is no task.
    pub(super) async fn first_end(&mut self) -> Option<&'static str> {
        match self.tasks.join_next().await? {
            Ok(name) => Some(name),
            Err(failure) => {
                error!(%failure, "task failed");
                Some("a failed task")
            }
        }
    }

    /// Cancels all tasks and waits for them; those still running after `patience` are aborted and named.
    pub(super) async fn shutdown(mut self, patience: Duration) {
        self.cancel.cancel();
        let ended = async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Err(failure) = ended {
                    error!(%failure, "task failed at shutdown");
                }
            }
        };
        if tokio::time::timeout(patience, ended).await.is_err() {
            warn!(remaining = self.tasks.len(), "tasks did not end in time and were aborted");
            self.tasks.shutdown().await;
        }
    }
}
