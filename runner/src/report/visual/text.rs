//! Comparisons for a terminal.

use std::io::{self, Write};

use super::words::{UNSTABLE, regions, totals, worst_first};
use crate::visual::{VisualComparison, VisualReport};

/// Regions of one comparison that are shown; the JSON has all of them.
const REGIONS_SHOWN_MAX: usize = 5;

/// Writes those that are not fine, the worst last, where the eye is, and a line of totals.
///
/// # Errors
/// `out` takes no more.
pub fn visual_text(report: &VisualReport, out: &mut impl Write) -> io::Result<()> {
    for comparison in worst_first(report).into_iter().rev().filter(|one| !one.status.is_fine()) {
        one(comparison, out)?;
    }
    writeln!(out, "{}", totals(report))
}

fn one(comparison: &VisualComparison, out: &mut impl Write) -> io::Result<()> {
    let mut reason = comparison.reason.lines();
    let word = comparison.status.word().to_uppercase();
    writeln!(out, "{word:<17}  {}  {}", plain(&comparison.key), plain(reason.next().unwrap_or_default()))?;
    let below = |out: &mut dyn Write, text: &str| writeln!(out, "                   {}", plain(text));
    reason.try_for_each(|line| below(out, line))?;
    if let Some(change) = &comparison.size_change {
        below(out, change)?;
    }
    if !comparison.is_stable {
        below(out, UNSTABLE)?;
    }
    regions(comparison, REGIONS_SHOWN_MAX).iter().try_for_each(|region| below(out, region))
}

/// Names come from pages: nothing of them may move the terminal's cursor or colour its text.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
