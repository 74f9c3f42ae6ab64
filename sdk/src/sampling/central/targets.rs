//! What the service grants, put in force.

use std::time::Duration;

use super::quota::{Boost, Target};
use super::rules::CentralSet;
use super::wire::SamplingTarget;

/// The longest interval between reports that is followed.
const INTERVAL_SECS_MAX: i32 = 3_600;

/// Puts `targets` in force; `reported` names the rules whose statistics arrived at `mono_ns`. Returns
/// how many targets were refused because they say what is impossible.
pub(super) fn apply(
    set: &CentralSet,
    targets: &[SamplingTarget],
    reported: &[&str],
    mono_ns: u64,
) -> (CentralSet, u64) {
    let mut set = CentralSet { rules: set.rules.clone(), valid_until: set.valid_until };
    let mut refused = 0;
    for rule in &mut set.rules {
        if reported.contains(&rule.name.as_ref()) {
            rule.target.reported_ns = Some(mono_ns);
        }
    }
    for target in targets {
        // A rule that is not known yet comes with the next fetch.
        let Some(rule) = set.rules.iter_mut().find(|rule| *rule.name == *target.rule_name) else { continue };
        if is_possible(target) {
            rule.target = after(&rule.target, target);
        } else {
            refused += 1;
        }
    }
    (set, refused)
}

fn is_possible(target: &SamplingTarget) -> bool {
    let is_rate = |rate: f64| (0.0..=1.0).contains(&rate);
    is_rate(target.fixed_rate)
        && target.reservoir_quota.is_none_or(|quota| quota >= 0)
        && target.interval.is_none_or(|interval| interval >= 1)
        && target.sampling_boost.as_ref().is_none_or(|boost| is_rate(boost.boost_rate))
}

/// What is absent stays as it was.
fn after(known: &Target, said: &SamplingTarget) -> Target {
    let boost = said
        .sampling_boost
        .as_ref()
        .and_then(|boost| boost.boost_rate_ttl.map(|until| Boost { rate: boost.boost_rate, until }));
    let interval =
        said.interval.map(|secs| Duration::from_secs(secs.clamp(1, INTERVAL_SECS_MAX).unsigned_abs().into()));
    Target {
        fixed_rate: said.fixed_rate,
        quota: said.reservoir_quota.map(i32::unsigned_abs).or(known.quota),
        quota_until: said.reservoir_quota_ttl.or(known.quota_until),
        boost: boost.or(known.boost),
        interval: interval.unwrap_or(known.interval),
        reported_ns: known.reported_ns,
    }
}
