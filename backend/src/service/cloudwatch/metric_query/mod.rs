//! Datapoints out: what was recorded, cut into periods and reduced to statistics.

mod get_metric_data;
mod get_metric_statistics;
mod label;
mod list_metrics;
mod read;

pub use get_metric_data::{
    GetMetricDataInput, GetMetricDataOutput, MessageText, Metric, MetricDataQuery, MetricDataResult, MetricStat,
    get_metric_data,
};
pub use get_metric_statistics::{
    Datapoint, GetMetricStatisticsInput, GetMetricStatisticsOutput, get_metric_statistics,
};
pub use list_metrics::{DimensionFilter, ListMetricsInput, ListMetricsOutput, list_metrics};
pub use read::{SlotSamples, read};
