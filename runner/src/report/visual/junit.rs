//! JUnit XML of comparisons: a suite for the report, a case for each.

use super::words::{UNSTABLE, regions, totals};
use crate::report::html::element::push;
use crate::report::junit::xml;
use crate::visual::{VisualComparison, VisualReport, VisualStatus};

/// Regions that a case names; the JSON has all of them.
const REGIONS_SHOWN_MAX: usize = 50;

/// The report as a JUnit test suite: valid by Jenkins's schema and by Ant's stricter one. What has to be looked at is a
/// failure, what could not be compared an error.
pub fn visual_junit(report: &VisualReport) -> String {
    let (name, seconds) = (xml(&report.name), report.duration_ms as f64 / 1e3);
    let count = |kind: &str| report.comparisons.iter().filter(|one| problem(one.status) == Some(kind)).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    push(
        &mut out,
        format_args!(
            "  <testsuite id=\"0\" package=\"visual\" name=\"{name}\" hostname=\"localhost\" tests=\"{}\" failures=\"{}\" \
             errors=\"{}\" time=\"{seconds:.3}\" timestamp=\"{}\">\n    <properties>\n      \
             <property name=\"baselines\" value=\"{}\"/>\n    </properties>\n",
            report.comparisons.len(),
            count("failure"),
            count("error"),
            report.started.strftime("%Y-%m-%dT%H:%M:%S"),
            xml(&report.baselines),
        ),
    );
    for comparison in &report.comparisons {
        case(&mut out, comparison, &name);
    }
    push(
        &mut out,
        format_args!(
            "    <system-out>{}</system-out>\n    <system-err></system-err>\n  </testsuite>\n</testsuites>\n",
            xml(&totals(report))
        ),
    );
    out
}

fn problem(status: VisualStatus) -> Option<&'static str> {
    match status {
        VisualStatus::Different | VisualStatus::Missing | VisualStatus::OtherEnvironment => Some("failure"),
        VisualStatus::Failed => Some("error"),
        VisualStatus::Matched | VisualStatus::New | VisualStatus::Updated => None,
    }
}

fn case(out: &mut String, comparison: &VisualComparison, class: &str) {
    // How long each took is not known.
    let head = format!("    <testcase name=\"{}\" classname=\"{class}\" time=\"0.000\"", xml(&comparison.key));
    let Some(element) = problem(comparison.status) else {
        push(out, format_args!("{head}/>\n"));
        return;
    };
    let mut text = vec![comparison.reason.clone()];
    text.extend(comparison.url.clone());
    text.extend(comparison.size_change.clone());
    text.extend((!comparison.is_stable).then(|| UNSTABLE.to_owned()));
    text.extend(regions(comparison, REGIONS_SHOWN_MAX));
    let files = &comparison.files;
    for (what, file) in [("baseline", &files.baseline), ("actual", &files.actual), ("diff", &files.diff)] {
        text.extend(file.as_ref().map(|file| format!("{what}: {file}")));
    }
    push(
        out,
        format_args!(
            "{head}>\n      <{element} type=\"{}\" message=\"{}\">{}</{element}>\n    </testcase>\n",
            comparison.status.word(),
            xml(comparison.reason.lines().next().unwrap_or_default()),
            xml(&text.join("\n")),
        ),
    );
}
