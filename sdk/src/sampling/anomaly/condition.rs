//! One kind of anomaly.

use std::time::Duration;

use super::Outcome;

/// Statuses have three digits.
const STATUS_MAX: u16 = 999;
const WORDS: usize = STATUS_MAX as usize / u64::BITS as usize + 1;

/// What an anomaly is good for (`usage`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AnomalyUse {
    /// For both of the others.
    #[default]
    Both,
    /// The service is told of it, so that it may raise the rate (`sampling-boost`).
    Boost,
    /// The trace is kept though it was not sampled (`anomaly-trace-capture`).
    Capture,
}

impl AnomalyUse {
    /// Whether the service is told of it.
    pub fn boosts(self) -> bool {
        matches!(self, Self::Both | Self::Boost)
    }

    /// Whether the trace may be kept.
    pub fn captures(self) -> bool {
        matches!(self, Self::Both | Self::Capture)
    }

    /// What two of them together are good for.
    pub(super) fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Both }
    }
}

/// One kind of anomaly: certain statuses, a latency, or both at once, of all or of certain operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnomalyCondition {
    /// Which statuses: looked up, as a pattern is too slow for every trace. `None` asks for none.
    statuses: Option<[u64; WORDS]>,
    high_latency: Option<Duration>,
    /// None stands for all.
    operations: Vec<String>,
    used_for: AnomalyUse,
}

impl AnomalyCondition {
    /// Traces with an HTTP status, 0 to 999, for which `is_anomaly` holds (`errorCodeRegex`). It is asked
    /// once for each, now.
    pub fn of_status(is_anomaly: impl Fn(u16) -> bool) -> Self {
        let mut statuses = [0; WORDS];
        for status in (0..=STATUS_MAX).filter(|status| is_anomaly(*status)) {
            statuses[word(status)] |= bit(status);
        }
        Self { statuses: Some(statuses), high_latency: None, operations: Vec::new(), used_for: AnomalyUse::Both }
    }

    /// Traces that take at least so long (`highLatencyMs`), whatever their status.
    pub fn of_latency(at_least: Duration) -> Self {
        Self { statuses: None, high_latency: Some(at_least), operations: Vec::new(), used_for: AnomalyUse::Both }
    }

    /// Only those of them that take at least so long.
    #[must_use]
    pub fn and_latency(self, at_least: Duration) -> Self {
        Self { high_latency: Some(at_least), ..self }
    }

    /// Only those of these operations, see [`Outcome::is_of`]; none stands for all.
    #[must_use]
    pub fn operations<T: Into<String>>(self, operations: impl IntoIterator<Item = T>) -> Self {
        Self { operations: operations.into_iter().map(Into::into).collect(), ..self }
    }

    /// What they are good for; both unless told otherwise.
    #[must_use]
    pub fn used_for(self, used_for: AnomalyUse) -> Self {
        Self { used_for, ..self }
    }

    /// What a trace that ended so is good for; `None` when the condition does not hold.
    pub(super) fn use_of(&self, outcome: &Outcome<'_>) -> Option<AnomalyUse> {
        let has_status = self.statuses.is_none_or(|statuses| {
            let status = outcome.status.filter(|status| *status <= STATUS_MAX);
            status.is_some_and(|status| statuses[word(status)] & bit(status) != 0)
        });
        let holds = has_status
            && self.high_latency.is_none_or(|latency| outcome.duration >= latency)
            && (self.operations.is_empty() || self.operations.iter().any(|operation| outcome.is_of(operation)));
        holds.then_some(self.used_for)
    }

    pub(super) fn captures(&self) -> bool {
        self.used_for.captures()
    }
}

fn word(status: u16) -> usize {
    usize::from(status) / u64::BITS as usize
}

fn bit(status: u16) -> u64 {
    1 << (u32::from(status) % u64::BITS)
}
