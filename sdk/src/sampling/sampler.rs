//! The decision.

use std::io;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::anomaly::{AnomalyCapture, AnomalyConditions, AnomalyUse, Outcome, Verdict};
use super::central::{CentralRules, CentralSettings, CentralSource, Health, polling};
use super::each_process::EachProcess;
use super::file::RulesFile;
use super::rule_set::RuleSet;
use super::status::{Counters, count};
use super::thread::OwnedThread;
use super::{LocalRulesError, Request, Rule, RulesFileError, SamplerStatus, local};
use crate::random;
use crate::segment::EpochTime;

/// Whether a trace is recorded, and which rule said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Whether the trace is recorded.
    pub sampled: bool,
    /// The rule that decided.
    pub rule_name: Arc<str>,
    /// Whether the trace is to be recorded though it is not sampled, to be kept if it fails.
    pub watched: bool,
}

/// Decides by the first rule that matches.
///
/// Clones share their rules: keep one to [replace](Self::replace_rules) them while the service runs.
#[derive(Debug, Clone)]
pub struct Sampler {
    source: Arc<Source>,
    capture: Option<Arc<AnomalyCapture>>,
}

/// Where the rules are.
#[derive(Debug)]
enum Source {
    Local {
        rules: Arc<LocalRules>,
        /// Follows the file they are from.
        follower: Option<EachProcess>,
    },
    Central {
        rules: Arc<CentralRules>,
        /// Decides while there are none.
        fallback: Sampler,
        polling: EachProcess,
    },
}

/// Rules that can be replaced at any time, by any thread.
#[derive(Debug)]
pub(super) struct LocalRules {
    pub(super) set: ArcSwap<RuleSet>,
    pub(super) counters: Counters,
}

impl LocalRules {
    pub(super) fn new(set: RuleSet) -> Self {
        Self { set: ArcSwap::from_pointee(set), counters: Counters::default() }
    }

    fn decide<'a>(&self, request: impl FnOnce() -> Request<'a>, now: EpochTime) -> Decision {
        let set = self.set.load();
        let state = if set.rules.is_empty() { &set.fallback } else { set.find(&request()) };
        let sampled = state.samples(now, random::next_fraction);
        Decision { sampled, rule_name: Arc::clone(&state.name), watched: false }
    }

    /// Puts `set` in force.
    pub(super) fn replace(&self, set: RuleSet) {
        // Two that replace at once leave the set of one of them, whole; at worst it has the reservoirs
        // of the set before the other's.
        let set = set.after(&self.set.load());
        self.set.store(Arc::new(set));
        count(&self.counters.rules_replaced);
    }
}

impl Default for Sampler {
    /// The default rule alone: one trace a second, and 5 % of the rest.
    fn default() -> Self {
        Self::new(Vec::new(), Rule::default())
    }
}

impl Sampler {
    /// Asks `rules` in their order, then `fallback`, whose patterns are not looked at.
    pub fn new(rules: Vec<Rule>, fallback: Rule) -> Self {
        let rules = Arc::new(LocalRules::new(RuleSet::new(rules, fallback)));
        Self::from_source(Source::Local { rules, follower: None })
    }

    /// Records every trace: for development and tests.
    pub fn always() -> Self {
        Self::new(Vec::new(), Rule { reservoir_size: 0, fixed_rate: 1.0, ..Rule::default() })
    }

    /// Records no trace that the caller has not decided to record.
    pub fn never() -> Self {
        Self::new(Vec::new(), Rule { reservoir_size: 0, fixed_rate: 0.0, ..Rule::default() })
    }

    /// Reads local rules, version 1 or 2.
    ///
    /// # Errors
    /// [`LocalRulesError`] names the rule, the field and what it must be.
    pub fn from_local_rules(json: &str) -> Result<Self, LocalRulesError> {
        let (rules, fallback) = local::parse(json)?;
        Ok(Self::new(rules, fallback))
    }

    /// Reads a file of local rules, version 1 or 2 and at most 1 MiB, and reads it again when it has
    /// changed.
    ///
    /// A thread looks at the file once a second, until the last clone of the sampler is dropped; in a forked
    /// child, from its first decision on. A
    /// changed file that cannot be read or is wrong leaves the rules as they were; it is logged, and
    /// counted in [`SamplerStatus::files_refused`].
    ///
    /// # Errors
    /// When the file cannot be read or is wrong now, or the system gives no thread.
    pub fn from_local_rules_file(path: impl AsRef<Path>) -> Result<Self, RulesFileError> {
        let path = path.as_ref();
        let (file, set) = RulesFile::open(path)?;
        let rules = Arc::new(LocalRules::new(set));
        let followed = Arc::clone(&rules);
        let start = move |_| {
            let (file, followed) = (file.clone(), Arc::clone(&followed));
            OwnedThread::start("siskin-rules", move |signal| file.follow(&followed, signal)).map(Some)
        };
        let follower =
            EachProcess::start(start).map_err(|error| RulesFileError::NoThread { path: path.to_owned(), error })?;
        Ok(Self::from_source(Source::Local { rules, follower: Some(follower) }))
    }

    /// Follows the rules and quotas that `source` brings from the X-Ray service.
    ///
    /// A thread fetches the rules at once and then every five minutes, and reports statistics every ten
    /// seconds, until the last clone of the sampler is dropped. Statistics whose report fails are
    /// reported again; if only the answer was lost, the service has them twice. Those of the last ten
    /// seconds before the end are not reported.
    ///
    /// What `settings.fallback` [captures](Self::capture_anomalies), the central sampler does.
    ///
    /// A forked child begins with the rules of its parent, and polls for itself from its first decision
    /// on. Where the source has no [successor](CentralSource::successor), it goes on with those rules for
    /// up to an hour, then with the fallback.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn central(source: impl CentralSource, settings: CentralSettings) -> io::Result<Self> {
        let rules = Arc::new(CentralRules::default());
        let fallback = settings.fallback.clone();
        let polling = polling::start(&rules, Box::new(source), settings)?;
        let capture = fallback.capture.clone();
        let sampler = Self::from_source(Source::Central { rules, fallback, polling });
        Ok(Self { capture, ..sampler })
    }

    fn from_source(source: Source) -> Self {
        Self { source: Arc::new(source), capture: None }
    }

    /// Keeps some of the unsampled traces that turn out to be anomalies.
    ///
    /// Every trace is recorded then, as how it ends is known only afterwards; unless `conditions` keep
    /// none. They also say which traces the service is told of when a rule may be boosted.
    #[must_use]
    pub fn capture_anomalies(self, conditions: AnomalyConditions) -> Self {
        Self { capture: Some(Arc::new(AnomalyCapture::new(conditions))), ..self }
    }

    /// Puts other rules in force, for the decisions of all clones from now on.
    ///
    /// A rule that keeps its name keeps what it has let through in the current second. A sampler that
    /// follows a file goes on doing so: the file's next change replaces these rules. Of a central
    /// sampler, the rules of its fallback are replaced.
    pub fn replace_rules(&self, rules: Vec<Rule>, fallback: Rule) {
        match self.source.as_ref() {
            Source::Local { rules: in_force, .. } => in_force.replace(RuleSet::new(rules, fallback)),
            Source::Central { fallback: sampler, .. } => sampler.replace_rules(rules, fallback),
        }
    }

    /// What became of the rules so far; of a central sampler, its central rules.
    pub fn status(&self) -> SamplerStatus {
        match self.source.as_ref() {
            Source::Local { rules, .. } => rules.counters.status(),
            Source::Central { rules, .. } => rules.counters.status(),
        }
    }

    /// Decides whether the trace that begins with `request` is recorded, without waiting or allocating.
    pub fn decide(&self, request: &Request<'_>, now: EpochTime) -> Decision {
        self.decide_with(|| *request, now)
    }

    /// The same with a request that is put together only if a rule wants to see it.
    pub(crate) fn decide_with<'a>(&self, request: impl FnOnce() -> Request<'a>, now: EpochTime) -> Decision {
        let decision = match self.source.as_ref() {
            Source::Local { rules, follower } => {
                if let Some(follower) = follower {
                    follower.follow_fork();
                }
                rules.decide(request, now)
            }
            Source::Central { rules, fallback, polling } => {
                polling.follow_fork();
                let request = request();
                rules.decide(&request, now, random::next_fraction).unwrap_or_else(|| fallback.decide(&request, now))
            }
        };
        let keeps_any = self.capture.as_ref().is_some_and(|capture| capture.keeps_any());
        Decision { watched: decision.watched || keeps_any, ..decision }
    }

    /// Takes note of how a watched trace ended that was decided on by the rule `rule_name`, without
    /// waiting or allocating; says whether to keep it.
    pub fn ended(&self, rule_name: &str, sampled: bool, outcome: &Outcome<'_>, now: EpochTime) -> Verdict {
        let used_for = match &self.capture {
            Some(capture) => capture.use_of(outcome),
            None => AnomalyConditions::default().use_of(outcome),
        };
        let health = match (used_for.is_some_and(AnomalyUse::boosts), sampled) {
            (false, _) => Health::Healthy,
            (true, false) => Health::Anomaly,
            (true, true) => Health::SampledAnomaly,
        };
        if let Source::Central { rules, .. } = self.source.as_ref() {
            rules.ended(rule_name, health);
        }
        let keeps = || self.capture.as_ref().is_some_and(|capture| capture.keeps(now));
        Verdict { capture: !sampled && used_for.is_some_and(AnomalyUse::captures) && keeps() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> EpochTime {
        EpochTime::from_nanos(second * 1_000_000_000)
    }

    #[test]
    fn the_first_of_each_second_is_sampled_and_five_percent_of_the_rest() {
        let sampler = Sampler::default();
        let sampled = (0..20_000_u64).filter(|n| sampler.decide(&Request::default(), at(n / 2_000)).sampled).count();
        // 10 by the reservoir, then a binomial with mean 999.5 and deviation 31.
        assert!((800..1_220).contains(&sampled), "{sampled}");
        assert!(sampler.decide(&Request::default(), at(99)).sampled);
    }

    #[test]
    fn the_first_matching_rule_decides() {
        let named = |name: &str, path: &str, rate| Rule {
            rule_name: Some(name.to_owned()),
            url_path: path.to_owned(),
            reservoir_size: 0,
            fixed_rate: rate,
            ..Rule::default()
        };
        let rules = vec![named("health", "/health", 0.0), named("rest", "/*", 1.0)];
        let sampler = Sampler::new(rules, Rule::default());
        let decide = |path| sampler.decide(&Request { path: Some(path), ..Request::default() }, at(1));
        assert_eq!(decide("/health"), Decision { sampled: false, rule_name: Arc::from("health"), watched: false });
        assert_eq!(decide("/cart"), Decision { sampled: true, rule_name: Arc::from("rest"), watched: false });
        assert_eq!(decide("nowhere").rule_name.as_ref(), "Default");
    }

    #[test]
    fn always_and_never_do() {
        for second in 0..100 {
            assert!(Sampler::always().decide(&Request::default(), at(second)).sampled);
            assert!(!Sampler::never().decide(&Request::default(), at(second)).sampled);
        }
    }

    #[test]
    fn rules_change_while_decisions_go_on() {
        let sampler = Sampler::new(Vec::new(), Rule { reservoir_size: 1, fixed_rate: 0.0, ..Rule::default() });
        let seen = sampler.clone();
        let sampled = |second| seen.decide(&Request::default(), at(second)).sampled;
        assert_eq!([sampled(1), sampled(1)], [true, false]);
        // One more fits in this second, as one was taken before.
        sampler.replace_rules(Vec::new(), Rule { reservoir_size: 2, fixed_rate: 0.0, ..Rule::default() });
        assert_eq!([sampled(1), sampled(1), sampled(2), sampled(2), sampled(2)], [true, false, true, true, false]);
        assert_eq!(sampler.status().rules_replaced, 1);
    }

    #[test]
    fn threads_decide_by_whole_sets_of_rules() {
        let rule = |name: &str, rate| Rule {
            rule_name: Some(name.to_owned()),
            reservoir_size: 0,
            fixed_rate: rate,
            ..Rule::default()
        };
        let sampler = Sampler::new(vec![], rule("all", 1.0));
        std::thread::scope(|scope| {
            let deciding: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        for _ in 0..5_000 {
                            let decision = sampler.decide(&Request::default(), at(1));
                            assert_eq!(decision.sampled, decision.rule_name.as_ref() == "all");
                        }
                    })
                })
                .collect();
            while deciding.iter().any(|thread| !thread.is_finished()) {
                sampler.replace_rules(vec![], rule("none", 0.0));
                sampler.replace_rules(vec![], rule("all", 1.0));
            }
        });
    }
}
