//! Sharing out a reservoir.

use std::time::Duration;

use proptest::prelude::*;

use super::Quotas;
use super::quota::Report;
use crate::base::{Scope, Timestamp};

const START: Timestamp = Timestamp::from_secs(1_793_000_000);

/// Grants, in turn, for reports of (client, requests, seconds since the report before).
fn grants(reservoir: u32, reports: &[(&str, u64, u64)]) -> Vec<u32> {
    let quotas = Quotas::default();
    let mut at = START;
    let mut granted = Vec::new();
    for (client, requests, seconds) in reports {
        at = at.plus(Duration::from_secs(*seconds));
        granted.push(quotas.grant(&Scope::default(), "rule", reservoir, Report { client, requests: *requests, at }));
    }
    granted
}

#[test]
fn one_instance_gets_all() {
    assert_eq!(grants(10, &[("a", 100, 0), ("a", 0, 10)]), [10, 10]);
    assert_eq!(grants(0, &[("a", 100, 0)]), [0]);
}

#[test]
fn a_new_instance_waits_until_another_gives_back() {
    assert_eq!(grants(10, &[("a", 100, 0), ("b", 100, 5), ("a", 100, 5), ("b", 100, 5)]), [10, 0, 5, 5]);
}

#[test]
fn busy_instances_get_more_and_idle_ones_keep_one() {
    let reports = [("a", 90, 0), ("b", 0, 1), ("a", 90, 1), ("b", 0, 1), ("a", 90, 1)];
    assert_eq!(grants(10, &reports), [10, 0, 9, 1, 9]);
}

#[test]
fn where_there_are_too_many_the_busiest_get_one_each() {
    let reports = [("a", 1, 0), ("b", 50, 1), ("c", 40, 1), ("a", 1, 1), ("b", 50, 1), ("c", 40, 1)];
    assert_eq!(grants(2, &reports), [2, 0, 0, 0, 1, 1]);
}

#[test]
fn an_instance_that_is_gone_gives_back() {
    assert_eq!(grants(10, &[("a", 100, 0), ("b", 1, 31)]), [10, 10]);
}

#[test]
fn scopes_and_rules_do_not_share() {
    let quotas = Quotas::default();
    let report = Report { client: "a", requests: 1, at: START };
    assert_eq!(quotas.grant(&Scope::default(), "one", 7, report), 7);
    assert_eq!(quotas.grant(&Scope::default(), "other", 7, report), 7);
}

proptest! {
    /// At each moment the latest grants of all instances seen within 30 seconds are together at most the reservoir.
    #[test]
    fn grants_never_exceed_the_reservoir(
        reservoir in 0_u32..50,
        reports in prop::collection::vec((0_usize..8, 0_u64..1_000_000, 0_u64..8), 1..60),
    ) {
        let quotas = Quotas::default();
        let mut at = START;
        let mut latest = [(START, 0_u32); 8];
        for (client, requests, seconds) in reports {
            at = at.plus(Duration::from_secs(seconds));
            let name = client.to_string();
            let granted = quotas.grant(&Scope::default(), "rule", reservoir, Report { client: &name, requests, at });
            latest[client] = (at, granted);
            let active = latest.iter().filter(|(seen, _)| at.since(*seen) <= Duration::from_secs(30));
            prop_assert!(active.map(|(_, granted)| granted).sum::<u32>() <= reservoir);
        }
    }

    /// When all have reported twice at the same pace, the whole reservoir is in use.
    #[test]
    fn a_reservoir_is_used_up(reservoir in 1_u32..100, clients in prop::collection::vec(1_u64..1_000, 1..10)) {
        let quotas = Quotas::default();
        let mut total = 0;
        for round in 0..3 {
            total = 0;
            for (client, requests) in clients.iter().enumerate() {
                let at = START.plus(Duration::from_secs(round * 10));
                let name = client.to_string();
                total += quotas.grant(&Scope::default(), "rule", reservoir, Report { client: &name, requests: *requests, at });
            }
        }
        prop_assert_eq!(total, reservoir);
    }
}
