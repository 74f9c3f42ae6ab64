//! JUnit XML: a suite for the run, a case for each step; valid by Jenkins's schema and by Ant's stricter one.

use std::fmt::Write;

use super::text::log_text;
use crate::run::{Outcome, RunReport, StepOutcome};

/// Longer logs are cut at their beginning.
const LOG_BYTES_MAX: usize = 64 * 1024;

/// The run as a JUnit test suite; a run without steps is one case, so that its outcome is seen.
pub fn junit(report: &RunReport) -> String {
    let (name, kind) = (xml(report.start.canary.as_str()), xml(&report.start.kind));
    let failed_steps = report.steps.iter().filter(|step| step.outcome.reason().is_some()).count();
    // What failed outside of any step is a case of its own: it would be invisible otherwise.
    let extra = report.steps.is_empty() || (failed_steps == 0 && !report.outcome.is_passed());
    let failed_extra = extra && matches!(report.outcome, Outcome::Failed { .. });
    let broken_extra = extra && matches!(report.outcome, Outcome::Broken { .. } | Outcome::Stopped { .. });
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    let mut write = |text: std::fmt::Arguments<'_>| out.write_fmt(text).expect("a String takes any text");
    write(format_args!(
        "  <testsuite id=\"0\" package=\"{kind}\" name=\"{name}\" hostname=\"localhost\" tests=\"{}\" failures=\"{}\" \
         errors=\"{}\" time=\"{:.3}\" timestamp=\"{}\">\n",
        report.steps.len() + usize::from(extra),
        failed_steps + usize::from(failed_extra),
        usize::from(broken_extra),
        report.duration.as_secs_f64(),
        report.start.started.strftime("%Y-%m-%dT%H:%M:%S"),
    ));
    write(format_args!("    <properties>\n"));
    let browser = report.browser.as_deref();
    let (run, trace) = (report.start.run_id.to_string(), report.start.trace_id.to_string());
    for (key, value) in [("runId", Some(run.as_str())), ("traceId", Some(trace.as_str())), ("browser", browser)] {
        if let Some(value) = value {
            write(format_args!("      <property name=\"{key}\" value=\"{}\"/>\n", xml(value)));
        }
    }
    write(format_args!("    </properties>\n"));
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
    let log = log_text(report);
    // What came last is what tells why.
    let log = log.get(log.ceil_char_boundary(log.len().saturating_sub(LOG_BYTES_MAX))..).unwrap_or_default();
    let output = format!("    <system-out>{}</system-out>\n    <system-err></system-err>\n", xml(log));
    out.push_str(&output);
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn problem(element: &str, reason: &str) -> String {
    let first = reason.lines().next().unwrap_or_default();
    format!("      <{element} type=\"{element}\" message=\"{}\">{}</{element}>\n", xml(first), xml(reason))
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
