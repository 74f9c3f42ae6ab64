//! Verdicts that differ between two checkers.

use std::collections::BTreeSet;

use crate::measure::Run;

/// Differences that are printed.
const SHOWN_MAX: usize = 20;

/// What is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum By {
    /// Addresses without fragments: one of the two merges them when it does not look for them.
    Address,
    /// Addresses with fragments.
    Fragment,
}

pub(crate) fn compare(ours: &Run, theirs: &Run, by: By) {
    let cut = |run: &Run| -> BTreeSet<String> {
        let links = run.broken.iter();
        links.map(|link| if by == By::Address { without_fragment(link) } else { link.clone() }).collect()
    };
    let (ours, theirs) = (cut(ours), cut(theirs));
    let only_ours: Vec<_> = ours.difference(&theirs).collect();
    let only_theirs: Vec<_> = theirs.difference(&ours).collect();
    let both = ours.intersection(&theirs).count();
    println!("broken by both: {both}; by siskin alone: {}; by lychee alone: {}", only_ours.len(), only_theirs.len());
    for (who, links) in [("siskin", only_ours), ("lychee", only_theirs)] {
        for link in links.iter().take(SHOWN_MAX) {
            println!("  {who} alone: {link}");
        }
    }
}

fn without_fragment(link: &str) -> String {
    link.split('#').next().unwrap_or_default().to_owned()
}
