//! JUnit XML of a link check: a suite for the run, a case for each link that is not ok, and one for all that are.

use std::io::{self, Write};

use crate::check::link::{Link, LinkReport, Verdict};
use crate::report::junit::xml;

/// Pages and lines that a case names; the JSON report has all of them.
const PLACES_MAX: usize = 1_000;

/// Writes the report: valid by Jenkins's schema and by Ant's stricter one, which knows no skipped cases. A broken link is a
/// failure, a run that was stopped an error; links that nobody can verify are named in the output.
///
/// # Errors
/// `out` takes no more.
pub fn links_junit(report: &LinkReport, out: &mut impl Write) -> io::Result<()> {
    let counts = report.counts;
    let seconds = report.duration.as_secs_f64();
    let errors = u64::from(report.stopped.is_some());
    let tests = counts.broken + 1 + errors;
    let start = report.start.first().map(|url| xml(url)).unwrap_or_default();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>")?;
    writeln!(
        out,
        "  <testsuite id=\"0\" package=\"links\" name=\"{start}\" hostname=\"localhost\" tests=\"{tests}\" failures=\"{}\" \
         errors=\"{errors}\" time=\"{seconds:.3}\" timestamp=\"{}\">",
        counts.broken,
        report.started.strftime("%Y-%m-%dT%H:%M:%S"),
    )?;
    writeln!(out, "    <properties>")?;
    for (name, count) in [("pages", counts.pages), ("links", counts.links), ("unverifiable", counts.unverifiable)] {
        writeln!(out, "      <property name=\"{name}\" value=\"{count}\"/>")?;
    }
    writeln!(out, "    </properties>")?;
    writeln!(out, "    <testcase name=\"{} links ok\" classname=\"links\" time=\"{seconds:.3}\"/>", counts.ok)?;
    for link in report.with(Verdict::Broken) {
        writeln!(out, "    <testcase name=\"{}\" classname=\"links\" time=\"0.000\">", xml(&link.address()))?;
        let (reason, places) = (xml(&link.why()), xml(&places(link)));
        writeln!(out, "      <failure type=\"broken\" message=\"{reason}\">{places}</failure>\n    </testcase>")?;
    }
    if let Some(stopped) = report.stopped {
        writeln!(out, "    <testcase name=\"run\" classname=\"links\" time=\"{seconds:.3}\">")?;
        let why = xml(stopped.text());
        writeln!(out, "      <error type=\"stopped\" message=\"{why}\">{why}</error>\n    </testcase>")?;
    }
    let walls = report.with(Verdict::Unverifiable).into_iter();
    let walls = walls.map(|link| format!("unverifiable {}: {}\n{}", link.address(), link.why(), places(link)));
    let notices = report.notices.iter().map(|notice| format!("{}: {}", notice.about, notice.text));
    let log = walls.chain(notices).collect::<Vec<_>>().join("\n");
    writeln!(out, "    <system-out>{}</system-out>\n    <system-err></system-err>", xml(&log))?;
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn places(link: Link<'_>) -> String {
    let places = link.places();
    let kind = link.kind().word();
    let mut lines: Vec<_> = places.iter().take(PLACES_MAX).map(|place| format!("{place} ({kind})")).collect();
    if places.len() > PLACES_MAX {
        lines.push(format!("and {} more", places.len() - PLACES_MAX));
    }
    lines.join("\n")
}
