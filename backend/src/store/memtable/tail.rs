//! Following a table: every appended batch, as soon as it is durable and visible.

use std::sync::Arc;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use crate::base::Scope;
use crate::store::limits::TAIL_QUEUE_MAX;

/// Rows that were appended together.
#[derive(Clone, Debug)]
pub struct Appended<R> {
    /// Whose rows.
    pub scope: Scope,
    /// The rows, as they were given, with their ids.
    pub rows: Arc<[R]>,
}

/// Receives what is appended to a table from now on.
///
/// It may lag [`TAIL_QUEUE_MAX`] batches behind; then the oldest are lost and counted.
#[derive(Debug)]
pub struct Tail<R> {
    receiver: broadcast::Receiver<Appended<R>>,
    lost: u64,
}

impl<R: Clone> Tail<R> {
    /// The next batch; `None` when the store is gone.
    pub async fn recv(&mut self) -> Option<Appended<R>> {
        loop {
            match self.receiver.recv().await {
                Ok(appended) => return Some(appended),
                Err(RecvError::Closed) => return None,
                Err(RecvError::Lagged(batches)) => {
                    self.lost += batches;
                    tracing::warn!(batches, "a subscriber lags behind, batches are lost to it");
                }
            }
        }
    }

    /// Batches lost by lagging behind.
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

/// The sending end, owned by the table.
#[derive(Clone, Debug)]
pub(crate) struct TailSender<R>(broadcast::Sender<Appended<R>>);

impl<R: Clone> TailSender<R> {
    pub(crate) fn new() -> Self {
        Self(broadcast::Sender::new(TAIL_QUEUE_MAX))
    }

    pub(crate) fn send(&self, scope: &Scope, rows: Arc<[R]>) {
        // An error says that nobody listens.
        drop(self.0.send(Appended { scope: scope.clone(), rows }));
    }

    pub(crate) fn subscribe(&self) -> Tail<R> {
        Tail { receiver: self.0.subscribe(), lost: 0 }
    }
}
