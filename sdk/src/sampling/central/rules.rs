//! The central rules in force.

use std::sync::Arc;
use std::time::Duration;

use super::quota::{Reserve, Target};
use super::tally::{End, Tally};
use crate::sampling::reservoir::Reservoir;
use crate::sampling::rule_set::second_of;
use crate::sampling::{Request, Rule};
use crate::segment::EpochTime;

/// How long rules hold when the service cannot be reached.
pub(super) const RULES_VALID: Duration = Duration::from_hours(1);
/// The most rules that are kept; AWS allows some dozens.
pub(super) const RULES_MAX: usize = 1_000;
/// The rule that matches what no other does.
const DEFAULT_RULE: &str = "Default";

/// Rules in the order they are asked.
#[derive(Debug)]
pub(in crate::sampling) struct CentralSet {
    pub(super) rules: Vec<CentralRule>,
    /// When they were fetched so long ago that they hold no longer.
    pub(super) valid_until: EpochTime,
}

/// One rule, what the service said of it last, and what it has let through.
#[derive(Debug, Clone)]
pub(in crate::sampling) struct CentralRule {
    pub(super) rule: Arc<Rule>,
    pub(super) name: Arc<str>,
    pub(super) target: Target,
    pub(super) ledger: Arc<Ledger>,
}

/// What a rule has let through; it outlives changes of the rule.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) tally: Tally,
    granted: Reservoir,
    borrowed: Reservoir,
}

/// What came of an answer.
#[derive(Debug)]
pub(super) struct Adopted {
    pub(super) set: CentralSet,
    /// Rules that are left out, as this or any X-Ray SDK cannot follow them.
    pub(super) skipped: u64,
    /// Requests counted for rules that are gone: nobody wants to know of them any more.
    pub(super) orphaned: u64,
}

impl CentralSet {
    /// Puts `rules` in order, and goes on with the counts and targets of those that were there `before`.
    pub(super) fn adopt(rules: Vec<Rule>, before: Option<&Self>, now: EpochTime) -> Adopted {
        let given = rules.len();
        let mut rules: Vec<Rule> = rules.into_iter().filter(is_usable).collect();
        let key = |rule: &Rule| (rule.name() == DEFAULT_RULE, rule.priority, rule.name().to_owned());
        rules.sort_by_cached_key(key);
        rules.dedup_by(|later, first| later.name() == first.name());
        rules.truncate(RULES_MAX);
        let skipped = (given - rules.len()) as u64;
        let known = before.map(|set| set.rules.as_slice()).unwrap_or_default();
        let rules: Vec<_> = rules.into_iter().map(|rule| CentralRule::after(rule, known)).collect();
        let is_gone = |known: &&CentralRule| !rules.iter().any(|rule| Arc::ptr_eq(&rule.ledger, &known.ledger));
        let orphaned = known.iter().filter(is_gone).map(|rule| rule.ledger.tally.take().requests()).sum();
        let valid_ns = now.as_nanos().saturating_add(RULES_VALID.as_nanos() as u64);
        Adopted { set: Self { rules, valid_until: EpochTime::from_nanos(valid_ns) }, skipped, orphaned }
    }

    /// The same rules, of which nothing has been counted and nothing granted; rates hold on.
    pub(super) fn afresh(&self) -> Self {
        let afresh = |rule: &CentralRule| {
            let Target { fixed_rate, boost, .. } = rule.target;
            let target = Target { fixed_rate, boost, ..Target::of(&rule.rule) };
            CentralRule { target, ledger: Arc::default(), ..rule.clone() }
        };
        Self { rules: self.rules.iter().map(afresh).collect(), valid_until: self.valid_until }
    }

    /// The first rule that matches; none when even `Default` is missing.
    pub(super) fn find(&self, request: &Request<'_>) -> Option<&CentralRule> {
        self.rules.iter().find(|rule| rule.rule.matches(request))
    }

    pub(super) fn named(&self, name: &str) -> Option<&CentralRule> {
        self.rules.iter().find(|rule| rule.name.as_ref() == name)
    }
}

/// Whether the rule is one all X-Ray SDKs follow, and says what is possible.
fn is_usable(rule: &Rule) -> bool {
    rule.version == 1
        && rule.resource_arn == "*"
        && rule.attributes.is_empty()
        && (rule.rule_name.is_some() || rule.rule_arn.is_some())
        && (0.0..=1.0).contains(&rule.fixed_rate)
        && rule.reservoir_size >= 0
}

impl CentralRule {
    fn after(rule: Rule, known: &[Self]) -> Self {
        match known.iter().find(|known| known.name.as_ref() == rule.name()) {
            Some(known) if *known.rule == rule => known.clone(),
            // A rate the service gave earlier was meant for the rule as it was.
            Some(known) => Self {
                target: Target { fixed_rate: rule.fixed_rate, ..known.target.clone() },
                rule: Arc::new(rule),
                ..known.clone()
            },
            None => Self {
                name: Arc::from(rule.name()),
                target: Target::of(&rule),
                rule: Arc::new(rule),
                ledger: Arc::default(),
            },
        }
    }

    /// Decides on a trace that begins `now`, and counts it; `fraction` draws a number in `0.0..1.0`.
    pub(super) fn decide(&self, now: EpochTime, fraction: impl FnOnce() -> f64) -> End {
        let second = second_of(now);
        let reserved = match self.target.reserve(&self.rule, now) {
            Reserve::Quota(size) => self.ledger.granted.take(size, second).then_some(End::Sampled),
            Reserve::Borrow => self.ledger.borrowed.take(1, second).then_some(End::Borrowed),
            Reserve::None => None,
        };
        let by_rate = || if fraction() < self.target.rate(now) { End::Sampled } else { End::Dropped };
        let end = reserved.unwrap_or_else(by_rate);
        self.ledger.tally.end(end);
        end
    }

    /// Whether the service may raise the rate when traces fail.
    pub(super) fn is_boosted(&self) -> bool {
        self.rule.sampling_rate_boost.is_some()
    }
}
