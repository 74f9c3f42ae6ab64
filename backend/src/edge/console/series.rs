//! Datapoints of one metric, ready to be drawn.

use std::time::Duration;

use super::chart::{Line, Unit};
use super::fault::PageError;
use crate::base::Timestamp;
use crate::service::Context;
use crate::service::cloudwatch::Dimension;
use crate::service::cloudwatch::metric_query::{Datapoint, GetMetricStatisticsInput, get_metric_statistics};

/// Which values of which metric.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) namespace: &'a str,
    pub(super) metric: &'a str,
    /// All dimensions of the metric, and no others.
    pub(super) dimensions: Vec<(String, String)>,
    /// `Average`, `Sum`, `Minimum`, `Maximum`, `SampleCount` or `pNN`.
    pub(super) statistic: &'a str,
    /// Only datapoints of this unit; `None` takes the first unit there is.
    pub(super) unit: Option<String>,
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
    pub(super) period: Duration,
}

/// The line of a metric and the unit of its values; the unit is `None` when there are none.
///
/// # Errors
/// Those of `GetMetricStatistics`.
pub(super) async fn read(cx: &Context, wanted: Wanted<'_>, label: String) -> Result<(Line, Option<Unit>), PageError> {
    let simple = is_simple(wanted.statistic);
    let named = || vec![wanted.statistic.to_owned()];
    let input = GetMetricStatisticsInput {
        namespace: wanted.namespace.to_owned(),
        metric_name: wanted.metric.to_owned(),
        dimensions: wanted.dimensions.into_iter().map(|(name, value)| Dimension { name, value }).collect(),
        start_time: wanted.since,
        end_time: wanted.until,
        period: wanted.period.as_secs() as i64,
        statistics: if simple { named() } else { Vec::new() },
        extended_statistics: if simple { Vec::new() } else { named() },
        unit: wanted.unit,
    };
    let output = get_metric_statistics(cx, input).await.map_err(PageError::of)?;
    // Values of different units are not one line: the first unit stands for all.
    let unit = output.datapoints.first().map(|datapoint| datapoint.unit.clone());
    let of_unit = output.datapoints.iter().filter(|datapoint| Some(&datapoint.unit) == unit.as_ref());
    let point = |datapoint: &Datapoint| Some((datapoint.timestamp, value(datapoint, wanted.statistic)?));
    let points = of_unit.filter_map(point).collect();
    // A count of samples is a plain number, whatever was counted.
    let unit =
        unit.map(|unit| if wanted.statistic == "SampleCount" { Unit::named("None") } else { Unit::named(&unit) });
    Ok((Line { label, points }, unit))
}

fn is_simple(statistic: &str) -> bool {
    ["Average", "Sum", "Minimum", "Maximum", "SampleCount"].contains(&statistic)
}

fn value(datapoint: &Datapoint, statistic: &str) -> Option<f64> {
    match statistic {
        "Average" => datapoint.average,
        "Sum" => datapoint.sum,
        "Minimum" => datapoint.minimum,
        "Maximum" => datapoint.maximum,
        "SampleCount" => datapoint.sample_count,
        percentile => datapoint.extended_statistics.get(percentile).copied(),
    }
}
