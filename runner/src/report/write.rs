//! All reports of a run into its directory.

use std::fs;
use std::io;

use serde::Serialize;
use siskin_blueprints::Script;
use url::Url;

use super::{LastGood, Sheet, VISUAL_REPORT, html, junit, log_text, markdown, synthetics_report, visual_json};
use crate::browser::har::Har;
use crate::run::{ArtifactKind, RunDirectory, RunReport};
use crate::visual::VisualReport;

/// Writes script, log, HAR and every report, and notes them in `report`; the HTML page comes last and shows the rest.
/// `console` is the address of the backend whose console shows the trace.
///
/// # Errors
/// The first file that could not be written; those before it are there and noted.
pub(crate) fn write_all(
    report: &mut RunReport,
    har: &Har,
    script: Option<&Script>,
    directory: &RunDirectory,
    console: Option<&Url>,
) -> io::Result<()> {
    let write = |report: &mut RunReport, name: &str, kind, bytes: &[u8]| {
        directory.write(name, kind, bytes).map(|artifact| report.artifacts.push(artifact))
    };
    if let Some(script) = script {
        write(report, &script.name, ArtifactKind::Script, script.source.as_bytes())?;
    }
    let log = log_text(report);
    write(report, "log.txt", ArtifactKind::Log, log.as_bytes())?;
    write(report, "results.har", ArtifactKind::Har, &pretty(har)?)?;
    let synthetics = pretty(&synthetics_report(report))?;
    let name = format!("SyntheticsReport-{}.json", report.outcome.status());
    write(report, &name, ArtifactKind::SyntheticsReport, &synthetics)?;
    if let Some(visual) = VisualReport::of_run(report) {
        write(report, VISUAL_REPORT, ArtifactKind::Visual, visual_json(&visual).as_bytes())?;
    }
    let xml = junit(report);
    write(report, "junit.xml", ArtifactKind::Junit, xml.as_bytes())?;
    let summary = markdown(report);
    write(report, "summary.md", ArtifactKind::Markdown, summary.as_bytes())?;
    let last_good = if report.outcome.is_passed() { None } else { LastGood::before(directory.path(), console) };
    let page = html(&Sheet {
        report,
        har,
        trace: console.and_then(|console| trace_page(console, report)).as_ref(),
        last_good: last_good.as_ref(),
        picture: &|name| fs::read(directory.path().join(name)).ok(),
    });
    write(report, "report.html", ArtifactKind::Html, page.as_bytes())
}

/// The console's page of the run's trace.
fn trace_page(console: &Url, report: &RunReport) -> Option<Url> {
    let mut page = console.join("/console/trace").ok()?;
    page.query_pairs_mut().append_pair("id", &report.start.trace_id.to_string());
    Some(page)
}

fn pretty(value: &impl Serialize) -> io::Result<Vec<u8>> {
    serde_json::to_vec_pretty(value).map_err(io::Error::other)
}
