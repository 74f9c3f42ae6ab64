//! What makes a trace an anomaly.

use super::{AnomalyCondition, AnomalyUse, Outcome};

/// Statuses from here on are the service's fault.
const FAULT_STATUS_MIN: u16 = 500;
/// How many unsampled anomalies are kept each second unless told otherwise.
const TRACES_PER_SECOND: u32 = 1;

/// What makes a trace an anomaly, and how many of those that were not sampled are kept.
///
/// As `anomalyConditions` and `anomalyCaptureLimit` of the AWS Distro for OpenTelemetry:
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-adaptive-sampling.html>
///
/// ```
/// use std::time::Duration;
///
/// use siskin_sdk::sampling::{AnomalyCondition, AnomalyConditions, AnomalyUse, Sampler};
///
/// let conditions = AnomalyConditions::new([
///     AnomalyCondition::of_status(|status| status == 429 || status >= 500),
///     AnomalyCondition::of_latency(Duration::from_millis(800)).operations(["POST /orders"]).used_for(AnomalyUse::Capture),
/// ]);
/// let sampler = Sampler::default().capture_anomalies(conditions.traces_per_second(5));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnomalyConditions {
    /// `None` stands for the usual one.
    conditions: Option<Vec<AnomalyCondition>>,
    traces_per_second: u32,
}

impl Default for AnomalyConditions {
    /// Traces whose HTTP status is 500 or above, or that failed without one; one a second is kept.
    fn default() -> Self {
        Self { conditions: None, traces_per_second: TRACES_PER_SECOND }
    }
}

impl AnomalyConditions {
    /// Traces for which any of `conditions` holds, and no others; one a second is kept.
    pub fn new(conditions: impl IntoIterator<Item = AnomalyCondition>) -> Self {
        Self { conditions: Some(conditions.into_iter().collect()), ..Self::default() }
    }

    /// How many unsampled anomalies are kept each second (`anomalyTracesPerSecond`).
    #[must_use]
    pub fn traces_per_second(self, traces_per_second: u32) -> Self {
        Self { traces_per_second, ..self }
    }

    /// What a trace that ended so is good for; `None` when it is no anomaly.
    pub fn use_of(&self, outcome: &Outcome<'_>) -> Option<AnomalyUse> {
        let Some(conditions) = &self.conditions else {
            let failed = outcome.status.map_or(outcome.failed, |status| status >= FAULT_STATUS_MIN);
            return failed.then_some(AnomalyUse::Both);
        };
        conditions.iter().filter_map(|condition| condition.use_of(outcome)).reduce(AnomalyUse::and)
    }

    /// How many unsampled anomalies are kept each second at most.
    pub(super) fn kept_per_second(&self) -> u32 {
        self.traces_per_second
    }

    /// Whether any trace at all may be kept.
    pub(super) fn keep_any(&self) -> bool {
        self.traces_per_second > 0
            && self.conditions.as_ref().is_none_or(|conditions| conditions.iter().any(AnomalyCondition::captures))
    }
}
