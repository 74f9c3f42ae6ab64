//! The service in memory.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use super::super::poller::{CentralRules, Poller};
use super::super::settings::CentralSettings;
use super::super::source::{CentralError, CentralSource};
use super::super::wire::{RulesPage, StatisticsReport, TargetsAnswer};
use crate::sampling::Rule;
use crate::{Clock, ManualClock};

/// When tests begin: a whole second.
pub(super) const START_SECS: u64 = 1_793_000_000;

/// Answers as it is told, and adds up what it was told.
#[derive(Debug, Clone, Default)]
pub(super) struct Service(Arc<Mutex<Books>>);

#[derive(Debug, Default)]
pub(super) struct Books {
    /// Pages of rules.
    pub(super) pages: Vec<Vec<Rule>>,
    pub(super) fetches: usize,
    pub(super) fetch_fails: bool,
    /// Answers in turn, and then an empty one; `None` fails.
    pub(super) answers: VecDeque<Option<TargetsAnswer>>,
    /// The reports that did not fail.
    pub(super) reports: Vec<StatisticsReport>,
    /// Requests, sampled and borrowed by rule, over all statistics that were accepted.
    sums: BTreeMap<String, [u64; 3]>,
}

impl Service {
    pub(super) fn new(rules: Vec<Rule>) -> Self {
        Self(Arc::new(Mutex::new(Books { pages: vec![rules], ..Books::default() })))
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }

    /// How many can call it.
    pub(super) fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// Requests, sampled and borrowed by rule, over all statistics that were accepted.
    pub(super) fn sums(&self) -> BTreeMap<String, [u64; 3]> {
        self.books().sums.clone()
    }

    pub(super) fn poller(&self) -> (Poller, Arc<CentralRules>, ManualClock) {
        let (clock, hand) = Clock::manual(std::time::Duration::from_secs(START_SECS));
        let rules = Arc::new(CentralRules::default());
        let settings = CentralSettings::new("shop").clock(clock);
        (Poller::new(Arc::clone(&rules), Box::new(self.clone()), &settings), rules, hand)
    }
}

fn away(operation: &'static str) -> CentralError {
    CentralError { operation, detail: "away".to_owned() }
}

impl CentralSource for Service {
    fn fetch_rules(&mut self, next_token: Option<&str>) -> Result<RulesPage, CentralError> {
        let mut books = self.books();
        if books.fetch_fails {
            return Err(away("GetSamplingRules"));
        }
        let page = next_token.map_or(0, |token| token.parse().unwrap());
        books.fetches += usize::from(page == 0);
        let next_token = (page + 1 < books.pages.len()).then(|| (page + 1).to_string());
        Ok(RulesPage { rules: books.pages[page].clone(), malformed: 0, next_token })
    }

    fn report(&mut self, report: &StatisticsReport) -> Result<TargetsAnswer, CentralError> {
        let mut books = self.books();
        let answer = books.answers.pop_front().unwrap_or_else(|| Some(TargetsAnswer::default()));
        let answer = answer.ok_or_else(|| away("GetSamplingTargets"))?;
        books.reports.push(report.clone());
        for document in &report.statistics {
            let is_document = |name: &Option<String>| name.as_ref() == Some(&document.rule_name);
            if answer.unprocessed_statistics.iter().any(|unprocessed| is_document(&unprocessed.rule_name)) {
                continue;
            }
            let sum = books.sums.entry(document.rule_name.clone()).or_default();
            sum[0] += document.request_count;
            sum[1] += document.sampled_count;
            sum[2] += document.borrow_count;
        }
        Ok(answer)
    }
}

/// A rule for paths.
pub(super) fn rule(name: &str, priority: i32, path: &str, reservoir_size: i32, fixed_rate: f64) -> Rule {
    let rule_name = Some(name.to_owned());
    Rule { rule_name, priority, url_path: path.to_owned(), reservoir_size, fixed_rate, ..Rule::default() }
}
