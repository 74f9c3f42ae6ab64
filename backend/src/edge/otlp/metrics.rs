//! Points of metrics to datapoints.
//!
//! | OTLP | becomes |
//! |---|---|
//! | gauge, sum that can fall | a value |
//! | rising sum, delta | a value: what was added |
//! | rising sum, cumulative | what was added since the series' last report |
//! | histogram, exponential histogram | a statistic set (count, sum, smallest, largest); cumulative ones as above |
//! | summary | not taken |
//!
//! The namespace is the resource's `service.namespace` and `service.name` with a `/` between, as far as they are there,
//! else `OpenTelemetry`. Dimensions are the point's attributes, the first 30 by name. Units are translated where
//! `CloudWatch` has one. Without a smallest and largest value, the bounds of the outermost buckets stand for them.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint,
};
use serde_json::Value;

use super::attributes::Attributes;
use super::cumulative::{Step, Total, Totals};
use super::handler::Rejected;
use crate::base::{Scope, Timestamp};
use crate::store::{Dimensions, MetricRow};

/// Most dimensions of a metric.
const DIMENSIONS_MAX: usize = 30;
/// Longest name of a namespace, a metric or a dimension, in characters.
const NAME_CHARS_MAX: usize = 255;
/// Longest value of a dimension, in characters.
const VALUE_CHARS_MAX: usize = 1_024;
/// How far in the future points may be.
const FUTURE_MAX: Duration = Duration::from_hours(2);
/// How old points may be.
const AGE_MAX: Duration = Duration::from_hours(14 * 24);
/// In `flags`: the point says that there is no value.
const NO_VALUE: u32 = 1;

/// The rows of a request's points, and what could not become one.
pub(super) fn rows(
    request: &ExportMetricsServiceRequest,
    scope: &Scope,
    totals: &Totals,
    now: Timestamp,
) -> (Vec<MetricRow>, Rejected) {
    let (mut rows, mut rejected) = (Vec::new(), Rejected::default());
    for resource_metrics in &request.resource_metrics {
        let resource = resource_metrics.resource.clone().unwrap_or_default();
        let resource = Attributes::new(&resource.attributes);
        let namespace = namespace(&resource);
        let identity = format!("{scope} {}", Value::Object(resource.into_map()));
        for scope_metrics in &resource_metrics.scope_metrics {
            let meter = scope_metrics.scope.as_ref().map_or("", |scope| scope.name.as_str());
            for metric in &scope_metrics.metrics {
                let identity = format!("{identity} {meter} {}", metric.name);
                let mut series =
                    Series { namespace: Arc::clone(&namespace), metric, identity, totals, now, rows: &mut rows };
                series.take(&mut rejected);
            }
        }
    }
    (rows, rejected)
}

fn namespace(resource: &Attributes) -> Arc<str> {
    let parts: Vec<&str> =
        ["service.namespace", "service.name"].iter().filter_map(|name| resource.text(name)).collect();
    let text = if parts.is_empty() { "OpenTelemetry".to_owned() } else { parts.join("/") };
    cut(text.trim_start_matches(':'), NAME_CHARS_MAX).into()
}

fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

/// One metric on its way to rows.
struct Series<'a> {
    namespace: Arc<str>,
    metric: &'a Metric,
    /// What tells its totals from those of others, without the attributes of the point.
    identity: String,
    totals: &'a Totals,
    now: Timestamp,
    rows: &'a mut Vec<MetricRow>,
}

/// What all kinds of points have.
#[derive(Clone, Copy)]
struct Point<'a> {
    attributes: &'a [KeyValue],
    start_nanos: u64,
    nanos: u64,
    flags: u32,
}

/// Values in short.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Set {
    count: f64,
    sum: f64,
    min: f64,
    max: f64,
}

impl Series<'_> {
    fn take(&mut self, rejected: &mut Rejected) {
        let cumulative = |temporality: i32| temporality == AggregationTemporality::Cumulative as i32;
        let mut add = |taken: Result<(), String>| {
            if let Err(reason) = taken {
                rejected.add(1, reason);
            }
        };
        match &self.metric.data {
            None => {}
            Some(Data::Gauge(gauge)) => gauge.data_points.iter().for_each(|point| add(self.number(point, Kind::Value))),
            Some(Data::Sum(sum)) => {
                let running = sum.is_monotonic && cumulative(sum.aggregation_temporality);
                let kind = if running { Kind::RunningTotal } else { Kind::Value };
                sum.data_points.iter().for_each(|point| add(self.number(point, kind)));
            }
            Some(Data::Histogram(histogram)) => {
                let running = cumulative(histogram.aggregation_temporality);
                let kind = if running { Kind::RunningTotal } else { Kind::Value };
                histogram.data_points.iter().for_each(|point| add(self.histogram(point, kind)));
            }
            Some(Data::ExponentialHistogram(histogram)) => {
                let running = cumulative(histogram.aggregation_temporality);
                let kind = if running { Kind::RunningTotal } else { Kind::Value };
                histogram.data_points.iter().for_each(|point| add(self.exponential(point, kind)));
            }
            Some(Data::Summary(summary)) => {
                rejected.add(
                    summary.data_points.len(),
                    format!("metric {}: summaries are not supported", self.metric.name),
                );
            }
        }
    }

    fn number(&mut self, point: &NumberDataPoint, kind: Kind) -> Result<(), String> {
        let common = Point {
            attributes: &point.attributes,
            start_nanos: point.start_time_unix_nano,
            nanos: point.time_unix_nano,
            flags: point.flags,
        };
        let value = match point.value {
            Some(Number::AsDouble(value)) => value,
            Some(Number::AsInt(value)) => value as f64,
            None => return Ok(()),
        };
        let value = match kind {
            Kind::Value => Some(value),
            Kind::RunningTotal => self.added(common, Total { sum: value, ..Total::default() })?.map(|total| total.sum),
        };
        match value {
            Some(value) => self.push(common, Set { count: 1.0, sum: value, min: value, max: value }),
            None => Ok(()),
        }
    }

    fn histogram(&mut self, point: &HistogramDataPoint, kind: Kind) -> Result<(), String> {
        let common = Point {
            attributes: &point.attributes,
            start_nanos: point.start_time_unix_nano,
            nanos: point.time_unix_nano,
            flags: point.flags,
        };
        let sum = point.sum.ok_or_else(|| format!("metric {}: a histogram without its sum", self.metric.name))?;
        let total = Total { count: point.count, sum, buckets: point.bucket_counts.clone() };
        let (total, min, max) = match kind {
            Kind::Value => (Some(total), point.min, point.max),
            // The extremes are those since the start.
            Kind::RunningTotal => (self.added(common, total)?, None, None),
        };
        let Some(total) = total.filter(|total| total.count > 0) else { return Ok(()) };
        let (lowest, highest) = outermost(&total, &point.explicit_bounds);
        self.push(common, set_of(&total, min.unwrap_or(lowest), max.unwrap_or(highest)))
    }

    fn exponential(&mut self, point: &ExponentialHistogramDataPoint, kind: Kind) -> Result<(), String> {
        let common = Point {
            attributes: &point.attributes,
            start_nanos: point.start_time_unix_nano,
            nanos: point.time_unix_nano,
            flags: point.flags,
        };
        let sum = point.sum.ok_or_else(|| format!("metric {}: a histogram without its sum", self.metric.name))?;
        // Their buckets change width from report to report: only count and sum can be subtracted.
        let total = Total { count: point.count, sum, buckets: Vec::new() };
        let (total, min, max) = match kind {
            Kind::Value => (Some(total), point.min, point.max),
            Kind::RunningTotal => (self.added(common, total)?, None, None),
        };
        let Some(total) = total.filter(|total| total.count > 0) else { return Ok(()) };
        let average = total.sum / total.count as f64;
        self.push(common, set_of(&total, min.unwrap_or(average), max.unwrap_or(average)))
    }

    /// What a running total grew by; `None` when that cannot be said yet.
    fn added(&self, point: Point<'_>, total: Total) -> Result<Option<Total>, String> {
        if point.flags & NO_VALUE != 0 {
            return Ok(None);
        }
        let attributes = Value::Object(Attributes::new(point.attributes).into_map());
        let key = format!("{} {attributes}", self.identity);
        match self.totals.report(key, timestamp(point.start_nanos), total, self.now) {
            Step::Added(total) => Ok(Some(total)),
            Step::Base => Ok(None),
            Step::Full => Err("too many cumulative series: send deltas".to_owned()),
        }
    }

    fn push(&mut self, point: Point<'_>, set: Set) -> Result<(), String> {
        if point.flags & NO_VALUE != 0 {
            return Ok(());
        }
        let name = &self.metric.name;
        if ![set.count, set.sum, set.min, set.max].iter().all(|value| value.is_finite()) {
            return Err(format!("metric {name}: a value is not a finite number"));
        }
        let at = if point.nanos == 0 { self.now } else { timestamp(point.nanos) };
        if at < self.now.minus(AGE_MAX) || at > self.now.plus(FUTURE_MAX) {
            return Err(format!("metric {name}: a point is more than 14 days old or two hours in the future"));
        }
        if name.is_empty() {
            return Err("a metric has no name".to_owned());
        }
        self.rows.push(MetricRow {
            namespace: Arc::clone(&self.namespace),
            metric_name: cut(name, NAME_CHARS_MAX).into(),
            dimensions: dimensions(point.attributes),
            unit: unit(&self.metric.unit).into(),
            at,
            storage_resolution: 60,
            count: set.count,
            sum: set.sum,
            min: set.min,
            max: set.max,
        });
        Ok(())
    }
}

/// Whether a point says what happened or what has happened since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Value,
    RunningTotal,
}

fn timestamp(nanos: u64) -> Timestamp {
    i64::try_from(nanos).map_or(Timestamp::MAX, Timestamp::from_nanos)
}

fn set_of(total: &Total, min: f64, max: f64) -> Set {
    let average = total.sum / total.count as f64;
    Set { count: total.count as f64, sum: total.sum, min: min.min(average), max: max.max(average) }
}

/// Lower bound of the first and upper bound of the last bucket that has values; the average where there is no bound.
fn outermost(total: &Total, bounds: &[f64]) -> (f64, f64) {
    let average = total.sum / total.count as f64;
    let has_values = |count: &u64| *count > 0;
    let first = total.buckets.iter().position(has_values);
    let last = total.buckets.iter().rposition(has_values);
    let lowest = first.and_then(|first| bounds.get(first.checked_sub(1)?)).copied();
    let highest = last.and_then(|last| bounds.get(last)).copied();
    (lowest.unwrap_or(average), highest.unwrap_or(average))
}

fn dimensions(attributes: &[KeyValue]) -> Dimensions {
    let attributes = Attributes::new(attributes);
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let pair = |(name, value): (&String, &Value)| (cut(name, NAME_CHARS_MAX), cut(&text(value), VALUE_CHARS_MAX));
    let pairs = attributes.iter().map(pair).filter(|(name, value)| !name.is_empty() && !value.is_empty());
    Dimensions::new(pairs.take(DIMENSIONS_MAX))
}

/// The unit of `CloudWatch` for one of UCUM.
fn unit(ucum: &str) -> &'static str {
    match ucum {
        "s" => "Seconds",
        "ms" => "Milliseconds",
        "us" => "Microseconds",
        "By" => "Bytes",
        "kBy" => "Kilobytes",
        "MBy" => "Megabytes",
        "GBy" => "Gigabytes",
        "TBy" => "Terabytes",
        "bit" => "Bits",
        "kbit" => "Kilobits",
        "Mbit" => "Megabits",
        "Gbit" => "Gigabits",
        "%" => "Percent",
        "By/s" => "Bytes/Second",
        "bit/s" => "Bits/Second",
        "1/s" => "Count/Second",
        // Annotations in braces say what is counted.
        counted if counted.starts_with('{') && counted.ends_with("}/s") => "Count/Second",
        counted if counted.starts_with('{') => "Count",
        _ => "None",
    }
}
