//! Ways to a receiver that answers.

use std::time::Duration;

use super::{Batch, Format};
use crate::DropReason;
use crate::pipeline::Dropped;

/// Brings documents to a receiver and waits for its answer; an [`Outbox`](super::Outbox) does the
/// waiting, the batching and the trying again.
///
/// It is called on a thread of its outbox only, and may block there; each attempt has to end some
/// time.
pub trait Transport: Send + 'static {
    /// The form documents are wanted in.
    fn format(&self) -> Format {
        Format::XRay
    }

    /// The largest document that can be taken, in bytes; it may shrink.
    fn document_bytes_max(&self) -> usize {
        crate::segment::limits::DOCUMENT_BYTES_MAX
    }

    /// How much is sent at once.
    fn batch_max(&self) -> BatchMax;

    /// Sends the documents of `batch`, which has at least one.
    fn deliver(&mut self, batch: &Batch) -> Delivery;

    /// A transport like this one, that shares no connection with it, for a forked child.
    fn successor(&self) -> Option<Box<dyn Transport>>;
}

/// How much is sent at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchMax {
    /// Documents, at least 1.
    pub documents: usize,
    /// Bytes of all documents; a single document may have more.
    pub bytes: usize,
    /// How long a document waits for company.
    pub linger: Duration,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// How many documents, counted from the first, are settled; those in `dropped` among them.
    pub done: usize,
    /// Those of the settled ones that were lost; see [`Delivery::drop_many`].
    pub dropped: Dropped,
    /// Spans that were not taken, out of documents that were.
    pub spans_rejected: u64,
    /// What is to be done with the rest.
    pub rest: Rest,
}

/// What is to be done with documents that are not settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// There are none.
    None,
    /// Nobody is there, or is too busy: they are kept, and tried again as long as it takes.
    Away {
        /// The receiver's own wish, as `Retry-After` expresses it.
        after: Option<Duration>,
        /// What is known of it.
        error: String,
    },
    /// The receiver failed over them: they are tried again a few times.
    Failed {
        /// What is known of it.
        error: String,
    },
    /// The receiver does not want them.
    Refused {
        /// How they are counted.
        reason: DropReason,
        /// What is known of it.
        error: String,
    },
    /// They are too large together: they are tried again in halves.
    TooLarge,
}

impl Delivery {
    /// All of `count` documents were sent.
    pub fn sent(count: usize) -> Self {
        Self { done: count, dropped: Dropped::default(), spans_rejected: 0, rest: Rest::None }
    }

    /// Counts `count` of the settled documents as lost for `reason`.
    pub fn drop_many(&mut self, reason: DropReason, count: u64) {
        self.dropped.add(reason, count);
    }

    /// None was settled.
    pub fn unsettled(rest: Rest) -> Self {
        Self { done: 0, dropped: Dropped::default(), spans_rejected: 0, rest }
    }
}
