//! The page's frame and the order of its sections.

use std::cell::Cell;

use jiff::tz::TimeZone;
use url::Url;

use super::element::{Album, push};
use super::{comparison, pictures, requests, steps, vitals};
use crate::browser::har::Har;
use crate::report::junit::xml;
use crate::report::last_good::LastGood;
use crate::report::text::log_text;
use crate::run::{Outcome, RunReport};

const STYLE: &str = include_str!("report.css");
/// Console errors beyond this many are in the log only.
const PAGE_ERRORS_SHOWN_MAX: usize = 50;

/// What the page is made from.
#[expect(missing_debug_implementations, reason = "a function that reads pictures has nothing to show")]
pub struct Sheet<'a> {
    pub report: &'a RunReport,
    pub har: &'a Har,
    /// Where the run's trace can be looked at.
    pub trace: Option<&'a Url>,
    /// The run before this one that passed, for one that did not.
    pub last_good: Option<&'a LastGood>,
    /// The bytes of a picture of this run, by file name.
    pub picture: &'a dyn Fn(&str) -> Option<Vec<u8>>,
}

/// Writes the page.
pub fn html(sheet: &Sheet<'_>) -> String {
    let report = sheet.report;
    let mut out = String::with_capacity(64 * 1024);
    head(&mut out, report);
    facts(&mut out, sheet);
    if let Some(reason) = report.outcome.reason() {
        push(&mut out, format_args!("<pre class=\"reason\">{}</pre>\n", xml(reason)));
    }
    warnings(&mut out, report);
    let embedded = Cell::new(0);
    let album = Album::new(sheet.picture, &embedded);
    pictures::section(&mut out, report, &album);
    if let Some(good) = sheet.last_good {
        comparison::section(&mut out, report, sheet.har, good, &album, &embedded);
    }
    steps::section(&mut out, report, &album);
    page_errors(&mut out, report);
    vitals::section(&mut out, &report.vitals);
    requests::section(&mut out, sheet.har);
    push(&mut out, format_args!("<details><summary>Log</summary><pre>{}</pre></details>\n", xml(&log_text(report))));
    out.push_str("</main></body></html>\n");
    out
}

fn head(out: &mut String, report: &RunReport) {
    let (class, mark) = match &report.outcome {
        Outcome::Passed => ("passed", "✓"),
        Outcome::Failed { .. } => ("failed", "✗"),
        Outcome::Broken { .. } | Outcome::Stopped { .. } => ("broken", "!"),
    };
    push(
        out,
        format_args!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{name}: {word}</title><style>{STYLE}</style></head><body><main>\n\
             <header class=\"{class}\"><h1>{name}</h1><p class=\"word\"><span aria-hidden=\"true\">{mark}</span> {word}\
             </p></header>\n",
            name = xml(report.start.canary.as_str()),
            word = report.outcome.word(),
        ),
    );
}

fn facts(out: &mut String, sheet: &Sheet<'_>) {
    let report = sheet.report;
    let started = report.start.started.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    let trace = report.start.trace_id.to_string();
    let trace = match sheet.trace {
        Some(url) => format!("<a href=\"{}\">{trace}</a>", xml(url.as_str())),
        None => trace,
    };
    push(
        out,
        format_args!(
            "<dl><div><dt>Started</dt><dd>{started}</dd></div><div><dt>Took</dt><dd>{}</dd></div>\
             <div><dt>Checks</dt><dd>{}</dd></div>",
            super::element::time(report.duration.as_secs_f64() * 1000.0),
            xml(&report.start.kind),
        ),
    );
    if let Some(browser) = &report.browser {
        push(out, format_args!("<div><dt>Browser</dt><dd>{}</dd></div>", xml(browser)));
    }
    push(
        out,
        format_args!(
            "<div><dt>Trace</dt><dd><code>{trace}</code></dd></div><div><dt>Run</dt><dd><code>{}</code></dd></div></dl>\n",
            report.start.run_id
        ),
    );
}

fn warnings(out: &mut String, report: &RunReport) {
    if report.warnings.is_empty() {
        return;
    }
    push(out, format_args!("<h2>Warnings <small>{}</small></h2>\n<ul class=\"errors\">\n", report.warnings.len()));
    for warning in &report.warnings {
        push(out, format_args!("<li>{}</li>\n", xml(warning)));
    }
    out.push_str("</ul>\n");
}

fn page_errors(out: &mut String, report: &RunReport) {
    let errors: Vec<_> = report.log.iter().filter_map(|line| line.text.strip_prefix("console error: ")).collect();
    if errors.is_empty() {
        return;
    }
    push(out, format_args!("<h2>Page errors <small>{}</small></h2>\n<ul class=\"errors\">\n", errors.len()));
    for text in errors.iter().take(PAGE_ERRORS_SHOWN_MAX) {
        push(out, format_args!("<li><code>{}</code></li>\n", xml(text)));
    }
    out.push_str("</ul>\n");
}
