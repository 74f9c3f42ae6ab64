//! A link check for a terminal.

use std::io::{self, Write};

use crate::check::link::{Link, LinkReport, Verdict};

/// Pages and lines of one link that are shown; the JSON report has all of them.
const PLACES_MAX: usize = 20;

/// How much is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LinkDetail {
    /// Links that are not ok.
    Problems,
    /// Redirects of links that are ok, too.
    Redirects,
}

/// Writes problems, notices, and a line of totals.
///
/// # Errors
/// `out` takes no more.
pub fn links_text(report: &LinkReport, detail: LinkDetail, out: &mut impl Write) -> io::Result<()> {
    for verdict in [Verdict::Unverifiable, Verdict::Broken] {
        for link in report.with(verdict) {
            problem(link, verdict, out)?;
        }
    }
    if detail == LinkDetail::Redirects {
        for link in report.with(Verdict::Ok) {
            if let Some(end) = link.redirects().last() {
                writeln!(out, "REDIRECT      {}\n              -> {end}", link.address())?;
            }
        }
    }
    for notice in &report.notices {
        let colon = if notice.about.is_empty() { "" } else { ": " };
        writeln!(out, "NOTICE        {}{colon}{}", notice.about, notice.text)?;
    }
    writeln!(out, "{}", totals(report))
}

/// `120 links on 14 pages: 117 ok, 2 broken, 1 unverifiable, 0 skipped in 1.20 s`.
pub(super) fn totals(report: &LinkReport) -> String {
    let counts = report.counts;
    let plural = |count: u64, word: &str| if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") };
    format!(
        "{} on {}: {} ok, {} broken, {} unverifiable, {} skipped in {:.2} s",
        plural(counts.links, "link"),
        plural(counts.pages, "page"),
        counts.ok,
        counts.broken,
        counts.unverifiable,
        counts.skipped,
        report.duration.as_secs_f64(),
    )
}

fn problem(link: Link<'_>, verdict: Verdict, out: &mut impl Write) -> io::Result<()> {
    let word = if verdict == Verdict::Broken { "BROKEN" } else { "UNVERIFIABLE" };
    let reason = link.why();
    writeln!(out, "{word:<12}  {}  {reason}", link.address())?;
    if let Some(end) = link.redirects().last() {
        writeln!(out, "              -> {end}")?;
    }
    let places = link.places();
    for place in places.iter().take(PLACES_MAX) {
        writeln!(out, "              {place}  ({})", link.kind().word())?;
    }
    if places.len() > PLACES_MAX {
        writeln!(out, "              and {} more places", places.len() - PLACES_MAX)?;
    }
    Ok(())
}
