//! The decision.

use std::sync::Arc;

use super::reservoir::Reservoir;
use super::{LocalRulesError, Request, Rule, local};
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
#[derive(Debug)]
pub struct Sampler {
    rules: Vec<RuleState>,
    /// Asked when no rule matches.
    fallback: RuleState,
}

#[derive(Debug)]
struct RuleState {
    rule: Rule,
    name: Arc<str>,
    reservoir: Reservoir,
}

impl RuleState {
    fn new(rule: Rule) -> Self {
        let name = rule.rule_name.as_deref().or(rule.rule_arn.as_deref()).unwrap_or("Default");
        Self { name: Arc::from(name), rule, reservoir: Reservoir::default() }
    }

    fn decide(&self, now: EpochTime) -> Decision {
        const NANOS_PER_SECOND: u64 = 1_000_000_000;
        let second = (now.as_nanos() / NANOS_PER_SECOND) as u32;
        let size = u32::try_from(self.rule.reservoir_size).unwrap_or(0);
        let sampled = self.reservoir.take(size, second)
            || (self.rule.fixed_rate > 0.0 && random::next_fraction() < self.rule.fixed_rate);
        Decision { sampled, rule_name: Arc::clone(&self.name), watched: false }
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
        Self { rules: rules.into_iter().map(RuleState::new).collect(), fallback: RuleState::new(fallback) }
    }

    /// Records every trace: for development and tests.
    pub fn always() -> Self {
        Self::new(Vec::new(), Rule { reservoir_size: 0, fixed_rate: 1.0, ..Rule::default() })
    }

    /// Records no trace that the caller has not decided to record.
    pub fn never() -> Self {
        Self::new(Vec::new(), Rule { reservoir_size: 0, fixed_rate: 0.0, ..Rule::default() })
    }

    /// Reads a local rules file, version 1 or 2.
    ///
    /// # Errors
    /// [`LocalRulesError`] names the rule, the field and what it must be.
    pub fn from_local_rules(json: &str) -> Result<Self, LocalRulesError> {
        let (rules, fallback) = local::parse(json)?;
        Ok(Self::new(rules, fallback))
    }

    /// Decides whether the trace that begins with `request` is recorded.
    pub fn decide(&self, request: &Request<'_>, now: EpochTime) -> Decision {
        self.rules.iter().find(|state| state.rule.matches(request)).unwrap_or(&self.fallback).decide(now)
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
}
