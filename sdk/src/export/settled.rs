//! What became of documents.

use crate::{DropReason, Dropped};

/// What became of documents an exporter had taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settled {
    /// Documents that were sent, since it was asked last; written, where the receiver is a file.
    pub sent: u64,
    /// Documents that were lost, since it was asked last, by reason.
    pub dropped: Dropped,
    /// Documents it has in memory now.
    pub kept: u64,
    /// Documents it has on disk now.
    pub spooled: u64,
}

impl Settled {
    /// Adds `count` documents lost for `reason`.
    pub fn drop_many(&mut self, reason: DropReason, count: u64) {
        self.dropped.add(reason, count);
    }
}
