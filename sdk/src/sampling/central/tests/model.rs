//! Decisions and accounts against a plain model: each second's takings in a map, each interval's counts
//! in plain numbers, what the service was told in sums.

use std::collections::HashMap;
use std::time::Duration;

use proptest::prelude::*;

use super::super::wire::{SamplingTarget, TargetsAnswer, Unprocessed};
use super::service::{START_SECS, Service, rule};
use crate::sampling::Request;
use crate::sampling::thread::Signal;
use crate::segment::EpochTime;

const RESERVOIR_SIZE: i32 = 4;
const RATE: f64 = 0.25;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Event {
    /// A request, for which this fraction is drawn.
    Request(f64),
    /// Time passes.
    Wait(Duration),
    /// A round of targets is due, and the service answers so.
    Round(Answer),
    /// The rules are changed and fetched again.
    Change { reservoir_size: i32, rate: f64 },
}

#[derive(Debug, Clone)]
enum Answer {
    Away,
    /// The service fails to take the statistics, or refuses them.
    Unprocessed {
        by_service: bool,
    },
    Target {
        rate: f64,
        quota: Option<i32>,
        for_secs: Option<u64>,
    },
}

fn any_rate() -> impl Strategy<Value = f64> {
    prop::sample::select(vec![0.0, 0.25, 0.5, 1.0])
}

fn any_event() -> impl Strategy<Value = Event> {
    let target = (any_rate(), prop::option::of(0..4_i32), prop::option::of(0..40_u64))
        .prop_map(|(rate, quota, for_secs)| Answer::Target { rate, quota, for_secs });
    let answer = prop_oneof![
        2 => Just(Answer::Away),
        2 => any::<bool>().prop_map(|by_service| Answer::Unprocessed { by_service }),
        4 => target,
    ];
    prop_oneof![
        12 => (0.0..1.0).prop_map(Event::Request),
        4 => (1..1_500_u64).prop_map(|millis| Event::Wait(Duration::from_millis(millis))),
        2 => answer.prop_map(Event::Round),
        1 => (0..3, any_rate()).prop_map(|(reservoir_size, rate)| Event::Change { reservoir_size, rate }),
    ]
}

/// The reference of the X-Ray SDKs, with statistics that survive failures.
#[derive(Debug, Default)]
struct Model {
    reservoir_size: i32,
    rate: f64,
    quota: Option<i32>,
    until_ns: Option<u64>,
    /// Taken by quota, and borrowed, by second.
    taken: HashMap<u64, (i32, bool)>,
    /// Requests, sampled, borrowed: not reported yet, accepted, refused.
    open: [u64; 3],
    accepted: [u64; 3],
    refused: [u64; 3],
}

impl Model {
    fn decide(&mut self, now_ns: u64, fraction: f64) -> bool {
        self.open[0] += 1;
        let (taken, borrowed) = self.taken.entry(now_ns / 1_000_000_000).or_default();
        let quota = self.quota.zip(self.until_ns).filter(|(_, until_ns)| now_ns < *until_ns);
        if quota.is_some_and(|(quota, _)| *taken < quota) {
            *taken += 1;
            self.open[1] += 1;
            return true;
        }
        if quota.is_none() && self.reservoir_size > 0 && !*borrowed {
            *borrowed = true;
            self.open[2] += 1;
            return true;
        }
        let sampled = fraction < self.rate;
        self.open[1] += u64::from(sampled);
        sampled
    }

    fn round(&mut self, answer: &Answer, now_secs: u64) {
        if self.open[0] == 0 {
            return;
        }
        let book = match answer {
            Answer::Away | Answer::Unprocessed { by_service: true } => return,
            Answer::Unprocessed { by_service: false } => &mut self.refused,
            Answer::Target { rate, quota, for_secs } => {
                self.rate = *rate;
                self.quota = quota.or(self.quota);
                self.until_ns = for_secs.map(|secs| (now_secs + secs) * 1_000_000_000).or(self.until_ns);
                &mut self.accepted
            }
        };
        for (sum, open) in book.iter_mut().zip(std::mem::take(&mut self.open)) {
            *sum += open;
        }
    }
}

fn answer_of(answer: &Answer, now_secs: u64) -> Option<TargetsAnswer> {
    let rule_name = "Default".to_owned();
    match answer {
        Answer::Away => None,
        Answer::Unprocessed { by_service } => {
            let error_code = Some(if *by_service { "500" } else { "400" }.to_owned());
            let unprocessed = Unprocessed { rule_name: Some(rule_name), error_code, message: None };
            Some(TargetsAnswer { unprocessed_statistics: vec![unprocessed], ..TargetsAnswer::default() })
        }
        Answer::Target { rate, quota, for_secs } => {
            let until = for_secs.map(|secs| EpochTime::from_nanos((now_secs + secs) * 1_000_000_000));
            let target = SamplingTarget {
                rule_name,
                fixed_rate: *rate,
                reservoir_quota: *quota,
                reservoir_quota_ttl: until,
                // Each round is one report.
                interval: Some(1),
                ..SamplingTarget::default()
            };
            Some(TargetsAnswer { targets: vec![target], ..TargetsAnswer::default() })
        }
    }
}

proptest! {
    #[test]
    fn decisions_and_accounts_are_those_of_the_model(events in prop::collection::vec(any_event(), 1..120)) {
        let service = Service::new(vec![rule("Default", 10_000, "*", RESERVOIR_SIZE, RATE)]);
        let (mut poller, rules, hand) = service.poller();
        poller.step(&Signal::default());
        let mut model = Model { reservoir_size: RESERVOIR_SIZE, rate: RATE, ..Model::default() };
        let mut now_ns = START_SECS * 1_000_000_000;
        for event in events {
            match event {
                Event::Request(fraction) => {
                    let decided = rules.decide(&Request::default(), EpochTime::from_nanos(now_ns), || fraction);
                    prop_assert_eq!(decided.map(|decision| decision.sampled), Some(model.decide(now_ns, fraction)));
                }
                // The requests' clock alone: the poller's stands still between rounds.
                Event::Wait(by) => now_ns += by.as_nanos() as u64,
                Event::Round(answer) => {
                    let now_secs = now_ns / 1_000_000_000;
                    service.books().answers.clear();
                    service.books().answers.push_back(answer_of(&answer, now_secs));
                    hand.advance(Duration::from_millis(10_100));
                    poller.step(&Signal::default());
                    model.round(&answer, now_secs);
                }
                Event::Change { reservoir_size, rate } => {
                    let unchanged = service.books().pages[0][0] == rule("Default", 10_000, "*", reservoir_size, rate);
                    service.books().pages[0][0] = rule("Default", 10_000, "*", reservoir_size, rate);
                    poller.fetch(&Signal::default());
                    if !unchanged {
                        (model.reservoir_size, model.rate) = (reservoir_size, rate);
                    }
                }
            }
        }
        let sums = service.sums();
        prop_assert_eq!(sums.get("Default").copied().unwrap_or_default(), model.accepted);
        prop_assert_eq!(rules.counters.status().requests_unreported, model.refused[0]);
    }
}
