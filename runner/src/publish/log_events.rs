//! The log of a run, as Lambda writes that of an AWS canary.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{Call, Service};
use crate::run::RunReport;

/// `PutLogEvents` takes 1,048,576 bytes, each event counted with 26 more, and 10,000 events.
const BATCH_BYTES_MAX: usize = 1_000_000;
const EVENT_BYTES_EXTRA: usize = 26;
const BATCH_EVENTS_MAX: usize = 10_000;

/// The log group of a canary.
pub(super) fn group_of(report: &RunReport) -> String {
    format!("/aws/lambda/cwsyn-{}", report.start.canary)
}

/// The run's lines, oldest first, between a START and a REPORT line, in a stream for its day.
pub(super) fn calls(report: &RunReport) -> Vec<Call> {
    let run = report.start.run_id;
    let stream = report.start.started.to_zoned(TimeZone::UTC).strftime("%Y/%m/%d").to_string();
    let mut events = vec![event(report.start.started.as_millisecond(), format!("START RequestId: {run}"))];
    events.extend(
        report
            .log
            .iter()
            .map(|line| event(line.at.as_millisecond(), format!("{} {run} {}", line.level.word(), line.text))),
    );
    let mut last = format!(
        "REPORT RequestId: {run} Status: {} Duration: {} ms",
        report.outcome.word(),
        report.duration.as_millis()
    );
    if report.log_dropped > 0 {
        let more = format!(" Lines dropped: {}", report.log_dropped);
        last.push_str(&more);
    }
    events.push(event(report.ended().as_millisecond(), last));
    // A corrected clock must not make the backend refuse the batch.
    events.sort_by_key(|(at, _)| *at);
    let mut calls = Vec::new();
    let mut batch: Vec<Value> = Vec::new();
    let mut batch_bytes = 0;
    let mut put = |batch: &mut Vec<Value>| {
        let input =
            json!({"logGroupName": group_of(report), "logStreamName": stream, "logEvents": std::mem::take(batch)});
        calls.push(Call::new(Service::Logs, "PutLogEvents", input));
    };
    for (at, message) in events {
        let bytes = message.len() + EVENT_BYTES_EXTRA;
        if batch_bytes + bytes > BATCH_BYTES_MAX || batch.len() == BATCH_EVENTS_MAX {
            put(&mut batch);
            batch_bytes = 0;
        }
        batch_bytes += bytes;
        batch.push(json!({"timestamp": at, "message": message}));
    }
    put(&mut batch);
    calls
}

fn event(at: i64, message: String) -> (i64, String) {
    (at, message)
}
