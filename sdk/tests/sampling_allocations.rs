//! Decisions, and what is noted when a trace has ended, take no memory.
#![expect(unsafe_code, reason = "an allocator is counted by being one")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::Duration;

use siskin_sdk::sampling::{
    AnomalyCondition, AnomalyConditions, CentralError, CentralSettings, CentralSource, Outcome, Request, Rule,
    RulesPage, Sampler, SamplingRateBoost, StatisticsReport, TargetsAnswer,
};
use siskin_sdk::segment::EpochTime;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: everything is the system allocator's; counting touches a cell of the thread only.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn request(number: u64) -> (Request<'static>, EpochTime) {
    let path = if number.is_multiple_of(2) { "/api/orders/17/items" } else { "/health" };
    let request = Request {
        service: Some("shop"),
        service_type: Some("AWS::ECS::Container"),
        host: Some("shop.example"),
        method: Some("GET"),
        path: Some(path),
    };
    (request, EpochTime::from_nanos(1_793_000_000_000_000_000 + number * 1_000_000))
}

/// The allocations of this thread while it decides on a thousand traces and sees them end.
fn allocations(sampler: &Sampler) -> u64 {
    let decide = |number| {
        let (request, now) = request(number);
        let decision = sampler.decide(&request, now);
        let outcome = Outcome { status: Some(500), method: request.method, path: request.path, ..Outcome::default() };
        sampler.ended(&decision.rule_name, decision.sampled, &outcome, now)
    };
    decide(0);
    let before = ALLOCATIONS.get();
    for number in 1..=1_000 {
        decide(number);
    }
    ALLOCATIONS.get() - before
}

fn rules() -> Vec<Rule> {
    let rule = |name: &str, priority, path: &str| Rule {
        rule_name: Some(name.to_owned()),
        priority,
        url_path: path.to_owned(),
        sampling_rate_boost: Some(SamplingRateBoost { max_rate: 0.5, cooldown_window_minutes: 1 }),
        ..Rule::default()
    };
    vec![rule("items", 1, "/api/*/items"), rule("health", 2, "/health"), Rule::default()]
}

fn conditions() -> AnomalyConditions {
    AnomalyConditions::new([
        AnomalyCondition::of_latency(Duration::from_secs(1)).operations(["GET /api"]),
        AnomalyCondition::of_status(|status| status >= 500),
    ])
}

#[test]
fn local_decisions_allocate_nothing() {
    let sampler = Sampler::new(rules(), Rule::default());
    assert_eq!(allocations(&sampler), 0);
    assert_eq!(allocations(&sampler.capture_anomalies(conditions())), 0);
}

#[derive(Debug)]
struct Service;

impl CentralSource for Service {
    fn fetch_rules(&mut self, _next_token: Option<&str>) -> Result<RulesPage, CentralError> {
        Ok(RulesPage { rules: rules(), ..RulesPage::default() })
    }

    fn report(&mut self, _report: &StatisticsReport) -> Result<TargetsAnswer, CentralError> {
        Ok(TargetsAnswer::default())
    }
}

#[test]
fn central_decisions_allocate_nothing() {
    let settings = CentralSettings::new("shop").fallback(Sampler::never().capture_anomalies(conditions()));
    let sampler = Sampler::central(Service, settings).unwrap();
    while sampler.status().rules_replaced == 0 {
        std::thread::yield_now();
    }
    let (request, now) = request(0);
    assert_eq!(sampler.decide(&request, now).rule_name.as_ref(), "items");
    assert_eq!(allocations(&sampler), 0);
}
