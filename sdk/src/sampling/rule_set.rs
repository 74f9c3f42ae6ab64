//! The rules in force, and what each has let through.

use std::collections::HashMap;
use std::sync::Arc;

use super::reservoir::Reservoir;
use super::{Request, Rule};
use crate::segment::EpochTime;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// The whole second a moment is in; 32 bits last until the year 2106.
pub(super) fn second_of(now: EpochTime) -> u32 {
    (now.as_nanos() / NANOS_PER_SECOND) as u32
}

/// Rules in the order they are asked.
#[derive(Debug)]
pub(super) struct RuleSet {
    pub(super) rules: Vec<RuleState>,
    /// Asked when no rule matches.
    pub(super) fallback: RuleState,
}

impl RuleSet {
    pub(super) fn new(rules: Vec<Rule>, fallback: Rule) -> Self {
        let rules = rules.into_iter().map(RuleState::new).collect();
        Self { rules, fallback: RuleState::new(fallback) }
    }

    /// Goes on with the reservoirs of rules that had the same name before: a change of the rules fills
    /// none of them a second time in its second.
    pub(super) fn after(mut self, before: &Self) -> Self {
        let mut known: HashMap<&str, &Arc<Reservoir>> = HashMap::new();
        for state in before.rules.iter().rev().chain([&before.fallback]) {
            known.insert(&state.name, &state.reservoir);
        }
        for state in self.rules.iter_mut().chain([&mut self.fallback]) {
            // Taken out, as names need not be unique in a file.
            if let Some(reservoir) = known.remove(state.name.as_ref()) {
                state.reservoir = Arc::clone(reservoir);
            }
        }
        self
    }

    /// The first rule that matches.
    pub(super) fn find(&self, request: &Request<'_>) -> &RuleState {
        self.rules.iter().find(|state| state.rule.matches(request)).unwrap_or(&self.fallback)
    }
}

/// One rule in force.
#[derive(Debug)]
pub(super) struct RuleState {
    pub(super) rule: Rule,
    pub(super) name: Arc<str>,
    reservoir: Arc<Reservoir>,
}

impl RuleState {
    fn new(rule: Rule) -> Self {
        Self { name: Arc::from(rule.name()), rule, reservoir: Arc::default() }
    }

    /// Whether a trace that begins `now` is recorded; `fraction` draws a number in `0.0..1.0`.
    pub(super) fn samples(&self, now: EpochTime, fraction: impl FnOnce() -> f64) -> bool {
        let size = u32::try_from(self.rule.reservoir_size).unwrap_or(0);
        (size > 0 && self.reservoir.take(size, second_of(now))) || is_drawn(self.rule.fixed_rate, fraction)
    }
}

/// Whether one of which `rate` are drawn is.
fn is_drawn(rate: f64, fraction: impl FnOnce() -> f64) -> bool {
    rate >= 1.0 || (rate > 0.0 && fraction() < rate)
}
