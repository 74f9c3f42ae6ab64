//! Which anomalies are kept.

use super::{AnomalyConditions, AnomalyUse, Outcome};
use crate::sampling::reservoir::Reservoir;
use crate::sampling::rule_set::second_of;
use crate::segment::EpochTime;

/// What to do with a trace that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Whether an unsampled trace is kept nevertheless.
    pub capture: bool,
}

/// Keeps anomalies, up to a number each second.
#[derive(Debug)]
pub(in crate::sampling) struct AnomalyCapture {
    conditions: AnomalyConditions,
    kept: Reservoir,
    keeps_any: bool,
}

impl AnomalyCapture {
    pub(in crate::sampling) fn new(conditions: AnomalyConditions) -> Self {
        Self { keeps_any: conditions.keep_any(), conditions, kept: Reservoir::default() }
    }

    /// What a trace that ended so is good for; `None` when it is no anomaly.
    pub(in crate::sampling) fn use_of(&self, outcome: &Outcome<'_>) -> Option<AnomalyUse> {
        self.conditions.use_of(outcome)
    }

    /// Whether traces have to be recorded because any of them may be kept.
    pub(in crate::sampling) fn keeps_any(&self) -> bool {
        self.keeps_any
    }

    /// Whether one more is kept.
    pub(in crate::sampling) fn keeps(&self, now: EpochTime) -> bool {
        self.kept.take(self.conditions.kept_per_second(), second_of(now))
    }
}
