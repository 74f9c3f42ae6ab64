//! Markdown of a link check, for the summary of a CI job.

use super::text::totals;
use crate::check::link::{LinkReport, Verdict};
use crate::report::markdown::{BYTES_MAX, cell};

/// Kept free for what comes after the table.
const TAIL_BYTES_MAX: usize = 200;

/// A heading and a table of links that are not ok: at most 65,000 bytes.
pub fn links_markdown(report: &LinkReport) -> String {
    let mark = if report.is_fine() { "✅" } else { "❌" };
    let start = report.start.first().map(String::as_str).unwrap_or_default();
    let mut out = format!("### {mark} Links of {}\n\n{}\n\n", cell(start), totals(report));
    let problems = [Verdict::Broken, Verdict::Unverifiable].into_iter().flat_map(|verdict| report.with(verdict));
    let problems: Vec<_> = problems.collect();
    if problems.is_empty() {
        return out;
    }
    out.push_str("| | link | why | first place | places |\n|---|---|---|---|---:|\n");
    for (index, link) in problems.iter().enumerate() {
        let places = link.places();
        let mark = if link.verdict() == Verdict::Broken { "❌" } else { "❔" };
        let row = format!(
            "| {mark} | {} | {} | {} | {} |\n",
            cell(&link.address()),
            cell(&link.why()),
            cell(&places.first().map(ToString::to_string).unwrap_or_default()),
            places.len(),
        );
        if out.len() + row.len() > BYTES_MAX - TAIL_BYTES_MAX {
            let more = format!("| | and {} more | | | |\n", problems.len() - index);
            out.push_str(&more);
            break;
        }
        out.push_str(&row);
    }
    out
}
