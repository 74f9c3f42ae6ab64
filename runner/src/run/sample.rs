//! A run for tests of what is made from runs.

use std::time::Duration;

use http::{HeaderMap, Method, StatusCode, Version};
use jiff::Timestamp;
use siskin_sdk::id::{SpanId, TraceId};
use uuid::Uuid;

use super::har_entry::{Exchange, entry, without_browser};
use super::{
    Artifact, ArtifactKind, LogLevel, LogLine, Outcome, RequestReport, RunReport, RunStart, ScriptMetric, StepOutcome,
    StepReport,
};
use crate::browser::har::Har;

pub(crate) fn at(text: &str) -> Timestamp {
    format!("2026-11-23T{text}Z").parse().unwrap()
}

/// A run of two steps whose second failed, with names that want escaping.
pub(crate) fn failed_run() -> RunReport {
    let start = RunStart {
        canary: "shop-home".parse().unwrap(),
        kind: "heartbeat".to_owned(),
        run_id: Uuid::from_u128(7),
        trace_id: TraceId::from_bits(0x6565_6565_0000_0000_0000_0000_0000_0001),
        segment_id: SpanId::from_bits(1),
        due: at("08:00:00"),
        started: at("08:00:00.5"),
    };
    let reason = "status 500: expected 200-299";
    let step = |number: u32, name: &str, started, outcome, screenshots: &[&str]| StepReport {
        number,
        name: name.to_owned(),
        span_id: SpanId::from_bits(u64::from(number) + 1),
        started,
        duration: Duration::from_millis(300),
        outcome,
        source_url: None,
        destination_url: Some("http://shop.example/".to_owned()),
        screenshots: screenshots.iter().map(|&name| name.to_owned()).collect(),
        fallbacks: Vec::new(),
    };
    let request = |span: u64, url: &str, status, failed: Option<&str>, started, traced| RequestReport {
        span_id: SpanId::from_bits(span),
        method: "GET".to_owned(),
        url: url.to_owned(),
        status,
        failed: failed.map(str::to_owned),
        started,
        duration: Duration::from_millis(20),
        timings: None,
        traced,
    };
    let log = |at, level, text: &str| LogLine { at, level, text: text.to_owned() };
    RunReport {
        start,
        duration: Duration::from_millis(842),
        launch: Duration::from_millis(400),
        timeout: Duration::from_secs(30),
        outcome: Outcome::Failed {
            reason: format!("{reason}\nat heartbeat.rhai:10:9\n   10 |         assert::status(answer, good_status);"),
        },
        steps: vec![
            step(1, "http://shop.example/", at("08:00:00.6"), StepOutcome::Passed, &["01-home-succeeded.png"]),
            step(2, "cart <&> \"ä\"", at("08:00:01"), StepOutcome::Failed { reason: reason.to_owned() }, &[]),
        ],
        requests: vec![
            request(16, "http://shop.example/", Some(200), None, at("08:00:00.65"), true),
            request(17, "http://cdn.example/a.js", None, Some("net::ERR_CONNECTION_REFUSED"), at("08:00:00.7"), false),
            request(18, "http://shop.example/cart", Some(500), None, at("08:00:01.1"), true),
        ],
        requests_dropped: 0,
        vitals: Vec::new(),
        comparisons: Vec::new(),
        baselines: String::new(),
        metrics: vec![ScriptMetric { name: "Items".to_owned(), value: 3.0, unit: "Count".to_owned() }],
        warnings: Vec::new(),
        log: vec![
            log(at("08:00:00.5"), LogLevel::Info, "begins"),
            log(at("08:00:01.3"), LogLevel::Error, "<b>status 500</b>"),
        ],
        log_dropped: 0,
        browser: Some("chromium 156.0".to_owned()),
        artifacts: vec![Artifact {
            file_name: "01-home-succeeded.png".to_owned(),
            kind: ArtifactKind::Screenshot,
            bytes: 3,
        }],
        directory: Some("/a/run".into()),
    }
}

pub(crate) fn with_outcome(outcome: Outcome) -> RunReport {
    RunReport { outcome, ..failed_run() }
}

/// The archive of a run's requests.
pub(crate) fn archive_of(report: &RunReport) -> Har {
    let mut har = without_browser();
    for request in &report.requests {
        let status = request.status.map(|status| StatusCode::from_u16(status).unwrap());
        let headers = HeaderMap::new();
        har.log.entries.push(entry(&Exchange {
            started: request.started,
            method: &Method::GET,
            url: &request.url,
            sent: &headers,
            body: "",
            version: Version::HTTP_11,
            timings: super::RequestTimings {
                dns: None,
                connect: None,
                tls: None,
                wait: request.duration,
                receive: Duration::ZERO,
            },
            answer: status.map(|status| (status, &headers, b"".as_slice())),
            cut: None,
            failed: request.failed.as_deref(),
        }));
    }
    har
}
