//! What the browser saw, put into the run's record.

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use siskin_sdk::id::SpanId;
use url::Url;

use super::browser::BrowserSlot;
use super::har_entry::without_browser;
use super::{LogLevel, Record, RequestReport};
use crate::browser::har::{Entry, Har};
use crate::browser::{ConsoleLevel, Evidence, RequestSpan, Vitals};

/// Takes requests and console lines from the browser, if there was one, and gives its archive and its documents' vitals.
pub(super) async fn gather(slot: &BrowserSlot, record: &Record) -> (Har, Vec<Vitals>) {
    let Some(session) = slot.current() else { return (without_browser(), Vec::new()) };
    let evidence = session.evidence().await;
    add_console(&evidence, record);
    let ended = record.now();
    let mut spans_of: HashSet<(String, String, Timestamp)> = HashSet::new();
    for span in &evidence.requests {
        spans_of.insert((span.method.clone(), span.url.clone(), span.started));
        record.add_page_request(traced(span, ended));
    }
    for entry in &evidence.har.log.entries {
        let key = (entry.request.method.clone(), entry.request.url.clone(), entry.started_date_time);
        if !spans_of.contains(&key) && is_http(&entry.request.url) {
            record.add_page_request(untraced(entry));
        }
    }
    (evidence.har, evidence.vitals)
}

/// Puts the entries of scripts' requests among those of the pages, by time.
pub(super) fn add_entries(har: &mut Har, entries: Vec<Entry>) {
    har.log.entries.extend(entries);
    har.log.entries.sort_by_key(|entry| entry.started_date_time);
}

fn add_console(evidence: &Evidence, record: &Record) {
    for line in &evidence.console {
        let level = match line.level {
            ConsoleLevel::Debug => LogLevel::Debug,
            ConsoleLevel::Info => LogLevel::Info,
            ConsoleLevel::Warning | ConsoleLevel::Error => LogLevel::Warn,
        };
        let place = match (&line.url, line.line) {
            (Some(url), Some(number)) => format!(" ({url}:{number})"),
            (Some(url), None) => format!(" ({url})"),
            (None, _) => String::new(),
        };
        record.log_at(line.at, level, format!("console {}: {}{place}", line.level.as_str(), line.text));
    }
    if evidence.console_dropped > 0 {
        record.log(LogLevel::Warn, format!("console: {} earlier lines dropped", evidence.console_dropped));
    }
    for vitals in &evidence.vitals {
        if let Ok(text) = serde_json::to_string(vitals) {
            record.log(LogLevel::Info, format!("web vitals {text}"));
        }
    }
}

fn traced(span: &RequestSpan, run_ended: Timestamp) -> RequestReport {
    let ended = span.ended.unwrap_or(run_ended);
    let failed =
        span.failed.clone().or_else(|| span.ended.is_none().then(|| "no answer until the run's end".to_owned()));
    RequestReport {
        span_id: span.span_id,
        method: span.method.clone(),
        url: span.url.clone(),
        status: span.status,
        failed,
        started: span.started,
        duration: Duration::try_from(ended.duration_since(span.started)).unwrap_or_default(),
        timings: None,
        traced: true,
    }
}

fn untraced(entry: &Entry) -> RequestReport {
    let status = entry.response.status;
    RequestReport {
        span_id: SpanId::random(),
        method: entry.request.method.clone(),
        url: entry.request.url.clone(),
        status: (status != 0).then_some(status),
        failed: entry.response.error.clone(),
        started: entry.started_date_time,
        duration: Duration::try_from_secs_f64(entry.time / 1000.0).unwrap_or_default(),
        timings: None,
        traced: false,
    }
}

/// Pages also "request" `data:` and `blob:` addresses, which leave no machine.
fn is_http(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}
