//! `PutMetricData`: datapoints in.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>

use std::sync::Arc;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::error::{CloudWatchError, Problems};
use super::metric::{Dimension, check_dimensions, check_metric_name, check_namespace, check_unit};
use super::statistic::Sample;
use crate::base::Timestamp;
use crate::service::Context;
use crate::store::{Dimensions, MetricRow};

/// Most datums of one request.
const DATUMS_MAX: usize = 1000;
/// Most entries of `Values`.
const VALUES_MAX: usize = 150;
/// How old a timestamp may be.
const AGE_MAX: Duration = Duration::from_hours(14 * 24);
/// How far in the future it may lie.
const AHEAD_MAX: Duration = Duration::from_hours(2);
/// Values lie within 2^-360 and 2^360, or are zero.
const EXPONENT_MAX: i32 = 360;

/// Input of `PutMetricData`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutMetricDataInput {
    namespace: String,
    #[serde(default)]
    metric_data: Vec<MetricDatum>,
    /// Metrics with the entity they belong to. The metrics are recorded; entities are not kept, because nothing
    /// here relates metrics by entity.
    #[serde(default)]
    entity_metric_data: Vec<EntityMetricData>,
    strict_entity_validation: Option<bool>,
}

/// Metrics of one entity.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EntityMetricData {
    #[expect(dead_code, reason = "part of the shape: see PutMetricDataInput::entity_metric_data")]
    entity: Option<IgnoredAny>,
    #[serde(default)]
    metric_data: Vec<MetricDatum>,
}

/// One datum: a value, up to 150 values with counts, or a statistic set.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MetricDatum {
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    timestamp: Option<Timestamp>,
    value: Option<f64>,
    statistic_values: Option<StatisticSet>,
    #[serde(default)]
    values: Vec<f64>,
    #[serde(default)]
    counts: Vec<f64>,
    unit: Option<String>,
    storage_resolution: Option<i64>,
}

/// A summary of values that were not sent.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StatisticSet {
    sample_count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
}

/// Output of `PutMetricData`: nothing.
#[derive(Debug, Serialize)]
pub struct PutMetricDataOutput {}

/// Records datapoints; all of them are durable when it answers, or none.
///
/// # Errors
/// `InvalidParameterValue`, `InvalidParameterCombination` or `MissingParameter` with one line per broken rule;
/// `Throttling` while the store's memory is full.
pub async fn put_metric_data(cx: &Context, input: PutMetricDataInput) -> Result<PutMetricDataOutput, CloudWatchError> {
    let rows = parse(&input, cx.now())?;
    cx.store.metrics.append(&cx.scope, rows).await?;
    Ok(PutMetricDataOutput {})
}

/// The rows of the request. Pure.
fn parse(input: &PutMetricDataInput, now: Timestamp) -> Result<Vec<MetricRow>, CloudWatchError> {
    let mut problems = Problems::default();
    check_namespace(&input.namespace, "Namespace", &mut problems);
    if input.namespace.starts_with("AWS/") {
        problems.value(format!("The value {} for parameter Namespace is invalid.", input.namespace));
    }
    if input.strict_entity_validation == Some(true) {
        problems.value("The parameter StrictEntityValidation must be false: entities are not validated.".to_owned());
    }
    let entities = input.entity_metric_data.iter().map(|entity| entity.metric_data.len());
    let datums = input.metric_data.len() + entities.sum::<usize>();
    if datums == 0 {
        problems.add(CloudWatchError::MissingParameter, "The parameter MetricData is required.".to_owned());
    }
    if datums > DATUMS_MAX {
        problems.value(format!("The collection MetricData must not have a size greater than {DATUMS_MAX}."));
        problems.into_result()?;
        return Ok(Vec::new());
    }
    let namespace: Arc<str> = input.namespace.as_str().into();
    let mut rows = Vec::with_capacity(datums);
    for (path, datum) in datums_of(input) {
        let row = DatumRow { namespace: &namespace, path: &path, now };
        row.parse(datum, &mut rows, &mut problems);
    }
    problems.into_result()?;
    Ok(rows)
}

/// Every datum with the path that errors name it by.
fn datums_of(input: &PutMetricDataInput) -> impl Iterator<Item = (String, &MetricDatum)> {
    let member = |prefix: &str, index: usize| format!("{prefix}.member.{}", index + 1);
    let plain = input.metric_data.iter().enumerate().map(move |(index, datum)| (member("MetricData", index), datum));
    let of_entities = input.entity_metric_data.iter().enumerate().flat_map(move |(index, entity)| {
        let prefix = format!("{}.MetricData", member("EntityMetricData", index));
        entity.metric_data.iter().enumerate().map(move |(index, datum)| (member(&prefix, index), datum))
    });
    plain.chain(of_entities)
}

/// What is the same for all rows of a datum.
#[derive(Debug)]
struct DatumRow<'a> {
    namespace: &'a Arc<str>,
    path: &'a str,
    now: Timestamp,
}

impl DatumRow<'_> {
    fn parse(&self, datum: &MetricDatum, rows: &mut Vec<MetricRow>, problems: &mut Problems) {
        let path = self.path;
        check_metric_name(&datum.metric_name, &format!("{path}.MetricName"), problems);
        let dimensions = check_dimensions(&datum.dimensions, &format!("{path}.Dimensions"), problems);
        let unit = datum.unit.as_deref().unwrap_or("None");
        let unit: Arc<str> = check_unit(unit, &format!("{path}.Unit"), problems).into();
        let at = self.timestamp(datum, problems);
        let storage_resolution = match datum.storage_resolution {
            None | Some(60) => 60,
            Some(1) => 1,
            Some(_) => {
                problems.value(format!("The parameter {path}.StorageResolution must be a value in the set [ 1, 60 ]."));
                60
            }
        };
        let metric_name: Arc<str> = datum.metric_name.as_str().into();
        let dimensions = Dimensions::new(dimensions);
        for sample in self.samples(datum, problems) {
            rows.push(MetricRow {
                namespace: Arc::clone(self.namespace),
                metric_name: Arc::clone(&metric_name),
                dimensions: dimensions.clone(),
                unit: Arc::clone(&unit),
                at,
                storage_resolution,
                count: sample.count,
                sum: sample.sum,
                min: sample.minimum,
                max: sample.maximum,
            });
        }
    }

    fn timestamp(&self, datum: &MetricDatum, problems: &mut Problems) -> Timestamp {
        let at = datum.timestamp.unwrap_or(self.now);
        if self.now.since(at) > AGE_MAX {
            problems
                .value(format!("The parameter {}.Timestamp must specify a time within the past two weeks.", self.path));
        }
        if at.since(self.now) > AHEAD_MAX {
            problems.value(format!(
                "The parameter {}.Timestamp must specify a time no more than two hours in the future.",
                self.path
            ));
        }
        at
    }

    fn samples(&self, datum: &MetricDatum, problems: &mut Problems) -> Vec<Sample> {
        let path = self.path;
        let given = [
            ("Value", datum.value.is_some()),
            ("Values", !datum.values.is_empty()),
            ("StatisticValues", datum.statistic_values.is_some()),
        ];
        let named: Vec<&str> = given.iter().filter(|(_, present)| *present).map(|(name, _)| *name).collect();
        if let [first, second, ..] = named[..] {
            problems.add(
                CloudWatchError::InvalidParameterCombination,
                format!("The parameters {path}.{first} and {path}.{second} are mutually exclusive and you have specified both."),
            );
            return Vec::new();
        }
        if let Some(value) = datum.value {
            self.check_value(value, "Value", problems);
            return vec![Sample::weighted(value, 1.0)];
        }
        if let Some(set) = &datum.statistic_values {
            return vec![self.statistic_set(set, problems)];
        }
        if !datum.values.is_empty() {
            return self.values(datum, problems);
        }
        problems.add(
            CloudWatchError::InvalidParameterCombination,
            format!("At least one of the parameters {path}.Value, {path}.Values and {path}.StatisticValues must be specified."),
        );
        Vec::new()
    }

    fn values(&self, datum: &MetricDatum, problems: &mut Problems) -> Vec<Sample> {
        let path = self.path;
        if datum.values.len() > VALUES_MAX {
            problems.value(format!("The collection {path}.Values must not have a size greater than {VALUES_MAX}."));
            return Vec::new();
        }
        if !datum.counts.is_empty() && datum.counts.len() != datum.values.len() {
            problems.value(format!("The parameters {path}.Values and {path}.Counts must be of the same size."));
            return Vec::new();
        }
        let mut samples = Vec::with_capacity(datum.values.len());
        for (index, &value) in datum.values.iter().enumerate() {
            let count = datum.counts.get(index).copied().unwrap_or(1.0);
            self.check_value(value, &format!("Values.member.{}", index + 1), problems);
            self.check_count(count, &format!("Counts.member.{}", index + 1), problems);
            samples.push(Sample::weighted(value, count));
        }
        samples
    }

    fn statistic_set(&self, set: &StatisticSet, problems: &mut Problems) -> Sample {
        self.check_count(set.sample_count, "StatisticValues.SampleCount", problems);
        self.check_value(set.sum, "StatisticValues.Sum", problems);
        self.check_value(set.minimum, "StatisticValues.Minimum", problems);
        self.check_value(set.maximum, "StatisticValues.Maximum", problems);
        if set.minimum > set.maximum {
            let path = self.path;
            problems.value(format!(
                "The parameter {path}.StatisticValues.Maximum must not be less than {path}.StatisticValues.Minimum."
            ));
        }
        Sample { count: set.sample_count, sum: set.sum, minimum: set.minimum, maximum: set.maximum }
    }

    fn check_value(&self, value: f64, member: &str, problems: &mut Problems) {
        let size = value.abs();
        let allowed = size == 0.0 || (2_f64.powi(-EXPONENT_MAX)..=2_f64.powi(EXPONENT_MAX)).contains(&size);
        if !allowed {
            problems.value(format!("The value {value} for parameter {}.{member} is invalid.", self.path));
        }
    }

    fn check_count(&self, count: f64, member: &str, problems: &mut Problems) {
        self.check_value(count, member, problems);
        if count <= 0.0 {
            problems.value(format!("The parameter {}.{member} must be greater than 0.", self.path));
        }
    }
}
