//! Comparisons as lines that a CI system shows beside a change.

use crate::report::annotation::{Ci, azure, github_message, github_property};
use crate::visual::VisualReport;

use super::words::{plural, regions, worst_first};

/// GitHub shows ten errors of a step, and drops the others without a word.
const LINES_MAX: usize = 10;
/// Regions that a line names.
const REGIONS_SHOWN_MAX: usize = 3;

/// A line for each comparison that is not fine, the worst first; of more than ten the last line says how many are left.
pub fn visual_annotations(report: &VisualReport, ci: Ci) -> Vec<String> {
    let told: Vec<_> = worst_first(report).into_iter().filter(|one| !one.status.is_fine()).collect();
    let shown = if told.len() > LINES_MAX { LINES_MAX - 1 } else { told.len() };
    let mut lines: Vec<_> = told
        .iter()
        .take(shown)
        .map(|one| {
            let mut text = vec![one.reason.clone()];
            text.extend(regions(one, REGIONS_SHOWN_MAX));
            line(ci, &format!("{}: {}", one.key, one.status.word()), &text.join("\n"))
        })
        .collect();
    if told.len() > shown {
        let more = plural((told.len() - shown) as u64, "more comparison");
        lines.push(line(ci, &report.name, &format!("and {more}: see the report")));
    }
    lines
}

fn line(ci: Ci, title: &str, text: &str) -> String {
    match ci {
        Ci::GitHub => format!("::error title={}::{}", github_property(title), github_message(text)),
        Ci::AzurePipelines => format!("##vso[task.logissue type=error]{}", azure(&format!("{title}: {text}"))),
    }
}
