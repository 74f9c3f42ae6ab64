//! An alarm at rest: what it watches, what it does, and the state it is in.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{Arn, Scope, Timestamp};
use crate::service::cloudwatch::metric::MetricId;
use crate::service::cloudwatch::period::Period;
use crate::service::cloudwatch::statistic::Statistic;
use crate::store::Document;

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StateValue {
    /// The metric is on the right side of the threshold.
    Ok,
    /// It is on the wrong one.
    Alarm,
    /// Not enough data to tell.
    InsufficientData,
}

impl StateValue {
    /// In the order in which AWS lists them in its errors.
    pub const ALL: [Self; 3] = [Self::InsufficientData, Self::Alarm, Self::Ok];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    /// `None` unless `text` is one of the three names.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

impl fmt::Display for StateValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// On which side of the threshold a datapoint breaches.
#[expect(clippy::enum_variant_names, reason = "the names are AWS's")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `>=`
    GreaterThanOrEqualToThreshold,
    /// `>`
    GreaterThanThreshold,
    /// `<`
    LessThanThreshold,
    /// `<=`
    LessThanOrEqualToThreshold,
}

impl Comparison {
    /// All, in the model's order.
    pub const ALL: [Self; 4] = [
        Self::GreaterThanOrEqualToThreshold,
        Self::GreaterThanThreshold,
        Self::LessThanThreshold,
        Self::LessThanOrEqualToThreshold,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GreaterThanOrEqualToThreshold => "GreaterThanOrEqualToThreshold",
            Self::GreaterThanThreshold => "GreaterThanThreshold",
            Self::LessThanThreshold => "LessThanThreshold",
            Self::LessThanOrEqualToThreshold => "LessThanOrEqualToThreshold",
        }
    }

    /// `None` unless `text` is one of the names.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|comparison| comparison.as_str() == text)
    }

    /// Whether `value` breaches `threshold`.
    pub fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterThanOrEqualToThreshold => value >= threshold,
            Self::GreaterThanThreshold => value > threshold,
            Self::LessThanThreshold => value < threshold,
            Self::LessThanOrEqualToThreshold => value <= threshold,
        }
    }

    /// As in "was greater than the threshold".
    pub const fn words(self) -> &'static str {
        match self {
            Self::GreaterThanOrEqualToThreshold => "greater than or equal to",
            Self::GreaterThanThreshold => "greater than",
            Self::LessThanThreshold => "less than",
            Self::LessThanOrEqualToThreshold => "less than or equal to",
        }
    }
}

/// What periods without data count as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingData {
    /// As neither; an alarm without any data does not know its state.
    #[default]
    Missing,
    /// As breaching.
    Breaching,
    /// As not breaching.
    NotBreaching,
    /// As neither; an alarm without enough data keeps its state.
    Ignore,
}

impl MissingData {
    /// In the order in which AWS lists them in its errors.
    pub const ALL: [Self; 4] = [Self::Breaching, Self::NotBreaching, Self::Ignore, Self::Missing];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Breaching => "breaching",
            Self::NotBreaching => "notBreaching",
            Self::Ignore => "ignore",
        }
    }

    /// `None` unless `text` is one of the names.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.as_str() == text)
    }
}

/// What a percentile of too few samples does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LowSampleCount {
    /// It is evaluated like any other.
    #[default]
    Evaluate,
    /// It never changes the state.
    Ignore,
}

impl LowSampleCount {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Evaluate => "evaluate",
            Self::Ignore => "ignore",
        }
    }
}

/// What an alarm watches and when it fires.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmDefinition {
    /// The metric.
    pub metric: MetricId,
    /// Only data of this unit; without it, of the first unit there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What each period is reduced to.
    pub statistic: Statistic,
    /// The length of a period.
    pub period: Period,
    /// How many periods are looked at (N); at least 1.
    pub evaluation_periods: u32,
    /// How many of them have to breach (M), when set: 1 to N.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datapoints_to_alarm: Option<u32>,
    /// What datapoints are compared with.
    pub threshold: f64,
    /// How.
    pub comparison: Comparison,
    /// What periods without data count as.
    pub missing_data: MissingData,
    /// Whether the client named `missing_data` or left it to the default: shown in answers only when it did.
    pub missing_data_named: bool,
    /// What percentiles of few samples do.
    pub low_sample_count: LowSampleCount,
    /// Whether the client named `low_sample_count`.
    pub low_sample_count_named: bool,
}

impl AlarmDefinition {
    /// N, at least 1.
    pub fn evaluation_periods(&self) -> usize {
        self.evaluation_periods.max(1) as usize
    }

    /// M, from 1 to N.
    pub fn datapoints_to_alarm(&self) -> usize {
        let all = self.evaluation_periods();
        self.datapoints_to_alarm.map_or(all, |wanted| wanted as usize).clamp(1, all)
    }
}

/// What an alarm does when its state changes, and whether it does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmActions {
    /// Off: the state changes, nothing is done.
    pub enabled: bool,
    /// When it becomes OK.
    pub ok: Vec<String>,
    /// When it becomes ALARM.
    pub alarm: Vec<String>,
    /// When it becomes `INSUFFICIENT_DATA`.
    pub insufficient_data: Vec<String>,
}

impl AlarmActions {
    /// The actions for a change to `state`, whether or not actions are enabled.
    pub fn on(&self, state: StateValue) -> &[String] {
        match state {
            StateValue::Ok => &self.ok,
            StateValue::Alarm => &self.alarm,
            StateValue::InsufficientData => &self.insufficient_data,
        }
    }

    /// All of them, for filters.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.ok.iter().chain(&self.alarm).chain(&self.insufficient_data)
    }
}

/// A state, why, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlarmState {
    /// Which.
    pub value: StateValue,
    /// Why, in words.
    pub reason: String,
    /// Why, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_json: Option<String>,
    /// When the value or the reason was last written.
    pub updated_at: Timestamp,
    /// When the value last changed.
    pub transitioned_at: Timestamp,
}

impl AlarmState {
    /// That of a new alarm.
    pub fn initial(now: Timestamp) -> Self {
        Self {
            value: StateValue::InsufficientData,
            reason: "Unchecked: Initial alarm creation".to_owned(),
            reason_json: None,
            updated_at: now,
            transitioned_at: now,
        }
    }
}

/// A metric alarm at rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alarm {
    /// Unique in its scope.
    pub name: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it watches.
    pub definition: AlarmDefinition,
    /// What it does.
    pub actions: AlarmActions,
    /// When name, description, definition or actions last changed.
    pub configured_at: Timestamp,
    /// What it last decided, or was told.
    pub state: AlarmState,
    /// Tags of the resource.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

impl Alarm {
    /// `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`.
    pub fn arn(name: &str, scope: &Scope) -> Arn {
        Arn::new("cloudwatch", scope, format!("alarm:{name}"))
    }
}

impl Document for Alarm {
    const KIND: &'static str = "cloudwatch.alarm";

    fn key(&self) -> String {
        self.name.clone()
    }
}
