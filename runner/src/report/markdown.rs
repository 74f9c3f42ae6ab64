//! Markdown for the summary of a CI job.

use crate::run::RunReport;

/// Longer reasons are cut: a job's summary has a size limit.
const REASON_CHARS_MAX: usize = 2_000;

/// A heading, a table of steps, and why the run did not pass.
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
        for step in &report.steps {
            let mark = if step.outcome.reason().is_none() { "✅" } else { "❌" };
            let row = format!("| {mark} | {} | {} |\n", cell(&step.name), step.duration.as_millis());
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
    let trace = format!("Trace `{}`, run `{}`\n", report.start.trace_id, report.start.run_id);
    out.push_str(&trace);
    out
}

fn cell(text: &str) -> String {
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

fn longest_run(text: &str, mark: char) -> usize {
    text.split(|c| c != mark).map(str::len).max().unwrap_or_default()
}
