//! `visual.json`, which `siskin visual approve` reads.

use crate::visual::VisualReport;

/// The report as JSON that people can read, too; ends with a line break.
pub fn visual_json(report: &VisualReport) -> String {
    let mut json = serde_json::to_string_pretty(report).expect("a report has no map with keys that are no texts");
    json.push('\n');
    json
}
