//! Traces that failed or were slow.

use std::time::Duration;

use super::reservoir::Reservoir;
use super::rule_set::second_of;
use crate::segment::EpochTime;

/// Statuses from here on are the service's fault.
const FAULT_STATUS_MIN: u16 = 500;

/// How the root of a trace ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome {
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// Whether it failed; a status goes before this.
    pub failed: bool,
    /// How long it took.
    pub duration: Duration,
}

/// What to do with a trace that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Whether an unsampled trace is kept nevertheless.
    pub capture: bool,
}

/// What makes a trace an anomaly, and how many of those that were not sampled are kept.
///
/// As `anomalyConditions` and `anomalyCaptureLimit` of the AWS Distro for OpenTelemetry:
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-adaptive-sampling.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnomalyConditions {
    /// Traces that take at least so long are anomalies (`highLatencyMs`); `None` unless told otherwise.
    /// Those with an HTTP status of 500 and above, or that failed without one, always are.
    pub high_latency: Option<Duration>,
    /// How many unsampled anomalies are kept each second (`anomalyTracesPerSecond`), 1 unless told
    /// otherwise.
    pub traces_per_second: u32,
}

impl Default for AnomalyConditions {
    fn default() -> Self {
        Self { high_latency: None, traces_per_second: 1 }
    }
}

impl AnomalyConditions {
    /// Whether a trace that ended so is an anomaly.
    pub fn hold(&self, outcome: &Outcome) -> bool {
        let failed = outcome.status.map_or(outcome.failed, |status| status >= FAULT_STATUS_MIN);
        failed || self.high_latency.is_some_and(|latency| outcome.duration >= latency)
    }
}

/// Keeps anomalies, up to a number each second.
#[derive(Debug)]
pub(super) struct AnomalyCapture {
    pub(super) conditions: AnomalyConditions,
    kept: Reservoir,
}

impl AnomalyCapture {
    pub(super) fn new(conditions: AnomalyConditions) -> Self {
        Self { conditions, kept: Reservoir::default() }
    }

    /// Whether one more is kept.
    pub(super) fn keeps(&self, now: EpochTime) -> bool {
        self.kept.take(self.conditions.traces_per_second, second_of(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_and_slow_traces_are_anomalies() {
        let slow = AnomalyConditions { high_latency: Some(Duration::from_millis(100)), ..AnomalyConditions::default() };
        for (status, failed, millis, by_default, when_slow) in [
            (Some(500), false, 1, true, true),
            (Some(499), true, 1, false, false),
            (None, true, 1, true, true),
            (None, false, 99, false, false),
            (Some(200), false, 100, false, true),
        ] {
            let outcome = Outcome { status, failed, duration: Duration::from_millis(millis) };
            let holds = (AnomalyConditions::default().hold(&outcome), slow.hold(&outcome));
            assert_eq!(holds, (by_default, when_slow), "{outcome:?}");
        }
    }
}
