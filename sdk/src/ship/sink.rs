//! What takes batches on the shipping thread.

use std::fmt;
use std::time::Duration;

use super::report::LossReason;

/// A way to a receiver.
pub(crate) trait Sink<T>: Send + 'static {
    /// Brings items into the form and order in which they are sent.
    fn arrange(&mut self, _items: &mut Vec<T>) {}

    /// How many of the first items go into one request, at least one of `items`, which is not empty.
    fn batch_len(&self, items: &[T]) -> usize;

    /// Sends one batch.
    fn send(&mut self, batch: &[T]) -> Result<Delivered, SendError>;
}

/// What the receiver said of a batch it took.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Delivered {
    pub(crate) accepted: u64,
    pub(crate) lost: Vec<(LossReason, u64)>,
}

impl Delivered {
    pub(crate) fn all(count: usize) -> Self {
        Self { accepted: count as u64, lost: Vec::new() }
    }

    /// A batch of which some were not accepted; a receiver that claims to have lost more than it was
    /// sent is not believed.
    pub(crate) fn except(count: usize, lost: impl IntoIterator<Item = (LossReason, u64)>) -> Self {
        let mut delivered = Self::all(count);
        for (reason, lost) in lost {
            let lost = lost.min(delivered.accepted);
            delivered.accepted -= lost;
            if lost > 0 {
                delivered.lost.push((reason, lost));
            }
        }
        delivered
    }
}

/// Why a batch was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// Another attempt may work.
    #[error("{detail}")]
    Again { detail: String, after: Option<Duration> },
    /// No attempt will.
    #[error("{detail}")]
    Refused { detail: String },
}

impl SendError {
    pub(crate) fn again(detail: impl fmt::Display) -> Self {
        Self::Again { detail: detail.to_string(), after: None }
    }

    pub(crate) fn refused(detail: impl fmt::Display) -> Self {
        Self::Refused { detail: detail.to_string() }
    }
}
