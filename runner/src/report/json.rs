//! JSON: AWS's `SyntheticsReport`, and the whole report for `--output json`.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::run::{RequestTimings, RunReport, SelectorFallback, StepReport};

/// The report as AWS Synthetics lays it out (`SyntheticsReport-PASSED.json`).
pub fn synthetics_report(report: &RunReport) -> Value {
    let outcome = &report.outcome;
    json!({
        "canaryName": report.start.canary,
        "startTime": time(report.start.started),
        "endTime": time(report.ended()),
        "timeSpentInResetInMs": 0,
        "timeSpentInLaunchInMs": report.launch.as_millis() as u64,
        "timeSpentInSetUpInMs": 0,
        "executionStatus": outcome.status(),
        "executionError": if outcome.reason_code() == Some("EXECUTION_FAILURE") { outcome.reason() } else { None },
        "customerScript": {
            "startTime": time(report.start.started),
            "endTime": time(report.ended()),
            "status": outcome.status(),
            "failureReason": outcome.reason(),
            "metricsPublished": true,
            "requests": {
                "failed": report.unanswered_count(),
                "_2xx": report.status_count(2),
                "_3xx": report.status_count(3),
                "_4xx": report.status_count(4),
                "_5xx": report.status_count(5),
            },
            "steps": report.steps.iter().map(|step| row(report, step)).collect::<Vec<_>>(),
            "reports": [],
        },
        "configuration": {
            "timeoutInMs": report.timeout.as_millis() as u64,
            "browser": report.browser,
            "blueprint": report.start.kind,
            "runId": report.start.run_id,
            "traceId": report.start.trace_id,
        },
    })
}

fn row(report: &RunReport, step: &StepReport) -> Value {
    let mut row = json!({
        "stepNum": step.number,
        "stepName": step.name,
        "startTime": time(step.started),
        "endTime": time(step.started.checked_add(step.duration).unwrap_or(Timestamp::MAX)),
        "status": step.outcome.word(),
        "failureReason": step.outcome.reason(),
        "metricsPublished": true,
        "sourceUrl": step.source_url,
        "destinationUrl": step.destination_url,
        "screenshots": step
            .screenshots
            .iter()
            .map(|name| json!({"fileName": name, "pageUrl": step.destination_url, "error": error_of(report, name)}))
            .collect::<Vec<_>>(),
    });
    // AWS's report has no place for it: it is there only when there is something to tell.
    if let (false, Some(fields)) = (step.fallbacks.is_empty(), row.as_object_mut()) {
        fields.insert("selectorFallbacks".to_owned(), Value::from(fallbacks(step)));
    }
    row
}

/// Why a picture is not as its baseline, if it is one that was compared.
fn error_of<'a>(report: &'a RunReport, picture: &str) -> Option<&'a str> {
    let compared = report.comparisons.iter().find(|one| one.files.actual.as_deref() == Some(picture));
    compared.filter(|one| !one.status.is_fine()).map(|one| one.reason.as_str())
}

/// Selectors that matched in place of others.
fn fallbacks(step: &StepReport) -> Vec<Value> {
    let row = |one: &SelectorFallback| json!({"wanted": one.wanted, "matched": one.matched, "position": one.position});
    step.fallbacks.iter().map(row).collect()
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Milliseconds with their fractions; `null` for what did not happen.
fn timings(timings: RequestTimings) -> Value {
    let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
    json!({
        "dnsMs": timings.dns.map(millis),
        "connectMs": timings.connect.map(millis),
        "tlsMs": timings.tls.map(millis),
        "waitMs": millis(timings.wait),
        "receiveMs": millis(timings.receive),
    })
}

/// The run for programs: everything but the log.
pub fn run_json(report: &RunReport) -> Value {
    let outcome = &report.outcome;
    json!({
        "canary": report.start.canary,
        "runId": report.start.run_id,
        "traceId": report.start.trace_id,
        "blueprint": report.start.kind,
        "status": outcome.word(),
        "reason": outcome.reason(),
        "started": time(report.start.started),
        "ended": time(report.ended()),
        "durationMs": report.duration.as_millis() as u64,
        "browser": report.browser,
        "steps": report.steps.iter().map(|step| json!({
            "name": step.name,
            "status": step.outcome.word(),
            "reason": step.outcome.reason(),
            "durationMs": step.duration.as_millis() as u64,
            "screenshots": step.screenshots,
            "selectorFallbacks": fallbacks(step),
        })).collect::<Vec<_>>(),
        "requests": report.requests.iter().map(|request| json!({
            "method": request.method,
            "url": request.url,
            "status": request.status,
            "error": request.failed,
            "durationMs": request.duration.as_millis() as u64,
            "timings": request.timings.map(timings),
        })).collect::<Vec<_>>(),
        "requestsDropped": report.requests_dropped,
        "vitals": report.vitals,
        "metrics": report.metrics,
        "warnings": report.warnings,
        "comparisons": report.comparisons,
        "directory": report.directory,
        "artifacts": report.artifacts.iter().map(|artifact| &artifact.file_name).collect::<Vec<_>>(),
    })
}
