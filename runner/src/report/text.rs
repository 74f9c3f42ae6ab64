//! The log of a run as text.

use jiff::tz::TimeZone;

use crate::run::RunReport;

/// One line for each entry: time in UTC, level, text.
pub fn log_text(report: &RunReport) -> String {
    let mut out = String::new();
    for entry in &report.log {
        let at = entry.at.to_zoned(TimeZone::UTC);
        out.push_str(&at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ ").to_string());
        out.push_str(entry.level.word());
        out.push(' ');
        out.push_str(&entry.text);
        out.push('\n');
    }
    if report.log_dropped > 0 {
        let more = format!("... and {} more lines\n", report.log_dropped);
        out.push_str(&more);
    }
    out
}
