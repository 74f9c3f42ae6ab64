//! Amazon CloudWatch: metrics and alarms.

pub mod alarm;
mod error;
mod metric;
mod metric_data;
pub mod metric_query;
mod period;
pub mod statistic;
#[cfg(test)]
mod tests;

pub use error::CloudWatchError;
pub use metric::{Dimension, MetricId, UNITS};
pub use metric_data::{PutMetricDataInput, PutMetricDataOutput, put_metric_data};
pub use period::{Period, Slots};

use crate::service::{Operations, ServiceId};

/// The operations of the service.
pub fn operations() -> Operations {
    Operations::new(ServiceId::CloudWatch)
        .on("PutMetricData", put_metric_data)
        .on("GetMetricData", metric_query::get_metric_data)
        .on("GetMetricStatistics", metric_query::get_metric_statistics)
        .on("ListMetrics", metric_query::list_metrics)
        .on("PutMetricAlarm", alarm::put_metric_alarm)
        .on("DescribeAlarms", alarm::describe_alarms)
        .on("DescribeAlarmsForMetric", alarm::describe_alarms_for_metric)
        .on("DescribeAlarmHistory", alarm::describe_alarm_history)
        .on("SetAlarmState", alarm::set_alarm_state)
        .on("DeleteAlarms", alarm::delete_alarms)
        .on("EnableAlarmActions", alarm::enable_alarm_actions)
        .on("DisableAlarmActions", alarm::disable_alarm_actions)
        .on("TagResource", alarm::tag_resource)
        .on("UntagResource", alarm::untag_resource)
        .on("ListTagsForResource", alarm::list_tags_for_resource)
}
