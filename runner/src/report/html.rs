//! One HTML file that shows a run: no other file, no network, no script needed.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;

use super::junit::xml;
use super::text::log_text;
use crate::run::{RunReport, StepReport};

/// Pictures beyond this many bytes together are named and not embedded.
const EMBEDDED_BYTES_MAX: usize = 24 * 1024 * 1024;
/// Requests beyond this many are counted, not listed.
const REQUESTS_SHOWN_MAX: usize = 500;

const STYLE: &str = include_str!("report.css");

/// Writes the page; `picture` gives the bytes of a screenshot by file name.
pub fn html(report: &RunReport, picture: &dyn Fn(&str) -> Option<Vec<u8>>) -> String {
    let outcome = &report.outcome;
    let class = if outcome.is_passed() { "passed" } else { "failed" };
    let mut out = String::with_capacity(16 * 1024);
    let started = report.start.started.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    push(
        &mut out,
        format_args!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{name}: {word}</title><style>{STYLE}</style></head><body>\n\
         <header class=\"{class}\"><h1>{name}</h1><p class=\"word\">{word}</p></header>\n\
         <dl><dt>Started</dt><dd>{started}</dd><dt>Took</dt><dd>{duration} ms</dd>\
         <dt>Checks</dt><dd>{kind}</dd><dt>Run</dt><dd><code>{run}</code></dd>\
         <dt>Trace</dt><dd><code>{trace}</code></dd>",
            name = xml(report.start.canary.as_str()),
            word = outcome.word(),
            duration = report.duration.as_millis(),
            kind = xml(&report.start.kind),
            run = report.start.run_id,
            trace = report.start.trace_id,
        ),
    );
    if let Some(browser) = &report.browser {
        push(&mut out, format_args!("<dt>Browser</dt><dd>{}</dd>", xml(browser)));
    }
    out.push_str("</dl>\n");
    if let Some(reason) = outcome.reason() {
        push(&mut out, format_args!("<pre class=\"reason\">{}</pre>\n", xml(reason)));
    }
    steps(&mut out, report);
    pictures(&mut out, report, picture);
    requests(&mut out, report);
    push(&mut out, format_args!("<details><summary>Log</summary><pre>{}</pre></details>\n", xml(&log_text(report))));
    out.push_str("</body></html>\n");
    out
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a String takes any text");
}

fn steps(out: &mut String, report: &RunReport) {
    if report.steps.is_empty() {
        return;
    }
    out.push_str("<h2>Steps</h2>\n<table><tr><th>#</th><th>Step</th><th>Outcome</th><th class=\"n\">ms</th></tr>\n");
    for step in &report.steps {
        push(out, format_args!("<tr class=\"{}\">", class_of(step)));
        push(out, format_args!("<td>{}</td><td>{}</td>", step.number, xml(&step.name)));
        let reason = step.outcome.reason().map(|reason| format!("<br>{}", xml(reason))).unwrap_or_default();
        push(out, format_args!("<td>{}{reason}</td>", step.outcome.word()));
        push(out, format_args!("<td class=\"n\">{}</td></tr>\n", step.duration.as_millis()));
    }
    out.push_str("</table>\n");
}

fn class_of(step: &StepReport) -> &'static str {
    if step.outcome.reason().is_none() { "passed" } else { "failed" }
}

fn pictures(out: &mut String, report: &RunReport, picture: &dyn Fn(&str) -> Option<Vec<u8>>) {
    let mut names: Vec<&str> =
        report.artifacts.iter().filter(|artifact| artifact.is_screenshot()).map(|one| one.file_name.as_str()).collect();
    if names.is_empty() {
        return;
    }
    // The last picture is the one that tells why.
    names.reverse();
    let mut embedded_bytes = 0;
    out.push_str("<h2>Pictures, last first</h2>\n");
    for name in names {
        let bytes = picture(name).filter(|bytes| embedded_bytes + bytes.len() <= EMBEDDED_BYTES_MAX);
        match bytes {
            Some(bytes) => {
                embedded_bytes += bytes.len();
                push(
                    out,
                    format_args!(
                        "<figure><figcaption>{caption}</figcaption>\
                     <img alt=\"{caption}\" src=\"data:image/png;base64,{}\"></figure>\n",
                        STANDARD.encode(bytes),
                        caption = xml(name),
                    ),
                );
            }
            None => push(out, format_args!("<p><a href=\"{name}\">{name}</a></p>\n", name = xml(name))),
        }
    }
}

fn requests(out: &mut String, report: &RunReport) {
    if report.requests.is_empty() {
        return;
    }
    let total = report.requests.len() as u64 + report.requests_dropped;
    push(out, format_args!("<details><summary>{total} requests</summary>\n<table>"));
    out.push_str("<tr><th>Method</th><th>URL</th><th>Status</th><th class=\"n\">ms</th></tr>\n");
    for request in report.requests.iter().take(REQUESTS_SHOWN_MAX) {
        let bad = request.status.is_none_or(|status| status >= 400);
        let status = match (&request.failed, request.status) {
            (Some(failed), _) => xml(failed),
            (None, Some(status)) => status.to_string(),
            (None, None) => "no answer".to_owned(),
        };
        push(
            out,
            format_args!(
                "<tr class=\"{}\"><td>{}</td><td>{}</td><td>{status}</td><td class=\"n\">{}</td></tr>\n",
                if bad { "failed" } else { "passed" },
                xml(&request.method),
                xml(&request.url),
                request.duration.as_millis(),
            ),
        );
    }
    out.push_str("</table></details>\n");
}
