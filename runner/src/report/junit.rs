//! JUnit XML: a suite for the run, a case for each step.

use std::fmt::Write;

use crate::run::{Outcome, RunReport, StepOutcome};

/// The run as a JUnit test suite; a run without steps is one case, so that its outcome is seen.
pub fn junit(report: &RunReport) -> String {
    let name = xml(report.start.canary.as_str());
    let failed_steps = report.steps.iter().filter(|step| step.outcome.reason().is_some()).count();
    // What failed outside of any step is a case of its own: it would be invisible otherwise.
    let extra = report.steps.is_empty() || (failed_steps == 0 && !report.outcome.is_passed());
    let failed_extra = extra && matches!(report.outcome, Outcome::Failed { .. });
    let broken_extra = extra && matches!(report.outcome, Outcome::Broken { .. } | Outcome::Stopped { .. });
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    let mut write = |text: std::fmt::Arguments<'_>| out.write_fmt(text).expect("a String takes any text");
    write(format_args!(
        "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3}\" timestamp=\"{}\">\n",
        report.steps.len() + usize::from(extra),
        failed_steps + usize::from(failed_extra),
        usize::from(broken_extra),
        report.duration.as_secs_f64(),
        report.start.started.strftime("%Y-%m-%dT%H:%M:%S"),
    ));
    for step in &report.steps {
        let head = format!(
            "    <testcase name=\"{}\" classname=\"{name}\" time=\"{:.3}\"",
            xml(&step.name),
            step.duration.as_secs_f64()
        );
        match &step.outcome {
            StepOutcome::Passed => write(format_args!("{head}/>\n")),
            StepOutcome::Failed { reason } => {
                let element = problem("failure", reason);
                write(format_args!("{head}>\n{element}    </testcase>\n"));
            }
        }
    }
    if extra {
        let head =
            format!("    <testcase name=\"run\" classname=\"{name}\" time=\"{:.3}\"", report.duration.as_secs_f64());
        match &report.outcome {
            Outcome::Passed => write(format_args!("{head}/>\n")),
            Outcome::Failed { reason } => {
                write(format_args!("{head}>\n{}    </testcase>\n", problem("failure", reason)));
            }
            Outcome::Broken { reason } | Outcome::Stopped { reason } => {
                write(format_args!("{head}>\n{}    </testcase>\n", problem("error", reason)));
            }
        }
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn problem(element: &str, reason: &str) -> String {
    let first = reason.lines().next().unwrap_or_default();
    format!("      <{element} message=\"{}\">{}</{element}>\n", xml(first), xml(reason))
}

/// Escapes for text and attributes; characters that XML 1.0 forbids become U+FFFD.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
