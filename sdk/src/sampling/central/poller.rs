//! Calls the service in time.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use super::rules::{CentralSet, RULES_MAX};
use super::settings::CentralSettings;
use super::source::{CentralError, CentralSource};
use super::statistics::{Reporter, due};
use super::tally::{End, Health};
use super::targets;
use crate::sampling::rule_set::second_of;
use crate::sampling::status::{Counters, add, count};
use crate::sampling::thread::Signal;
use crate::sampling::{Decision, Request, Rule};
use crate::segment::EpochTime;
use crate::{Clock, random};

/// How often rules are fetched.
const RULES_INTERVAL: Duration = Duration::from_mins(5);
/// The most that is added to it, so that instances started together do not call together.
const RULES_JITTER: Duration = Duration::from_secs(5);
/// How often targets are asked for, and how soon failed fetches are tried again at first.
const TARGETS_INTERVAL: Duration = Duration::from_secs(10);
/// The most that is added to it.
const TARGETS_JITTER: Duration = Duration::from_millis(100);
/// The most pages of rules that are asked for.
const PAGES_MAX: usize = 50;

/// Central rules, for decisions and for the thread that keeps them up to date.
#[derive(Debug, Default)]
pub(in crate::sampling) struct CentralRules {
    set: ArcSwapOption<CentralSet>,
    pub(in crate::sampling) counters: Counters,
}

impl CentralRules {
    /// Decides by the first rule that matches; `None` while there are no rules that hold.
    pub(in crate::sampling) fn decide(
        &self,
        request: &Request<'_>,
        now: EpochTime,
        fraction: impl FnOnce() -> f64,
    ) -> Option<Decision> {
        let set = self.set.load();
        let rule = set.as_ref().filter(|set| now < set.valid_until)?.find(request)?;
        let sampled = rule.decide(now, fraction) != End::Dropped;
        Some(Decision { sampled, rule_name: Arc::clone(&rule.name), watched: rule.is_boosted() })
    }

    /// Begins with the rules of the parent, and with counts and quotas of one's own: the parent reports
    /// what it has counted, and what it was granted is its own.
    pub(super) fn forget_parent(&self) {
        if let Some(set) = self.set.load_full() {
            self.set.store(Some(Arc::new(set.afresh())));
        }
    }

    /// Counts how a trace of a rule that may be boosted ended.
    pub(in crate::sampling) fn ended(&self, rule_name: &str, health: Health) {
        let set = self.set.load();
        let rule = set.as_ref().and_then(|set| set.named(rule_name));
        if let Some(rule) = rule.filter(|rule| rule.is_boosted()) {
            rule.ledger.tally.health(health);
        }
    }
}

/// What the thread knows.
#[derive(Debug)]
pub(super) struct Poller {
    rules: Arc<CentralRules>,
    source: Box<dyn CentralSource>,
    clock: Clock,
    reporter: Reporter,
    /// When to fetch rules and targets next; monotonic nanoseconds.
    next_rules_ns: u64,
    next_targets_ns: u64,
    /// When the rules in force were fetched.
    fetched_at: EpochTime,
    /// When the service last changed its rules, as it said last.
    modified_at: Option<EpochTime>,
    /// Fetches that failed one after another.
    failures: u32,
    /// Whether the last call failed: only the first failure is a warning.
    is_failing: bool,
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// A moment `interval` after `now`, and up to `jitter` more.
fn later(now_ns: u64, interval: Duration, jitter: Duration) -> u64 {
    now_ns.saturating_add(nanos(interval + jitter.mul_f64(random::next_fraction())))
}

impl Poller {
    pub(super) fn new(rules: Arc<CentralRules>, source: Box<dyn CentralSource>, settings: &CentralSettings) -> Self {
        let client_id = format!("{:016x}{:08x}", random::next_u64(), random::next_u64() as u32);
        let now_ns = settings.clock.monotonic_ns();
        Self {
            rules,
            source,
            clock: settings.clock.clone(),
            reporter: Reporter::new(client_id, &settings.service_name),
            next_rules_ns: now_ns,
            next_targets_ns: later(now_ns, TARGETS_INTERVAL, TARGETS_JITTER),
            fetched_at: EpochTime::default(),
            modified_at: None,
            failures: 0,
            is_failing: false,
        }
    }

    /// Does what is due, and returns how long nothing will be.
    pub(super) fn step(&mut self, signal: &Signal) -> Duration {
        let now_ns = self.clock.monotonic_ns();
        if now_ns >= self.next_targets_ns {
            if self.report(signal) {
                self.next_rules_ns = now_ns;
            }
            self.next_targets_ns = later(now_ns, TARGETS_INTERVAL, TARGETS_JITTER);
        }
        if now_ns >= self.next_rules_ns && !signal.is_stopping() {
            let pause = self.fetch(signal);
            self.next_rules_ns = later(now_ns, pause, RULES_JITTER);
        }
        let next_ns = self.next_rules_ns.min(self.next_targets_ns);
        Duration::from_nanos(next_ns.saturating_sub(self.clock.monotonic_ns()))
    }

    fn now(&self) -> EpochTime {
        EpochTime::from_nanos(self.clock.wall_ns())
    }

    /// Fetches the rules, and returns when to do so again.
    pub(super) fn fetch(&mut self, signal: &Signal) -> Duration {
        // A change made while the pages come in is newer than they are.
        let asked_at = self.now();
        match self.pages(signal) {
            Ok(None) => RULES_INTERVAL,
            Ok(Some(rules)) => {
                let adopted = CentralSet::adopt(rules, self.rules.set.load().as_deref(), asked_at);
                add(&self.rules.counters.rules_skipped, adopted.skipped);
                add(&self.rules.counters.requests_unreported, adopted.orphaned);
                self.rules.set.store(Some(Arc::new(adopted.set)));
                count(&self.rules.counters.rules_replaced);
                (self.fetched_at, self.failures) = (asked_at, 0);
                self.succeeded();
                RULES_INTERVAL
            }
            Err(error) => {
                count(&self.rules.counters.fetches_failed);
                self.failed(&error);
                let pause = TARGETS_INTERVAL.saturating_mul(1 << self.failures.min(5));
                self.failures += 1;
                pause.min(RULES_INTERVAL)
            }
        }
    }

    /// All pages; `None` when told to stop.
    fn pages(&mut self, signal: &Signal) -> Result<Option<Vec<Rule>>, CentralError> {
        let (mut rules, mut token) = (Vec::new(), None);
        for _ in 0..PAGES_MAX {
            if signal.is_stopping() {
                return Ok(None);
            }
            let page = self.source.fetch_rules(token.as_deref())?;
            add(&self.rules.counters.rules_skipped, page.malformed as u64);
            rules.extend(page.rules);
            token = page.next_token;
            if token.is_none() {
                return Ok(Some(rules));
            }
            if rules.len() > RULES_MAX {
                break;
            }
        }
        let detail = format!("more than {PAGES_MAX} pages or {RULES_MAX} rules");
        Err(CentralError { operation: "GetSamplingRules", detail })
    }

    /// Reports what is due; returns whether the rules have to be fetched again.
    fn report(&mut self, signal: &Signal) -> bool {
        let mono_ns = self.clock.monotonic_ns();
        let Some(set) = self.rules.set.load_full() else { return false };
        let mut refetch = false;
        for rules in due(&set, mono_ns) {
            if signal.is_stopping() {
                return false;
            }
            let dispatch = self.reporter.dispatch(rules, self.now());
            let answer = match self.source.report(&dispatch.report) {
                Ok(answer) => answer,
                Err(error) => {
                    dispatch.restore();
                    count(&self.rules.counters.reports_failed);
                    self.failed(&error);
                    // The next call would most likely fail as well.
                    return refetch;
                }
            };
            let settled = dispatch.settle(&answer);
            let names: Vec<&str> = dispatch.names().collect();
            let set = self.rules.set.load_full().unwrap_or_else(|| Arc::clone(&set));
            let (set, refused) = targets::apply(&set, &answer.targets, &names, mono_ns);
            self.rules.set.store(Some(Arc::new(set)));
            add(&self.rules.counters.targets_refused, refused);
            add(&self.rules.counters.requests_unreported, settled.refused);
            refetch |= settled.refetch || answer.last_rule_modification.is_some_and(|at| self.is_modified(at));
            if settled.failed {
                count(&self.rules.counters.reports_failed);
                let unprocessed = answer.unprocessed_statistics.iter().chain(&answer.unprocessed_boost_statistics);
                let detail = format!("unprocessed: {:?}", unprocessed.take(1).collect::<Vec<_>>());
                self.failed(&CentralError { operation: "GetSamplingTargets", detail });
            } else {
                count(&self.rules.counters.reports_sent);
                self.succeeded();
            }
        }
        refetch
    }

    /// Whether the rules have changed since they were fetched, if the service says it did so last `at`.
    ///
    /// Once it has said a moment, a later one is a change whatever our clock thinks of it. The first one
    /// can only be compared with our clock; it may be in whole seconds, so the same second is a change.
    fn is_modified(&mut self, at: EpochTime) -> bool {
        let said = self.modified_at.replace(at);
        said.map_or_else(|| second_of(at) >= second_of(self.fetched_at), |said| at > said)
    }

    fn failed(&mut self, error: &CentralError) {
        if self.is_failing {
            tracing::debug!(target: "siskin_sdk", %error, "central sampling failed again");
        } else {
            tracing::warn!(target: "siskin_sdk", %error, "central sampling failed, it is tried again");
        }
        self.is_failing = true;
    }

    fn succeeded(&mut self) {
        self.is_failing = false;
    }
}
