//! Markdown of comparisons, for the summary of a CI job and for a pull request's comment.

use super::approving::approve_all;
use super::words::{UNSTABLE, percent, plural, region, totals, worst_first};
use crate::report::markdown::{BYTES_MAX, cell, longest_run};
use crate::visual::{VisualComparison, VisualReport, VisualStatus};

/// Kept free for what comes after the table.
const TAIL_BYTES_MAX: usize = 16_000;
/// A longer command is not shown: one that is cut would approve something else.
const COMMAND_BYTES_MAX: usize = 12_000;
const REGIONS_SHOWN_MAX: usize = 5;
/// Longer texts are cut.
const TEXT_CHARS_MAX: usize = 300;

/// A heading, a table of what is not fine, and the command that approves all of it: at most 65,000 bytes, so that it can be
/// posted as a comment, too. `path` is where `visual.json` is, as the reader's shell knows it.
pub fn visual_markdown(report: &VisualReport, path: &str) -> String {
    let told: Vec<_> = worst_first(report).into_iter().filter(|one| !one.status.is_fine()).collect();
    let mark = if told.is_empty() { "✅" } else { "❌" };
    let mut out = format!("### {mark} Pictures of {}\n\n{}\n\n", text(&report.name), totals(report));
    if told.is_empty() {
        return out;
    }
    out.push_str("| | page | changed | why |\n|---|---|---:|---|\n");
    for (index, one) in told.iter().enumerate() {
        let row = row(one);
        if out.len() + row.len() > BYTES_MAX - TAIL_BYTES_MAX {
            let more = format!("| | and {} | | |\n", plural((told.len() - index) as u64, "more comparison"));
            out.push_str(&more);
            break;
        }
        out.push_str(&row);
    }
    out.push_str("\n`index.html` in the report's folder shows the pictures.");
    if let Some(command) = approve_all(report, path) {
        if command.len() > COMMAND_BYTES_MAX {
            out.push_str(" `siskin visual report` opens it, and approves with a click.\n");
            return out;
        }
        let fence = "`".repeat(longest_run(&command, '`').max(2) + 1);
        let block = format!(" If all of this is as it should be:\n\n{fence}sh\n{command}\n{fence}\n");
        out.push_str(&block);
    } else {
        out.push('\n');
    }
    out
}

fn row(one: &VisualComparison) -> String {
    let mark = match one.status {
        VisualStatus::Failed => "💥",
        VisualStatus::Different => "❌",
        VisualStatus::Missing => "🆕",
        VisualStatus::OtherEnvironment => "❔",
        VisualStatus::Matched | VisualStatus::New | VisualStatus::Updated => "✅",
    };
    let changed = one.pixels.as_ref().map_or(String::new(), |pixels| {
        format!("{}<br>{}", plural(pixels.changed, "pixel"), percent(pixels).replace('<', "&lt;"))
    });
    let mut why = vec![text(&one.reason)];
    why.extend(one.size_change.as_deref().map(text));
    why.extend((!one.is_stable).then(|| UNSTABLE.to_owned()));
    why.extend(one.regions.iter().take(REGIONS_SHOWN_MAX).map(|one| text(&region(one))));
    let left = one.regions.len().saturating_sub(REGIONS_SHOWN_MAX);
    why.extend((left > 0).then(|| format!("and {}", plural(left as u64, "more region"))));
    let (word, page, key) = (one.status.word(), text(&one.page), code(&one.key));
    format!("| {mark} {word} | {page}<br>{key} | {changed} | {} |\n", why.join("<br>"))
}

/// A text of a page in a cell of a table: it formats nothing and calls nobody.
fn text(text: &str) -> String {
    let cut: String = text.chars().take(TEXT_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    cell(&cut).replace('&', "&amp;").replace('@', "@<!-- -->")
}

/// The same as code, which can be copied.
fn code(text: &str) -> String {
    let cut: String = text.chars().take(TEXT_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let fence = "`".repeat(longest_run(&cut, '`') + 1);
    let space = if cut.contains('`') { " " } else { "" };
    format!("{fence}{space}{}{space}{fence}", cut.replace('|', "\\|"))
}
