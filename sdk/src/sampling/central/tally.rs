//! What one rule decided since it was last reported.

use std::sync::atomic::{AtomicU64, Ordering};

/// The largest count one report states: a request has one of three ends, and the service counts
/// requests in 31 bits. What is beyond goes into the next report.
const COUNT_MAX: u64 = i32::MAX as u64 / 3;

/// How a decision ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sampling) enum End {
    Dropped,
    /// By quota or rate.
    Sampled,
    Borrowed,
}

/// How the root of a trace ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sampling) enum Health {
    Healthy,
    /// Failed or slow, in a trace that was not sampled.
    Anomaly,
    /// Failed or slow, in a sampled trace.
    SampledAnomaly,
}

/// Counts without a lock. Each end adds to exactly one counter, so a report taken meanwhile has a
/// decision whole or not at all: never a sampled trace without its request.
#[derive(Debug, Default)]
pub(in crate::sampling) struct Tally {
    ends: [AtomicU64; 3],
    healths: [AtomicU64; 3],
}

/// What was taken out of a [`Tally`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Taken {
    ends: [u64; 3],
    healths: [u64; 3],
}

impl Tally {
    pub(in crate::sampling) fn end(&self, end: End) {
        self.ends[end as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(in crate::sampling) fn health(&self, health: Health) {
        self.healths[health as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Whether there is anything to report.
    pub(super) fn has_requests(&self) -> bool {
        self.ends.iter().any(|counter| counter.load(Ordering::Relaxed) > 0)
    }

    /// Whether traces have ended.
    pub(super) fn has_healths(&self) -> bool {
        self.healths.iter().any(|counter| counter.load(Ordering::Relaxed) > 0)
    }

    /// Takes what was counted so far.
    pub(super) fn take(&self) -> Taken {
        let take = |counter: &AtomicU64| {
            let count = counter.load(Ordering::Relaxed).min(COUNT_MAX);
            // Others only ever add, and one thread takes.
            counter.fetch_sub(count, Ordering::Relaxed);
            count
        };
        Taken { ends: self.ends.each_ref().map(take), healths: self.healths.each_ref().map(take) }
    }

    /// Adds back the decisions of a report that was not accepted.
    pub(super) fn restore_ends(&self, taken: &Taken) {
        for (counter, count) in self.ends.iter().zip(taken.ends) {
            counter.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Adds back what a report of anomalies that was not accepted has counted.
    pub(super) fn restore_healths(&self, taken: &Taken) {
        for (counter, count) in self.healths.iter().zip(taken.healths) {
            counter.fetch_add(count, Ordering::Relaxed);
        }
    }
}

impl Taken {
    fn ended(&self, end: End) -> u64 {
        self.ends[end as usize]
    }

    fn health(&self, health: Health) -> u64 {
        self.healths[health as usize]
    }

    pub(super) fn requests(&self) -> u64 {
        self.ends.iter().sum()
    }

    pub(super) fn sampled(&self) -> u64 {
        self.ended(End::Sampled)
    }

    pub(super) fn borrowed(&self) -> u64 {
        self.ended(End::Borrowed)
    }

    /// Roots that ended.
    pub(super) fn total(&self) -> u64 {
        self.healths.iter().sum()
    }

    /// Roots that failed or were slow, sampled or not.
    pub(super) fn anomalies(&self) -> u64 {
        self.health(Health::Anomaly) + self.health(Health::SampledAnomaly)
    }

    pub(super) fn sampled_anomalies(&self) -> u64 {
        self.health(Health::SampledAnomaly)
    }
}
