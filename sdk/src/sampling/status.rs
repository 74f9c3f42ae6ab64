//! What became of a sampler's rules while the service ran.

use std::sync::atomic::{AtomicU64, Ordering};

/// What became of a sampler's rules since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SamplerStatus {
    /// How often other rules came into force.
    pub rules_replaced: u64,
    /// How often a file of rules was refused or unreadable; the rules before it stayed in force.
    pub files_refused: u64,
}

/// Counts while others read.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) rules_replaced: AtomicU64,
    pub(super) files_refused: AtomicU64,
}

impl Counters {
    pub(super) fn status(&self) -> SamplerStatus {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        SamplerStatus { rules_replaced: read(&self.rules_replaced), files_refused: read(&self.files_refused) }
    }
}

/// Counts one more.
pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
