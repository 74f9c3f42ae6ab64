//! What is reported, and what becomes of it.

use super::rules::{CentralRule, CentralSet};
use super::tally::Taken;
use super::wire::{BoostStatistics, Statistics, StatisticsReport, TargetsAnswer, Unprocessed};
use crate::segment::EpochTime;

/// The most documents one call carries.
pub(super) const DOCUMENTS_MAX: usize = 25;
/// The longest name of a service boost statistics bear, in characters.
const SERVICE_NAME_CHARS_MAX: usize = 64;

/// Who reports.
#[derive(Debug)]
pub(super) struct Reporter {
    pub(super) client_id: String,
    pub(super) service_name: String,
}

/// Counts that were taken out of their tallies and are on their way.
#[derive(Debug)]
pub(super) struct Dispatch {
    rules: Vec<(CentralRule, Taken)>,
    pub(super) report: StatisticsReport,
}

/// What came of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Settled {
    /// The service does not know what we reported: the rules have changed.
    pub(super) refetch: bool,
    /// The service could not take some of it; that is reported again.
    pub(super) failed: bool,
    /// Requests the service will never accept.
    pub(super) refused: u64,
}

/// The rules with something to report whose interval has passed, in calls of 25.
pub(super) fn due(set: &CentralSet, mono_ns: u64) -> Vec<Vec<CentralRule>> {
    let has_news = |rule: &&CentralRule| {
        let tally = &rule.ledger.tally;
        rule.target.is_due(mono_ns) && (tally.has_requests() || (rule.is_boosted() && tally.has_healths()))
    };
    let due: Vec<_> = set.rules.iter().filter(has_news).cloned().collect();
    due.chunks(DOCUMENTS_MAX).map(<[_]>::to_vec).collect()
}

impl Reporter {
    pub(super) fn new(client_id: String, service_name: &str) -> Self {
        Self { client_id, service_name: service_name.chars().take(SERVICE_NAME_CHARS_MAX).collect() }
    }

    /// Takes the counts of `rules`, at most 25, and says them.
    pub(super) fn dispatch(&self, rules: Vec<CentralRule>, timestamp: EpochTime) -> Dispatch {
        let mut report = StatisticsReport::default();
        let mut taken_of = Vec::with_capacity(rules.len());
        for rule in rules {
            let taken = rule.ledger.tally.take();
            if taken.requests() > 0 {
                report.statistics.push(Statistics {
                    rule_name: rule.name.as_ref().to_owned(),
                    client_id: self.client_id.clone(),
                    timestamp,
                    request_count: taken.requests(),
                    sampled_count: taken.sampled(),
                    borrow_count: taken.borrowed(),
                });
            }
            if rule.is_boosted() && taken.total() > 0 {
                report.boost_statistics.push(BoostStatistics {
                    rule_name: rule.name.as_ref().to_owned(),
                    service_name: self.service_name.clone(),
                    timestamp,
                    anomaly_count: taken.anomalies(),
                    total_count: taken.total(),
                    sampled_anomaly_count: taken.sampled_anomalies(),
                });
            }
            taken_of.push((rule, taken));
        }
        Dispatch { rules: taken_of, report }
    }
}

/// Whether the service is at fault and may accept the document another time.
fn is_service_fault(unprocessed: &Unprocessed) -> bool {
    !unprocessed.error_code.as_deref().is_some_and(|code| code.starts_with('4'))
}

impl Dispatch {
    /// The names of what was reported.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|(rule, _)| rule.name.as_ref())
    }

    /// Adds everything back: the call failed.
    pub(super) fn restore(&self) {
        for (rule, taken) in &self.rules {
            rule.ledger.tally.restore_ends(taken);
            rule.ledger.tally.restore_healths(taken);
        }
    }

    /// Adds back what was not accepted by the service's fault. What it refuses for ours would be
    /// refused for ever, so it is only counted.
    pub(super) fn settle(&self, answer: &TargetsAnswer) -> Settled {
        let mut settled = Settled::default();
        for (rule, taken) in &self.rules {
            let of_rule = |unprocessed: &&Unprocessed| unprocessed.rule_name.as_deref() == Some(&rule.name);
            match answer.unprocessed_statistics.iter().find(of_rule) {
                Some(unprocessed) if is_service_fault(unprocessed) => rule.ledger.tally.restore_ends(taken),
                Some(_) => settled.refused += taken.requests(),
                None => {}
            }
            if answer.unprocessed_boost_statistics.iter().find(of_rule).is_some_and(is_service_fault) {
                rule.ledger.tally.restore_healths(taken);
            }
        }
        let unprocessed = || answer.unprocessed_statistics.iter().chain(&answer.unprocessed_boost_statistics);
        settled.failed = unprocessed().any(is_service_fault);
        settled.refetch = unprocessed().any(|unprocessed| !is_service_fault(unprocessed));
        settled
    }
}
