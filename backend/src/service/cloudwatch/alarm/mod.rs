//! Metric alarms: the definition, what it decides, the operations on it, and the worker that keeps deciding.

mod catalogued;
mod definition;
mod delete_alarms;
mod describe_alarms;
mod evaluate;
#[cfg(test)]
mod evaluate_tests;
mod history;
mod put_metric_alarm;
mod reason;
mod set_alarm_state;
mod tags;
#[cfg(test)]
mod tests;
mod transition;
mod worker;
#[cfg(test)]
mod worker_tests;

pub use definition::{Alarm, StateValue};
pub use delete_alarms::{
    AlarmNamesInput, AlarmNamesOutput, delete_alarms, disable_alarm_actions, enable_alarm_actions,
};
pub use describe_alarms::{
    DescribeAlarmsForMetricInput, DescribeAlarmsForMetricOutput, DescribeAlarmsInput, DescribeAlarmsOutput,
    MetricAlarm, describe_alarms, describe_alarms_for_metric,
};
pub use history::{
    AlarmHistoryItem, DescribeAlarmHistoryInput, DescribeAlarmHistoryOutput, ItemType, describe_alarm_history,
};
pub use put_metric_alarm::{PutMetricAlarmInput, PutMetricAlarmOutput, put_metric_alarm};
pub use set_alarm_state::{SetAlarmStateInput, SetAlarmStateOutput, set_alarm_state};
pub use tags::{
    ListTagsForResourceInput, ListTagsForResourceOutput, Tag, TagOutput, TagResourceInput, UntagResourceInput,
    list_tags_for_resource, tag_resource, untag_resource,
};
pub use transition::{CONFIGURATION_CHANGE, SOURCE, STATE_CHANGE};
pub use worker::run;
