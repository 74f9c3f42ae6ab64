//! Runs the contestants, each in processes of its own.

use std::collections::VecDeque;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::burst_time::BurstTime;
use crate::callgrind::{self, Instructions, Requests};
use crate::contestant::Contestant;
use crate::options::{Measure, Mode, Order, Plan};
use crate::report;
use crate::results::{Allocations, Memory, Results};
use crate::workload::SPANS_PER_REQUEST;

const INSTRUCTIONS: Requests = Requests { few: 500, many: 1500 };
const INSTRUCTIONS_QUICK: Requests = Requests { few: 200, many: 500 };
const ALLOCATION_REQUESTS: u64 = 2_000;
/// Of 10 spans each.
const OPEN_SPANS_REQUESTS: u64 = 1_000;
const QUEUED_TRACES_REQUESTS: u64 = 1_000;
/// Contestants take turns, so that a busy minute of the machine falls on all of them.
const TIME_ROUNDS: usize = 5;
const TIME_REQUESTS: u64 = 15_000;
const TIME_REQUESTS_QUICK: u64 = 5_000;
/// Valgrind processes at once; counts do not suffer from company, as times would.
const VALGRINDS_MAX: usize = 2;

/// Measures what is planned and reports it.
///
/// # Errors
/// A contestant failed: it did not run, or lost spans, or the SDK allocated.
pub(crate) fn run(plan: &Plan) -> Result<(), String> {
    let mut results = Results::default();
    for measure in &plan.measures {
        match measure {
            Measure::Instructions => instructions(plan, &mut results)?,
            Measure::Allocations => allocations(plan, &mut results)?,
            Measure::OpenSpans => open_spans(plan, &mut results)?,
            Measure::QueuedTraces => queued_traces(plan, &mut results)?,
            Measure::Time => time(plan, &mut results)?,
        }
    }
    report::print(plan, &results);
    report::judge(&results)
}

type Subject = (Contestant, Mode);

fn subjects(plan: &Plan) -> impl Iterator<Item = Subject> {
    plan.modes.iter().flat_map(|&mode| plan.contestants.iter().map(move |&contestant| (contestant, mode)))
}

fn instructions(plan: &Plan, results: &mut Results) -> Result<(), String> {
    if !callgrind::is_installed() {
        println!("valgrind is not installed: no instructions are counted, and times alone say little");
        return Ok(());
    }
    let requests = if plan.quick { INSTRUCTIONS_QUICK } else { INSTRUCTIONS };
    let waiting: Mutex<VecDeque<_>> = Mutex::new(subjects(plan).collect());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let measure_all = || -> Result<Vec<(Subject, Instructions)>, String> {
        std::iter::from_fn(next)
            .map(|(contestant, mode)| Ok(((contestant, mode), callgrind::measure(contestant, mode, requests)?)))
            .collect()
    };
    let measured = thread::scope(|scope| {
        let threads: Vec<_> = (0..VALGRINDS_MAX).map(|_| scope.spawn(measure_all)).collect();
        let joined =
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a thread panicked".into())));
        joined.collect::<Result<Vec<_>, String>>()
    })?;
    results.instructions.extend(measured.into_iter().flatten());
    Ok(())
}

fn allocations(plan: &Plan, results: &mut Results) -> Result<(), String> {
    for (contestant, mode) in subjects(plan) {
        let order = Order { contestant, mode, measure: Measure::Allocations, requests: ALLOCATION_REQUESTS };
        let output = Output::of(&order)?;
        let spans = (ALLOCATION_REQUESTS * SPANS_PER_REQUEST) as f64;
        let per_span = |key| output.number(key).map(|total| total as f64 / spans);
        let allocations = Allocations {
            request: per_span("request_calls")?,
            request_bytes: per_span("request_bytes")?,
            background: per_span("background_calls")?,
            background_bytes: per_span("background_bytes")?,
        };
        results.allocations.insert((contestant, mode), allocations);
    }
    Ok(())
}

fn open_spans(plan: &Plan, results: &mut Results) -> Result<(), String> {
    for &contestant in plan.contestants.iter().filter(|contestant| contestant.is_behind_tracing()) {
        let memory = memory(contestant, Measure::OpenSpans, OPEN_SPANS_REQUESTS)?;
        results.open_spans.insert(contestant, memory);
    }
    Ok(())
}

fn queued_traces(plan: &Plan, results: &mut Results) -> Result<(), String> {
    if plan.contestants.contains(&Contestant::Sdk) {
        results.queued_traces = Some(memory(Contestant::Sdk, Measure::QueuedTraces, QUEUED_TRACES_REQUESTS)?);
    }
    Ok(())
}

fn memory(contestant: Contestant, measure: Measure, requests: u64) -> Result<Memory, String> {
    let output = Output::of(&Order { contestant, mode: Mode::Sync, measure, requests })?;
    let each = output.number("bytes")? as f64 / output.number("count")? as f64;
    Ok(Memory { fixed_bytes: output.number("fixed_bytes")?, bytes_each: each })
}

fn time(plan: &Plan, results: &mut Results) -> Result<(), String> {
    let (rounds, requests) = if plan.quick { (1, TIME_REQUESTS_QUICK) } else { (TIME_ROUNDS, TIME_REQUESTS) };
    for _ in 0..rounds {
        for (contestant, mode) in subjects(plan) {
            let output = Output::of(&Order { contestant, mode, measure: Measure::Time, requests })?;
            results.bursts.entry((contestant, mode)).or_default().extend(output.bursts()?);
            results.spans_per_burst = output.number("requests_per_burst")? * SPANS_PER_REQUEST;
        }
    }
    Ok(())
}

/// What a contestant's process printed.
struct Output(String);

impl Output {
    /// Runs the contestant.
    fn of(order: &Order) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| format!("own path: {error}"))?;
        let output = Command::new(program)
            .args(order.arguments())
            .output()
            .map_err(|error| format!("{}: {error}", order.contestant.name()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("{} {}: {said}", order.contestant.name(), order.mode.name()));
        }
        String::from_utf8(output.stdout).map(Self).map_err(|error| error.to_string())
    }

    /// The number behind `key`.
    fn number(&self, key: &str) -> Result<u64, String> {
        let value = self.0.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' '));
        value.and_then(|value| value.parse().ok()).ok_or_else(|| format!("no number {key} in {:?}", self.0))
    }

    fn bursts(&self) -> Result<Vec<BurstTime>, String> {
        let burst = |line: &str| -> Option<BurstTime> {
            let mut numbers = line.split(' ').map(str::parse);
            let mut next = || numbers.next()?.ok();
            Some(BurstTime { loop_before: next()?, burst: next()?, loop_after: next()? })
        };
        let lines = self.0.lines().filter_map(|line| line.strip_prefix("burst "));
        lines.map(|line| burst(line).ok_or_else(|| format!("not a burst: {line:?}"))).collect()
    }
}
