//! One run in one line, for a terminal.

use jiff::tz::TimeZone;

use crate::run::{ArtifactKind, RunReport};

/// `12:00:01  PASSED  shop-home  842 ms  2 steps  .../report.html`; a run that did not pass says why on a second line, and
/// warnings follow. Of a packed run it shows the pack.
pub fn line(report: &RunReport, zone: &TimeZone) -> String {
    let ended = report.ended().to_zoned(zone.clone());
    let steps = match report.steps.len() {
        1 => "1 step".to_owned(),
        count => format!("{count} steps"),
    };
    let mut line = format!(
        "{}  {:<7}  {}  {} ms  {steps}",
        ended.strftime("%H:%M:%S"),
        report.outcome.word(),
        report.start.canary,
        report.duration.as_millis(),
    );
    if let Some(directory) = &report.directory {
        let pack = report.artifacts.iter().find(|artifact| artifact.kind == ArtifactKind::Pack);
        let file_name = pack.map_or("report.html", |pack| pack.file_name.as_str());
        line.push_str("  ");
        line.push_str(&directory.join(file_name).display().to_string());
    }
    if let Some(reason) = report.outcome.reason() {
        for part in reason.lines() {
            line.push_str("\n          ");
            line.push_str(part);
        }
    }
    for warning in &report.warnings {
        line.push_str("\n          warning: ");
        line.push_str(&warning.replace('\n', " "));
    }
    line
}
