//! Verdicts that differ between two checkers.

use crate::measure::Run;

/// Differences that are printed.
const SHOWN_MAX: usize = 20;

pub(crate) fn compare(ours: &Run, theirs: &Run) {
    let only_ours: Vec<_> = ours.broken.difference(&theirs.broken).collect();
    let only_theirs: Vec<_> = theirs.broken.difference(&ours.broken).collect();
    let both = ours.broken.intersection(&theirs.broken).count();
    println!("broken by both: {both}; by siskin alone: {}; by lychee alone: {}", only_ours.len(), only_theirs.len());
    for (who, links) in [("siskin", only_ours), ("lychee", only_theirs)] {
        for link in links.iter().take(SHOWN_MAX) {
            println!("  {who} alone: {link}");
        }
    }
}
