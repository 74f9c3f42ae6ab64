//! The event that tells of a run, in the form of AWS's `Synthetics Canary TestRun` events.

use serde_json::{Value, json};

use super::{Call, Origin, Service};
use crate::run::RunReport;

const SOURCE: &str = "siskin.runner";
/// An entry has 256 kB: names and reasons are cut, and so is the list of steps.
const STEPS_MAX: usize = 100;
const TEXT_CHARS_MAX: usize = 500;

pub(super) fn call(report: &RunReport, origin: &Origin) -> Call {
    let passed = report.outcome.is_passed();
    let detail_type = if passed { "Synthetics Canary TestRun Successful" } else { "Synthetics Canary TestRun Failure" };
    let entry = json!({
        "Time": report.ended().as_millisecond() as f64 / 1000.0,
        "Source": SOURCE,
        "DetailType": detail_type,
        "Resources": [origin.canary_arn(&report.start.canary)],
        "Detail": detail(report, origin).to_string(),
    });
    Call::new(Service::Events, "PutEvents", json!({"Entries": [entry]}))
}

fn detail(report: &RunReport, origin: &Origin) -> Value {
    let outcome = &report.outcome;
    let cut = |text: &str| text.chars().take(TEXT_CHARS_MAX).collect::<String>();
    let seconds = |at: jiff::Timestamp| at.as_millisecond() as f64 / 1000.0;
    json!({
        "account-id": origin.account,
        "canary-id": report.start.canary,
        "canary-name": report.start.canary,
        "canary-run-id": report.start.run_id,
        "artifact-location": report.directory,
        "test-run-status": outcome.status(),
        "state-reason": outcome.reason().map(cut),
        "state-reason-code": outcome.reason_code(),
        "canary-run-timeline": {"started": seconds(report.start.started), "completed": seconds(report.ended())},
        "message": if report.directory.is_some() {
            "Test run result is generated successfully"
        } else {
            "Test run has no artifacts"
        },
        "trace-id": report.start.trace_id,
        "blueprint": report.start.kind,
        "duration-ms": report.duration.as_millis() as u64,
        "artifacts": report.artifacts.iter().map(|artifact| &artifact.file_name).collect::<Vec<_>>(),
        "steps": report.steps.iter().take(STEPS_MAX).map(|step| json!({
            "name": cut(&step.name),
            "status": step.outcome.word(),
            "reason": step.outcome.reason().map(cut),
            "duration-ms": step.duration.as_millis() as u64,
            "screenshots": step.screenshots,
        })).collect::<Vec<_>>(),
        "step-count": report.steps.len(),
    })
}
