//! What is fetched and reported when, and what holds then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::super::poller::{CentralRules, Poller};
use super::super::settings::CentralSettings;
use super::super::tally::Health;
use super::super::wire::{SamplingBoost, SamplingTarget, TargetsAnswer, Unprocessed};
use super::service::{START_SECS, Service, rule};
use crate::sampling::thread::Signal;
use crate::sampling::{AnomalyConditions, Outcome, Request, Rule, Sampler, SamplingRateBoost};
use crate::segment::EpochTime;
use crate::{Clock, ManualClock};

/// More than a round of targets with its jitter.
const ROUND: Duration = Duration::from_millis(10_100);

fn at(secs: u64) -> EpochTime {
    EpochTime::from_nanos(secs * 1_000_000_000)
}

fn decides(rules: &CentralRules, path: &str, now: EpochTime) -> Option<(String, bool)> {
    let request = Request { path: Some(path), ..Request::default() };
    // Never by rate.
    rules.decide(&request, now, || 1.0).map(|decision| (decision.rule_name.as_ref().to_owned(), decision.sampled))
}

fn after_round(poller: &mut Poller, hand: &ManualClock) {
    hand.advance(ROUND);
    poller.step(&Signal::default());
}

#[test]
fn rules_are_ordered_and_those_nobody_follows_are_left_out() {
    let usable = rule("a", 2, "/x", 0, 0.0);
    let mut attributes = rule("attributes", 1, "*", 0, 0.0);
    attributes.attributes.insert("k".to_owned(), "v".to_owned());
    let service = Service::new(vec![rule("Default", 1, "*", 0, 0.0), rule("b", 2, "/x", 0, 0.0), usable]);
    service.books().pages.push(vec![
        attributes,
        Rule { version: 2, ..rule("version", 1, "*", 0, 0.0) },
        Rule { resource_arn: "arn:aws:x".to_owned(), ..rule("resource", 1, "*", 0, 0.0) },
        rule("rate", 1, "*", 0, 1.5),
        rule("first", 1, "/y", 0, 0.0),
    ]);
    let (mut poller, rules, _) = service.poller();
    assert_eq!(decides(&rules, "/x", at(START_SECS)), None);
    poller.step(&Signal::default());
    let named = |path| decides(&rules, path, at(START_SECS)).unwrap().0;
    assert_eq!([named("/x"), named("/y"), named("/z")], ["a", "first", "Default"]);
    assert_eq!(rules.counters.status().rules_skipped, 4);
}

#[test]
fn a_quota_holds_until_its_time_and_then_one_is_borrowed() {
    let service = Service::new(vec![rule("Default", 10_000, "*", 5, 0.0)]);
    let (mut poller, rules, hand) = service.poller();
    poller.step(&Signal::default());
    let sampled = |secs| (0..9).filter(|_| decides(&rules, "/", at(secs)).unwrap().1).count();
    assert_eq!(sampled(START_SECS), 1);
    let target = SamplingTarget {
        rule_name: "Default".to_owned(),
        reservoir_quota: Some(3),
        reservoir_quota_ttl: Some(at(START_SECS + 30)),
        ..SamplingTarget::default()
    };
    let wrong = SamplingTarget { fixed_rate: 1.5, ..target.clone() };
    let answer = TargetsAnswer { targets: vec![target, wrong], ..TargetsAnswer::default() };
    service.books().answers.push_back(Some(answer));
    after_round(&mut poller, &hand);
    assert_eq!((sampled(START_SECS + 29), sampled(START_SECS + 30)), (3, 1));
    assert_eq!(rules.counters.status().targets_refused, 1);
    assert_eq!(service.sums(), BTreeMap::from([("Default".to_owned(), [9, 0, 1])]));
}

#[test]
fn rules_are_fetched_again_in_time_or_when_they_have_changed() {
    let service = Service::new(vec![rule("Default", 10_000, "*", 1, 0.0)]);
    let (mut poller, rules, hand) = service.poller();
    poller.step(&Signal::default());
    let round = |poller: &mut Poller, answer: TargetsAnswer| {
        decides(&rules, "/", at(START_SECS)).unwrap();
        service.books().answers.push_back(Some(answer));
        after_round(poller, &hand);
        service.books().fetches
    };
    let modified = |secs| TargetsAnswer { last_rule_modification: Some(at(secs)), ..TargetsAnswer::default() };
    let unknown = Unprocessed {
        rule_name: Some("Default".to_owned()),
        error_code: Some("400".to_owned()),
        ..Unprocessed::default()
    };
    let unprocessed = TargetsAnswer { unprocessed_statistics: vec![unknown], ..TargetsAnswer::default() };
    assert_eq!(round(&mut poller, modified(START_SECS - 1)), 1);
    assert_eq!(round(&mut poller, modified(START_SECS + 15)), 2);
    assert_eq!(round(&mut poller, modified(START_SECS + 15)), 2);
    assert_eq!(round(&mut poller, unprocessed), 3);
    assert_eq!(rules.counters.status().requests_unreported, 1);
    hand.advance(Duration::from_secs(305));
    poller.step(&Signal::default());
    assert_eq!(service.books().fetches, 4);
}

#[test]
fn a_change_is_noticed_whatever_the_clocks_say() {
    let modified = |at: EpochTime| TargetsAnswer { last_rule_modification: Some(at), ..TargetsAnswer::default() };
    let fetches = |moments: &[EpochTime]| {
        let service = Service::new(vec![rule("Default", 10_000, "*", 1, 0.0)]);
        let (mut poller, rules, hand) = service.poller();
        poller.step(&Signal::default());
        for moment in moments {
            decides(&rules, "/", at(START_SECS)).unwrap();
            service.books().answers.push_back(Some(modified(*moment)));
            after_round(&mut poller, &hand);
        }
        service.books().fetches
    };
    // In whole seconds, within the second of the fetch.
    assert_eq!(fetches(&[at(START_SECS)]), 2);
    // By a clock that is an hour behind ours.
    assert_eq!(fetches(&[at(START_SECS - 3_600), at(START_SECS - 3_600), at(START_SECS - 3_590)]), 2);
    // By one that is ahead: once for each change, and not for ever.
    assert_eq!(fetches(&[at(START_SECS + 3_600); 3]), 2);
}

#[test]
fn without_the_service_rules_hold_for_an_hour() {
    let service = Service::new(vec![rule("Default", 10_000, "*", 1, 0.0)]);
    let (mut poller, rules, hand) = service.poller();
    poller.step(&Signal::default());
    service.books().fetch_fails = true;
    for _ in 0..20 {
        hand.advance(Duration::from_secs(305));
        poller.step(&Signal::default());
    }
    assert!(decides(&rules, "/", at(START_SECS + 3_599)).is_some());
    assert_eq!(decides(&rules, "/", at(START_SECS + 3_600)), None);
    assert_eq!(rules.counters.status().fetches_failed, 20);
}

#[test]
fn a_call_carries_25_rules_at_most() {
    let named = |number: i32| rule(&format!("r{number}"), number, &format!("/{number}"), 0, 0.0);
    let service = Service::new((1..=60).map(named).collect());
    let (mut poller, rules, hand) = service.poller();
    poller.step(&Signal::default());
    for number in 1..=60 {
        decides(&rules, &format!("/{number}"), at(START_SECS)).unwrap();
    }
    after_round(&mut poller, &hand);
    let sizes: Vec<_> = service.books().reports.iter().map(|report| report.statistics.len()).collect();
    assert_eq!(sizes, [25, 25, 10]);
    // Nothing new, so nothing to say.
    after_round(&mut poller, &hand);
    assert_eq!(service.books().reports.len(), 3);
}

#[test]
fn a_rule_is_reported_no_more_often_than_its_interval() {
    let service = Service::new(vec![rule("Default", 10_000, "*", 0, 0.0)]);
    let (mut poller, rules, hand) = service.poller();
    poller.step(&Signal::default());
    let target = SamplingTarget { rule_name: "Default".to_owned(), interval: Some(25), ..SamplingTarget::default() };
    let answer = TargetsAnswer { targets: vec![target], ..TargetsAnswer::default() };
    service.books().answers.push_back(Some(answer));
    let reports = [(); 6].map(|()| {
        decides(&rules, "/", at(START_SECS)).unwrap();
        after_round(&mut poller, &hand);
        service.books().reports.len()
    });
    assert_eq!(reports, [1, 1, 1, 2, 2, 2]);
    assert_eq!(service.sums()["Default"][0], 4);
}

#[test]
fn a_boost_raises_the_rate_for_a_while_and_anomalies_are_reported() {
    let boost = Some(SamplingRateBoost { max_rate: 0.9, cooldown_window_minutes: 1 });
    let service = Service::new(vec![Rule { sampling_rate_boost: boost, ..rule("Default", 10_000, "*", 0, 0.1) }]);
    let (mut poller, rules, hand) = service.poller();
    poller.step(&Signal::default());
    for health in [Health::Healthy, Health::Anomaly, Health::Anomaly, Health::SampledAnomaly] {
        rules.ended("Default", health);
        rules.ended("unknown", health);
    }
    let boosted = SamplingBoost { boost_rate: 0.9, boost_rate_ttl: Some(at(START_SECS + 60)) };
    let target = SamplingTarget {
        rule_name: "Default".to_owned(),
        fixed_rate: 0.1,
        sampling_boost: Some(boosted),
        ..SamplingTarget::default()
    };
    service.books().answers.extend([None, Some(TargetsAnswer { targets: vec![target], ..TargetsAnswer::default() })]);
    after_round(&mut poller, &hand);
    after_round(&mut poller, &hand);
    let reports = service.books().reports.clone();
    assert_eq!(reports.len(), 1);
    insta::assert_snapshot!(serde_json::to_string(&reports[0]).unwrap(), @r#"{"SamplingStatisticsDocuments":[],"SamplingBoostStatisticsDocuments":[{"RuleName":"Default","ServiceName":"shop","Timestamp":1793000020.2,"AnomalyCount":3,"TotalCount":4,"SampledAnomalyCount":1}]}"#);
    let sampled = |secs| rules.decide(&Request::default(), at(secs), || 0.5).unwrap();
    assert!(sampled(START_SECS + 59).sampled && !sampled(START_SECS + 60).sampled && sampled(START_SECS).watched);
}

#[test]
fn captured_anomalies_are_limited_each_second() {
    let sampler = Sampler::never().capture_anomalies(AnomalyConditions::default());
    let decision = sampler.decide(&Request::default(), at(1));
    assert!(decision.watched && !decision.sampled);
    let failed = Outcome { failed: true, ..Outcome::default() };
    let captured = |sampled, outcome, secs| sampler.ended("Default", sampled, &outcome, at(secs)).capture;
    assert!(!captured(false, Outcome::default(), 1) && !captured(true, failed, 1));
    assert!(captured(false, failed, 1) && !captured(false, failed, 1) && captured(false, failed, 2));
    assert!(!Sampler::never().ended("Default", false, &failed, at(1)).capture);
}

#[test]
fn sums_reported_are_what_threads_decided() {
    let service = Service::new(vec![rule("a", 1, "/a", 1, 0.5), rule("Default", 10_000, "*", 0, 0.25)]);
    let (clock, hand) = Clock::manual(Duration::from_secs(START_SECS));
    let rules = Arc::new(CentralRules::default());
    let settings = CentralSettings::new("shop").clock(clock);
    let mut poller = Poller::new(Arc::clone(&rules), Box::new(service.clone()), &settings);
    poller.step(&Signal::default());
    let happened: Vec<(bool, bool)> = std::thread::scope(|scope| {
        let deciding: Vec<_> = (0..4_u64)
            .map(|thread| {
                let rules = &rules;
                scope.spawn(move || {
                    let decide = |n: u64| {
                        let is_a = (n + thread).is_multiple_of(2);
                        let path = Some(if is_a { "/a" } else { "/" });
                        let request = Request { path, ..Request::default() };
                        let decided = rules.decide(&request, at(START_SECS + n / 500), crate::random::next_fraction);
                        (is_a, decided.unwrap().sampled)
                    };
                    (0..5_000).map(decide).collect::<Vec<_>>()
                })
            })
            .collect();
        let mut rounds = 0;
        while deciding.iter().any(|thread| !thread.is_finished()) {
            // Every third report fails, and now and then rules change.
            service.books().answers.push_back((rounds % 3 != 0).then(TargetsAnswer::default));
            service.books().pages[0][0].fixed_rate = if rounds % 2 == 0 { 0.5 } else { 0.75 };
            rounds += 1;
            after_round(&mut poller, &hand);
        }
        deciding.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    service.books().answers.clear();
    after_round(&mut poller, &hand);
    let sums = service.sums();
    for (name, is_a) in [("a", true), ("Default", false)] {
        let requests = happened.iter().filter(|(of_a, _)| *of_a == is_a).count() as u64;
        let sampled = happened.iter().filter(|(of_a, sampled)| *of_a == is_a && *sampled).count() as u64;
        let [reported, by_rate, borrowed] = sums[name];
        assert_eq!((reported, by_rate + borrowed), (requests, sampled), "{name}");
    }
}

#[test]
fn a_sampler_asks_its_fallback_until_there_are_rules_and_ends_its_thread() {
    let service = Service::new(vec![rule("Default", 10_000, "*", 0, 0.0)]);
    service.books().fetch_fails = true;
    let sampler = Sampler::central(service.clone(), CentralSettings::new("shop").fallback(Sampler::always())).unwrap();
    let decision = sampler.decide(&Request::default(), at(START_SECS));
    assert!(decision.sampled);
    let failed = Outcome { failed: true, ..Outcome::default() };
    assert!(!decision.watched && !sampler.ended("Default", false, &failed, at(START_SECS)).capture);
    drop(sampler);
    // The thread has ended and dropped its handle on the service.
    assert_eq!(service.handles(), 1);
}

#[test]
fn a_central_sampler_captures_what_its_fallback_does() {
    let service = Service::new(vec![rule("Default", 10_000, "*", 0, 0.0)]);
    let fallback = Sampler::always().capture_anomalies(AnomalyConditions::default());
    let (clock, _hand) = Clock::manual(Duration::from_secs(START_SECS));
    let sampler = Sampler::central(service, CentralSettings::new("shop").fallback(fallback).clock(clock)).unwrap();
    let decision = loop {
        let decision = sampler.decide(&Request::default(), at(START_SECS));
        assert!(decision.watched);
        // Until the central rule is there.
        if !decision.sampled {
            break decision;
        }
        std::thread::yield_now();
    };
    let failed = Outcome { failed: true, ..Outcome::default() };
    let captured = |now| sampler.ended(&decision.rule_name, false, &failed, now).capture;
    assert_eq!([captured(at(START_SECS)), captured(at(START_SECS)), captured(at(START_SECS + 1))], [true, false, true]);
}
