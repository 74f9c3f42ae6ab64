//! Markdown for the summary of a CI job.

use crate::run::RunReport;

/// Longest text: GitHub takes comments of 65,536 characters, so that this one can be posted as it is; a job's summary
/// may have 1 MiB, so that sixteen of them fit.
pub(super) const BYTES_MAX: usize = 65_000;
/// Longer reasons are cut.
const REASON_CHARS_MAX: usize = 2_000;
const STEP_NAME_CHARS_MAX: usize = 200;
/// Further warnings are only counted.
const WARNINGS_SHOWN_MAX: usize = 20;
/// Kept free for what comes after the steps.
const TAIL_BYTES_MAX: usize = 30_000;

/// A heading, a table of steps, and why the run did not pass: at most `BYTES_MAX` bytes.
pub fn markdown(report: &RunReport) -> String {
    let mut out = format!(
        "### {} {}: {} in {} ms\n\n",
        if report.outcome.is_passed() { "✅" } else { "❌" },
        report.start.canary,
        report.outcome.word().to_lowercase(),
        report.duration.as_millis(),
    );
    if !report.steps.is_empty() {
        out.push_str("| | step | ms |\n|---|---|---:|\n");
        for (index, step) in report.steps.iter().enumerate() {
            let mark = if step.outcome.reason().is_none() { "✅" } else { "❌" };
            let name: String = step.name.chars().take(STEP_NAME_CHARS_MAX).collect();
            let row = format!("| {mark} | {} | {} |\n", cell(&name), step.duration.as_millis());
            if out.len() + row.len() > BYTES_MAX - TAIL_BYTES_MAX {
                let more = format!("| | and {} more | |\n", report.steps.len() - index);
                out.push_str(&more);
                break;
            }
            out.push_str(&row);
        }
        out.push('\n');
    }
    if let Some(reason) = report.outcome.reason() {
        let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
        // A fence longer than any run of backticks inside it cannot be closed by the text.
        let fence = "`".repeat(longest_run(&reason, '`').max(2) + 1);
        let block = format!("{fence}text\n{reason}\n{fence}\n\n");
        out.push_str(&block);
    }
    warnings(&mut out, report);
    let trace = format!("Trace `{}`, run `{}`\n", report.start.trace_id, report.start.run_id);
    out.push_str(&trace);
    out
}

fn warnings(out: &mut String, report: &RunReport) {
    for (index, warning) in report.warnings.iter().enumerate() {
        if index == WARNINGS_SHOWN_MAX {
            let more = format!("- ⚠️ and {} more\n", report.warnings.len() - index);
            out.push_str(&more);
            break;
        }
        let warning: String = warning.chars().take(STEP_NAME_CHARS_MAX).collect();
        let row = format!("- ⚠️ {}\n", cell(&warning));
        out.push_str(&row);
    }
    if !report.warnings.is_empty() {
        out.push('\n');
    }
}

pub(super) fn cell(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

pub(super) fn longest_run(text: &str, mark: char) -> usize {
    text.split(|c| c != mark).map(str::len).max().unwrap_or_default()
}
