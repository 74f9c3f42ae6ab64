//! `GetMetricStatistics`: several statistics of one metric.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::read::{SlotSamples, read};
use crate::base::Timestamp;
use crate::service::Context;
use crate::service::cloudwatch::error::{CloudWatchError, Problems};
use crate::service::cloudwatch::metric::{
    Dimension, MetricId, check_dimensions, check_metric_name, check_namespace, check_unit,
};
use crate::service::cloudwatch::period::{Period, Slots, query_start, step_for_age};
use crate::service::cloudwatch::statistic::{Aggregate, Statistic};

/// Most datapoints of one answer.
const DATAPOINTS_MAX: usize = 1440;
/// Most extended statistics of one request.
const EXTENDED_MAX: usize = 10;

/// Input of `GetMetricStatistics`. `end_time` is exclusive.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMetricStatisticsInput {
    /// The metric's namespace.
    pub namespace: String,
    /// The metric's name.
    pub metric_name: String,
    /// All of its dimensions.
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
    /// From, rounded down by its age.
    pub start_time: Timestamp,
    /// To, exclusive.
    pub end_time: Timestamp,
    /// Seconds.
    pub period: i64,
    /// `Average` and the like.
    #[serde(default)]
    pub statistics: Vec<String>,
    /// `p99` and the like.
    #[serde(default)]
    pub extended_statistics: Vec<String>,
    /// Only data of this unit.
    pub unit: Option<String>,
}

/// Output of `GetMetricStatistics`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetMetricStatisticsOutput {
    /// The metric's name.
    pub label: String,
    /// Oldest first; of several units, one datapoint each.
    pub datapoints: Vec<Datapoint>,
}

/// The statistics of one period and unit.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Datapoint {
    /// Start of the period.
    pub timestamp: Timestamp,
    /// When asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_count: Option<f64>,
    /// When asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// When asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    /// When asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// When asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// Of the data.
    pub unit: String,
    /// Those that were asked for and can be told from the data.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub extended_statistics: BTreeMap<String, f64>,
}

/// What was asked for, checked.
#[derive(Debug)]
struct Question {
    metric: MetricId,
    unit: Option<String>,
    slots: Slots,
    statistics: Vec<Statistic>,
    extended: Vec<Statistic>,
}

/// Returns the statistics of each period that has data.
///
/// # Errors
/// `InvalidParameterValue` and `InvalidParameterCombination`, the latter also above 1,440 datapoints.
pub async fn get_metric_statistics(
    cx: &Context,
    input: GetMetricStatisticsInput,
) -> Result<GetMetricStatisticsOutput, CloudWatchError> {
    let question = parse(input, cx.now())?;
    let unit = question.unit.as_deref();
    let samples = read(&cx.store.metrics, &cx.scope, &question.metric, unit, question.slots).await?;
    let datapoints = question.answer(&samples);
    Ok(GetMetricStatisticsOutput { label: question.metric.name, datapoints })
}

fn parse(input: GetMetricStatisticsInput, now: Timestamp) -> Result<Question, CloudWatchError> {
    let mut problems = Problems::default();
    check_namespace(&input.namespace, "Namespace", &mut problems);
    check_metric_name(&input.metric_name, "MetricName", &mut problems);
    let dimensions = check_dimensions(&input.dimensions, "Dimensions", &mut problems);
    if let Some(unit) = &input.unit {
        check_unit(unit, "Unit", &mut problems);
    }
    let (statistics, extended) = parse_statistics(&input, &mut problems);
    let period = Period::for_query(input.period);
    if period.is_none() {
        problems.value(
            "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60 that is not greater than 86400."
                .to_owned(),
        );
    }
    if input.start_time >= input.end_time {
        problems.value("The parameter StartTime must be less than the parameter EndTime.".to_owned());
    }
    let step = step_for_age(input.start_time, now);
    if period.is_some_and(|period| !period.as_secs().is_multiple_of(step)) {
        problems.value(format!("The parameter Period must be a multiple of {step} for a StartTime that long ago."));
    }
    problems.into_result()?;
    let period = period.expect("an unusable period is a problem");
    let start = query_start(input.start_time, period, now);
    let slots = Slots::covering(start, input.end_time, period);
    let asked = Slots::covering(input.start_time, input.end_time, period).count;
    if asked > DATAPOINTS_MAX {
        return Err(CloudWatchError::InvalidParameterCombination(format!(
            "You have requested up to {asked} datapoints, which exceeds the limit of {DATAPOINTS_MAX}. You may reduce the \
             datapoints requested by increasing Period, or decreasing the time range."
        )));
    }
    let metric = MetricId { namespace: input.namespace, name: input.metric_name, dimensions };
    Ok(Question { metric, unit: input.unit, slots, statistics, extended })
}

fn parse_statistics(input: &GetMetricStatisticsInput, problems: &mut Problems) -> (Vec<Statistic>, Vec<Statistic>) {
    let combination = CloudWatchError::InvalidParameterCombination;
    match (input.statistics.is_empty(), input.extended_statistics.is_empty()) {
        (true, true) => problems.add(combination, "Must specify either Statistics or ExtendedStatistics".to_owned()),
        (false, false) => {
            problems.add(combination, "Must not specify both Statistics and ExtendedStatistics".to_owned());
        }
        (true, false) | (false, true) => {}
    }
    if input.statistics.len() > Statistic::SIMPLE.len() {
        problems.value("The collection Statistics must not have a size greater than 5.".to_owned());
    }
    if input.extended_statistics.len() > EXTENDED_MAX {
        problems.value(format!("The collection ExtendedStatistics must not have a size greater than {EXTENDED_MAX}."));
    }
    let mut statistics = Vec::new();
    for (index, name) in input.statistics.iter().enumerate() {
        match Statistic::parse_simple(name) {
            Some(statistic) => statistics.push(statistic),
            None => problems.value(format!(
                "The parameter Statistics.member.{} must be a value in the set [ {} ].",
                index + 1,
                Statistic::SIMPLE.join(", ")
            )),
        }
    }
    let mut extended = Vec::new();
    for name in &input.extended_statistics {
        match Statistic::parse_extended(name) {
            Some(statistic) => extended.push(statistic),
            None => problems.value(format!("The value {name} for parameter ExtendedStatistics is not supported.")),
        }
    }
    (statistics, extended)
}

impl Question {
    fn answer(&self, samples: &SlotSamples) -> Vec<Datapoint> {
        let mut datapoints = Vec::new();
        for unit in samples.units() {
            for (index, aggregate) in samples.of_unit(unit) {
                datapoints.extend(self.datapoint(unit, self.slots.start_of(index), aggregate));
            }
        }
        // Stable: units keep their order within a period.
        datapoints.sort_by_key(|datapoint| datapoint.timestamp);
        datapoints
    }

    /// `None` when none of the statistics can be told.
    fn datapoint(&self, unit: &str, timestamp: Timestamp, aggregate: &Aggregate) -> Option<Datapoint> {
        let value = |name: &str| {
            let asked = self.statistics.iter().find(|statistic| statistic.as_str() == name)?;
            aggregate.get(asked)
        };
        let extended =
            self.extended.iter().filter_map(|statistic| Some((statistic.to_string(), aggregate.get(statistic)?)));
        let datapoint = Datapoint {
            timestamp,
            sample_count: value("SampleCount"),
            average: value("Average"),
            sum: value("Sum"),
            minimum: value("Minimum"),
            maximum: value("Maximum"),
            unit: unit.to_owned(),
            extended_statistics: extended.collect(),
        };
        (!self.statistics.is_empty() || !datapoint.extended_statistics.is_empty()).then_some(datapoint)
    }
}
