//! Sharing out the reservoirs of sampling rules.
//!
//! A rule lets so many requests a second through over all instances of a service. Each instance is granted a part of
//! it. At any time the parts of the active instances together are at most the reservoir, whatever the instances report:
//! a new one waits until the others have given back.
//!
//! The state lives in memory only: an instance that is not known counts as new, and reports again within seconds.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use crate::base::{Scope, Timestamp};

/// How often instances report.
pub const REPORT_INTERVAL: Duration = Duration::from_secs(10);
/// How long an instance may use its part without reporting.
pub const QUOTA_TTL: Duration = Duration::from_mins(5);
/// Without a report for this long an instance counts as gone, and its part goes to others. It may still use it if it
/// comes back to life, until its first report.
const ACTIVE: Duration = Duration::from_secs(30);
/// Most instances that share one rule; further ones are granted nothing and live on the rule's rate.
const CLIENTS_PER_RULE_MAX: usize = 10_000;
/// Most rules, over all accounts and regions, with active instances.
const RULES_MAX: usize = 10_000;

/// Who has been granted what.
#[derive(Debug, Default)]
pub struct Quotas(Mutex<HashMap<(Scope, String), Clients>>);

/// One report of one instance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report<'a> {
    /// The instance.
    pub(super) client: &'a str,
    /// Requests since its last report.
    pub(super) requests: u64,
    /// When.
    pub(super) at: Timestamp,
}

impl Quotas {
    /// Takes a report about `rule` and grants the instance its part of `reservoir` requests a second.
    pub(super) fn grant(&self, scope: &Scope, rule: &str, reservoir: u32, report: Report<'_>) -> u32 {
        let mut rules = self.0.lock();
        if rules.len() >= RULES_MAX {
            rules.retain(|_, clients| clients.expire(report.at));
        }
        let key = (scope.clone(), rule.to_owned());
        if rules.len() >= RULES_MAX && !rules.contains_key(&key) {
            tracing::warn!(rule, limit = RULES_MAX, "too many sampling rules in use, no quota granted");
            return 0;
        }
        rules.entry(key).or_default().grant(reservoir, report)
    }
}

/// The active instances of one rule.
#[derive(Debug, Default)]
struct Clients(HashMap<String, Client>);

#[derive(Clone, Copy, Debug)]
struct Client {
    seen: Timestamp,
    requests: u64,
    granted: u32,
}

impl Clients {
    /// Forgets instances that are gone; whether any is left.
    fn expire(&mut self, now: Timestamp) -> bool {
        self.0.retain(|_, client| now.since(client.seen) <= ACTIVE);
        !self.0.is_empty()
    }

    fn grant(&mut self, reservoir: u32, report: Report<'_>) -> u32 {
        self.expire(report.at);
        if self.0.len() >= CLIENTS_PER_RULE_MAX && !self.0.contains_key(report.client) {
            tracing::warn!(limit = CLIENTS_PER_RULE_MAX, "too many instances share a sampling rule, no quota granted");
            return 0;
        }
        let known = self.0.entry(report.client.to_owned());
        let client = known.or_insert(Client { seen: report.at, requests: 0, granted: 0 });
        (client.seen, client.requests) = (report.at, report.requests);
        let others = self.0.iter().filter(|(id, _)| *id != report.client);
        let taken: u32 = others.fold(0, |taken, (_, client)| taken.saturating_add(client.granted));
        let granted = self.fair_share(reservoir, report.client).min(reservoir.saturating_sub(taken));
        if let Some(client) = self.0.get_mut(report.client) {
            client.granted = granted;
        }
        granted
    }

    /// One for each instance, and the rest by their requests. Where there are more instances than requests to grant,
    /// the busiest get one each.
    fn fair_share(&self, reservoir: u32, id: &str) -> u32 {
        let mut busiest: Vec<(&str, u64)> = self.0.iter().map(|(id, client)| (id.as_str(), client.requests)).collect();
        busiest.sort_by_key(|(id, requests)| (std::cmp::Reverse(*requests), *id));
        let rank = busiest.iter().position(|(other, _)| *other == id).unwrap_or(usize::MAX);
        let floor = u32::from(rank < reservoir as usize);
        let rest = u64::from(reservoir).saturating_sub(busiest.len() as u64);
        let total: u128 = busiest.iter().map(|(_, requests)| u128::from(*requests)).sum();
        let part = |requests: u64| match total {
            0 => u128::from(rest) / busiest.len().max(1) as u128,
            total => u128::from(rest) * u128::from(requests) / total,
        };
        let shared: u128 = busiest.iter().map(|(_, requests)| part(*requests)).sum();
        // What rounding down left over goes to the busiest, one each.
        let left_over = u128::from(rest).saturating_sub(shared);
        let own = busiest.get(rank).map_or(0, |(_, requests)| part(*requests));
        let bonus = u128::from((rank as u128) < left_over);
        floor + u32::try_from(own + bonus).unwrap_or(u32::MAX - 1)
    }
}
