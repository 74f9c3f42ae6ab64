//! What the service grants one instance for one rule.

use std::time::Duration;

use crate::sampling::Rule;
use crate::segment::EpochTime;

/// How often a rule is reported unless its target says otherwise.
pub(super) const INTERVAL_DEFAULT: Duration = Duration::from_secs(10);

/// A rate that goes before the rule's own, until a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::sampling) struct Boost {
    pub(super) rate: f64,
    pub(super) until: EpochTime,
}

/// The last word of the service on one rule.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sampling) struct Target {
    pub(super) fixed_rate: f64,
    /// Traces this instance may take each second, and until when. The service may say either alone.
    pub(super) quota: Option<u32>,
    pub(super) quota_until: Option<EpochTime>,
    pub(super) boost: Option<Boost>,
    pub(super) interval: Duration,
    /// When the service was last told of the rule; monotonic nanoseconds.
    pub(super) reported_ns: Option<u64>,
}

/// Where a trace may come from before the rate is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sampling) enum Reserve {
    /// Up to so many each second.
    Quota(u32),
    /// One each second.
    Borrow,
    /// Nothing.
    None,
}

impl Target {
    /// What holds for a new rule until the service has said more.
    pub(super) fn of(rule: &Rule) -> Self {
        Self {
            fixed_rate: rule.fixed_rate,
            quota: None,
            quota_until: None,
            boost: None,
            interval: INTERVAL_DEFAULT,
            reported_ns: None,
        }
    }

    /// Where a trace of `rule` may come from: the quota while it lasts, else what is borrowed.
    pub(in crate::sampling) fn reserve(&self, rule: &Rule, now: EpochTime) -> Reserve {
        match self.quota.zip(self.quota_until) {
            Some((quota, until)) if now < until => Reserve::Quota(quota),
            _ if rule.reservoir_size > 0 => Reserve::Borrow,
            _ => Reserve::None,
        }
    }

    /// The share of the rest: a boost only ever raises it.
    pub(in crate::sampling) fn rate(&self, now: EpochTime) -> f64 {
        match self.boost {
            Some(boost) if now < boost.until && boost.rate >= self.fixed_rate => boost.rate,
            _ => self.fixed_rate,
        }
    }

    /// Whether the rule's interval has passed.
    pub(super) fn is_due(&self, mono_ns: u64) -> bool {
        self.reported_ns.is_none_or(|reported| u128::from(mono_ns.saturating_sub(reported)) >= self.interval.as_nanos())
    }
}
