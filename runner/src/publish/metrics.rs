//! Metrics of a run in AWS's namespace, with AWS's names, units and dimensions.

use serde_json::{Value, json};

use super::{Call, Service};
use crate::run::{Outcome, RunReport};

pub(super) const NAMESPACE: &str = "CloudWatchSynthetics";
/// AWS takes 1,000 in one call; half keeps the body small.
const DATUMS_PER_CALL_MAX: usize = 500;
const DIMENSION_VALUE_CHARS_MAX: usize = 1_024;

/// The metrics of a scheduled run: for its canary, for each step, and without dimensions for the account.
///
/// Every run has a datapoint. One that could not be carried out has `SuccessPercent` 0 and `Failed` 1; one that was
/// stopped with its runner tells `Failed` 1 alone, since nothing is known of the service.
///
/// `SuccessPercent` and all else is of the `first` attempt; `SuccessPercentWithRetries` is of the `last`, and also has
/// a series for each group, whose name is the dimension `GroupName`.
pub(super) fn calls(first: &RunReport, last: &RunReport, retries: usize, groups: &[String]) -> Vec<Call> {
    let report = first;
    let at = report.start.due.as_millisecond() as f64 / 1000.0;
    let canary = json!({"Name": "CanaryName", "Value": report.start.canary});
    let datum = |name: &str, value: f64, unit: &str, dimensions: Value| json!({"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Value": value, "Unit": unit});
    let mut datums = Vec::new();
    let mut for_canary_and_account = |name: &str, value: f64, unit: &str| {
        datums.push(datum(name, value, unit, json!([canary])));
        datums.push(datum(name, value, unit, json!([])));
    };
    if let Some(percent) = success_percent(&first.outcome) {
        for_canary_and_account("SuccessPercent", percent, "Percent");
    }
    if let Some(percent) = success_percent(&last.outcome) {
        for_canary_and_account("SuccessPercentWithRetries", percent, "Percent");
    }
    if retries > 0 {
        for_canary_and_account("RetryCount", retries as f64, "Count");
    }
    let could_not_run = report.outcome.reason_code() == Some("EXECUTION_FAILURE");
    for_canary_and_account("Failed", f64::from(u8::from(could_not_run)), "Count");
    if !could_not_run {
        for_canary_and_account("Duration", millis(report.duration), "Milliseconds");
        for class in [2, 4, 5] {
            for_canary_and_account(&format!("{class}xx"), report.status_count(class) as f64, "Count");
        }
        for_canary_and_account("Failed requests", report.unanswered_count() as f64, "Count");
        let comparisons = report.comparisons.len();
        if comparisons > 0 {
            let matching = report.comparisons.iter().filter(|comparison| comparison.status.is_fine()).count();
            let percent = matching as f64 * 100.0 / comparisons as f64;
            for_canary_and_account("VisualMonitoringSuccessPercent", percent, "Percent");
            for_canary_and_account("VisualMonitoringTotalComparisons", comparisons as f64, "Count");
        }
    }
    for step in &report.steps {
        let dimensions = json!([canary, {"Name": "StepName", "Value": dimension_value(&step.name)}]);
        let percent = if step.outcome.reason().is_none() { 100.0 } else { 0.0 };
        datums.push(datum("SuccessPercent", percent, "Percent", dimensions.clone()));
        datums.push(datum("Duration", millis(step.duration), "Milliseconds", dimensions));
    }
    for group in groups {
        let dimensions = json!([{"Name": "GroupName", "Value": group}]);
        let percent = success_percent(&last.outcome);
        datums.extend(percent.map(|percent| datum("SuccessPercentWithRetries", percent, "Percent", dimensions)));
    }
    datums.extend(report.metrics.iter().map(|metric| datum(&metric.name, metric.value, &metric.unit, json!([canary]))));
    datums
        .chunks(DATUMS_PER_CALL_MAX)
        .map(|chunk| Call::new(Service::Metrics, "PutMetricData", json!({"Namespace": NAMESPACE, "MetricData": chunk})))
        .collect()
}

fn success_percent(outcome: &Outcome) -> Option<f64> {
    match outcome {
        Outcome::Passed => Some(100.0),
        Outcome::Failed { .. } | Outcome::Broken { .. } => Some(0.0),
        Outcome::Stopped { .. } => None,
    }
}

fn millis(duration: std::time::Duration) -> f64 {
    duration.as_millis() as f64
}

/// Dimension values are ASCII, not empty, not blank at the start, and do not begin with a colon.
fn dimension_value(text: &str) -> String {
    let ascii = text.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' });
    let value: String = ascii.skip_while(|c| matches!(c, ':' | ' ')).take(DIMENSION_VALUE_CHARS_MAX).collect();
    if value.is_empty() { "step".to_owned() } else { value }
}
