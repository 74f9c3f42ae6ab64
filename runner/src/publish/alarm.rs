//! The alarm of a canary.

use serde_json::json;
use siskin_blueprints::Canary;

use super::metrics::NAMESPACE;
use super::{Call, Service};

/// CloudWatch's periods are whole minutes up to a day.
const PERIOD_SECONDS_MIN: u64 = 60;
const PERIOD_SECONDS_MAX: u64 = 86_400;
/// The period for calendar times, whose interval varies.
const PERIOD_SECONDS_CALENDAR: u64 = 3_600;

/// `Synthetics-Alarm-<canary>-1` on `SuccessPercent`; a period is the schedule's interval in whole minutes.
pub(super) fn call(canary: &Canary) -> Option<Call> {
    let alarm = canary.alarm.as_ref()?;
    let period = canary.schedule.interval().map_or(PERIOD_SECONDS_CALENDAR, |interval| {
        let whole_minutes = interval.as_secs().div_ceil(60) * 60;
        whole_minutes.clamp(PERIOD_SECONDS_MIN, PERIOD_SECONDS_MAX)
    });
    let notify: Vec<_> = alarm.notify.iter().map(url::Url::as_str).collect();
    let input = json!({
        "AlarmName": format!("Synthetics-Alarm-{}-1", canary.name),
        "AlarmDescription": format!("Success of canary {} below {} %", canary.name, alarm.threshold),
        "ActionsEnabled": true,
        "AlarmActions": notify,
        "OKActions": notify,
        "Namespace": NAMESPACE,
        "MetricName": "SuccessPercent",
        "Dimensions": [{"Name": "CanaryName", "Value": canary.name}],
        "Statistic": "Average",
        "Period": period,
        "EvaluationPeriods": alarm.periods,
        "DatapointsToAlarm": alarm.periods,
        "Threshold": alarm.threshold,
        "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": alarm.missing.as_str(),
    });
    Some(Call::new(Service::Metrics, "PutMetricAlarm", input))
}
