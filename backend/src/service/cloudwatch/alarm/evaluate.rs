//! What an alarm decides from the datapoints of its evaluation range.
//!
//! Pure: definition, slots and state in, verdict out. Source of the rules for missing data:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>

use super::definition::{AlarmDefinition, LowSampleCount, MissingData, StateValue};
use crate::base::Timestamp;

/// Slots looked at beyond the evaluation periods. Amazon does not publish the size; the tables of its documentation
/// show five slots for three periods.
pub(super) const EXTRA_SLOTS: usize = 2;

/// One slot of the evaluation range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Slot {
    /// Where the slot starts.
    pub at: Timestamp,
    /// The statistic over its samples; `None` when there are none.
    pub datapoint: Option<Datapoint>,
}

/// A statistic and how many samples it is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Datapoint {
    /// The statistic.
    pub value: f64,
    /// The samples.
    pub sample_count: f64,
}

/// The outcome of one evaluation.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// Nothing can be said: the state stays, whatever it is.
    Keep,
    /// The data asks for this state.
    State(StateValue, Evidence),
}

/// What a verdict rests on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Evidence {
    /// The slots that were counted, oldest first: real datapoints, and missing ones that were filled in.
    pub evaluated: Vec<Slot>,
    /// How many of the evaluated slots were missing and counted as the alarm's setting says.
    pub filled: usize,
}

/// How many slots one evaluation wants to see.
pub(super) fn slots_wanted(definition: &AlarmDefinition) -> usize {
    definition.evaluation_periods() + EXTRA_SLOTS
}

/// Decides from `slots`: the evaluation range, oldest first, ending with the last complete period.
///
/// `current` matters for one case only: data that breaches throughout but is too young to raise the alarm does not
/// clear it either.
pub(super) fn evaluate(definition: &AlarmDefinition, slots: &[Slot], current: StateValue) -> Verdict {
    let wanted = definition.evaluation_periods();
    let real: Vec<Slot> = slots.iter().copied().filter(|slot| slot.datapoint.is_some()).collect();
    let newest = real.len().saturating_sub(wanted);
    let real = real.get(newest..).unwrap_or_default();
    if too_few_samples(definition, real) {
        return Verdict::Keep;
    }
    let breaching = real.iter().filter(|slot| breaches(definition, slot)).count();
    let missing = wanted - real.len();
    let enough = |breaching: usize| breaching >= definition.datapoints_to_alarm();
    let state = |alarm: bool| if alarm { StateValue::Alarm } else { StateValue::Ok };
    match (missing, definition.missing_data) {
        (0, _) => decide(state(enough(breaching)), real, 0),
        (_, MissingData::Breaching) => {
            decide(state(enough(breaching + missing)), &filled(slots, real, missing), missing)
        }
        (_, MissingData::NotBreaching) => decide(state(enough(breaching)), &filled(slots, real, missing), missing),
        (_, MissingData::Missing) if real.is_empty() => {
            decide(StateValue::InsufficientData, &filled(slots, real, missing), missing)
        }
        (_, MissingData::Ignore) if real.is_empty() => Verdict::Keep,
        (_, MissingData::Missing | MissingData::Ignore) if enough(breaching) => decide(StateValue::Alarm, real, 0),
        (_, MissingData::Missing | MissingData::Ignore) if breaching < real.len() => decide(StateValue::Ok, real, 0),
        // All that is there breaches, but there is too little of it.
        (_, MissingData::Ignore) => Verdict::Keep,
        (_, MissingData::Missing) => {
            let old_enough =
                slots.iter().rev().skip(definition.datapoints_to_alarm() - 1).any(|slot| slot.datapoint.is_some());
            decide(state(old_enough || current == StateValue::Alarm), real, 0)
        }
    }
}

fn decide(state: StateValue, evaluated: &[Slot], filled: usize) -> Verdict {
    Verdict::State(state, Evidence { evaluated: evaluated.to_vec(), filled })
}

/// The real slots and the `missing` newest of the empty ones, oldest first.
fn filled(slots: &[Slot], real: &[Slot], missing: usize) -> Vec<Slot> {
    let empty = slots.iter().rev().filter(|slot| slot.datapoint.is_none()).take(missing);
    let mut evaluated: Vec<Slot> = real.iter().chain(empty).copied().collect();
    evaluated.sort_by_key(|slot| slot.at);
    evaluated
}

/// Whether the slot's datapoint is on the wrong side of the threshold; a missing one is not.
pub(super) fn breaches(definition: &AlarmDefinition, slot: &Slot) -> bool {
    slot.datapoint.is_some_and(|datapoint| definition.comparison.holds(datapoint.value, definition.threshold))
}

/// A percentile of few samples says little; with the setting `ignore` it must not change the state.
fn too_few_samples(definition: &AlarmDefinition, evaluated: &[Slot]) -> bool {
    const SAMPLES_BEYOND_RANK_MIN: f64 = 10.0;
    let (LowSampleCount::Ignore, Some(rank)) = (definition.low_sample_count, definition.statistic.percentile()) else {
        return false;
    };
    let beyond = rank.fraction().min(1.0 - rank.fraction());
    if beyond <= 0.0 {
        // p0 and p100 are the least and the greatest sample: one is enough.
        return false;
    }
    // 10 / (1 - 0.9) is a hair above 100 in floating point.
    let needed = (SAMPLES_BEYOND_RANK_MIN / beyond - 1e-6).ceil();
    evaluated.iter().filter_map(|slot| slot.datapoint).any(|datapoint| datapoint.sample_count < needed)
}
