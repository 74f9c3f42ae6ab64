//! Which links a browser may see otherwise.

use std::collections::BTreeMap;

use crate::check::link::report::LinkReport;
use crate::check::link::targets::LinkId;
use crate::check::link::verdict::{Reason, Verdict};

/// Links that a browser may see otherwise.
#[derive(Clone, Debug, Default)]
pub struct Doubts {
    /// Pages with scripts, and the links whose fragments their HTML does not have.
    pub(super) fragments: BTreeMap<String, Vec<LinkId>>,
    /// Addresses that turned us away, and their links.
    pub(super) walls: BTreeMap<String, Vec<LinkId>>,
}

impl Doubts {
    pub fn is_empty(&self) -> bool {
        self.fragments.is_empty() && self.walls.is_empty()
    }

    /// How many pages have to be opened.
    pub fn pages(&self) -> usize {
        self.fragments.len() + self.walls.len()
    }
}

/// The links of `report` that a browser may see otherwise.
pub fn doubts(report: &LinkReport) -> Doubts {
    let mut doubts = Doubts::default();
    for id in report.targets.links() {
        let Some(reason) = report.targets.failure(id) else { continue };
        let (end, _) = report.targets.end_of(report.targets.target_of(id), usize::MAX);
        let place = match reason {
            Reason::NoFragment if report.targets.target(end).has_script => &mut doubts.fragments,
            Reason::Status(_) if reason.verdict(&report.judging) == Verdict::Unverifiable => &mut doubts.walls,
            _ => continue,
        };
        place.entry(report.targets.url(end).to_owned()).or_default().push(id);
    }
    doubts
}
