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
    /// Central rules left out because they are malformed, for attributes, for a resource, of another
    /// version, or too many; counted at each fetch.
    pub rules_skipped: u64,
    /// Failed attempts at fetching central rules.
    pub fetches_failed: u64,
    /// Calls that brought statistics.
    pub reports_sent: u64,
    /// Calls that failed to bring statistics, all or some; these are reported again.
    pub reports_failed: u64,
    /// Targets that say what is impossible, such as a rate above 1; the one before stayed in force.
    pub targets_refused: u64,
    /// Requests that will never be reported, as the service does not know their rule any more.
    pub requests_unreported: u64,
}

/// Counts while others read.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) rules_replaced: AtomicU64,
    pub(super) files_refused: AtomicU64,
    pub(super) rules_skipped: AtomicU64,
    pub(super) fetches_failed: AtomicU64,
    pub(super) reports_sent: AtomicU64,
    pub(super) reports_failed: AtomicU64,
    pub(super) targets_refused: AtomicU64,
    pub(super) requests_unreported: AtomicU64,
}

impl Counters {
    pub(super) fn status(&self) -> SamplerStatus {
        // Who reads a count finds what was counted before it.
        let read = |counter: &AtomicU64| counter.load(Ordering::Acquire);
        SamplerStatus {
            rules_replaced: read(&self.rules_replaced),
            files_refused: read(&self.files_refused),
            rules_skipped: read(&self.rules_skipped),
            fetches_failed: read(&self.fetches_failed),
            reports_sent: read(&self.reports_sent),
            reports_failed: read(&self.reports_failed),
            targets_refused: read(&self.targets_refused),
            requests_unreported: read(&self.requests_unreported),
        }
    }
}

/// Counts one more.
pub(super) fn count(counter: &AtomicU64) {
    add(counter, 1);
}

pub(super) fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Release);
}
