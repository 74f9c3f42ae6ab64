//! Prints what was measured.

use crate::contestant::Contestant::{
    self, Fastrace, FastraceCompat, Noop, Otel, Sdk, SdkOff, Totel, TotelOff, TotelTuned,
};
use crate::options::Mode::{self, Async, Sync};
use crate::options::Plan;
use crate::results::Results;

/// How often the second costs what the first does: `(name, numerator, denominator, mode)`.
const RATIOS: [(&str, Contestant, Contestant, Mode); 12] = [
    ("sdk_sampled_over_noop", Sdk, Noop, Sync),
    ("sdk_sampled_over_noop_async", Sdk, Noop, Async),
    ("sdk_unsampled_over_noop", SdkOff, Noop, Sync),
    ("sdk_unsampled_over_noop_async", SdkOff, Noop, Async),
    ("tracing_opentelemetry_over_sdk", Totel, Sdk, Sync),
    ("tracing_opentelemetry_tuned_over_sdk", TotelTuned, Sdk, Sync),
    ("tracing_opentelemetry_unsampled_over_sdk", TotelOff, SdkOff, Sync),
    ("fastrace_over_sdk", Fastrace, Sdk, Sync),
    ("tracing_opentelemetry_over_sdk_async", Totel, Sdk, Async),
    ("fastrace_over_sdk_async", Fastrace, Sdk, Async),
    ("fastrace_tracing_over_sdk", FastraceCompat, Sdk, Sync),
    ("opentelemetry_api_over_sdk", Otel, Sdk, Sync),
];

/// Prints tables for people and, last, `ratio NAME VALUE` for programs.
pub(crate) fn print(plan: &Plan, results: &Results) {
    for &mode in &plan.modes {
        print_costs(plan, results, mode);
    }
    print_memory(plan, results);
    print_ratios(results);
}

/// # Errors
/// The SDK allocated in steady state, on the request thread or behind it.
pub(crate) fn judge(results: &Results) -> Result<(), String> {
    for mode in Mode::ALL {
        let Some(allocations) = results.allocations.get(&(Sdk, mode)) else { continue };
        if !allocations.are_none() {
            return Err(format!("the SDK allocates in steady state: {allocations:?} per span, {}", mode.name()));
        }
    }
    Ok(())
}

fn print_costs(plan: &Plan, results: &Results, mode: Mode) {
    println!("\nper span, {}:", mode.name());
    println!(
        "{:16} {:>12} {:>12} {:>9} {:>9} {:>9} {:>9} {:>9}  quiet bursts",
        "contestant", "instructions", "background", "allocs", "bytes", "bg allocs", "bg bytes", "ns"
    );
    for &contestant in &plan.contestants {
        let key = (contestant, mode);
        let instructions = results.instructions.get(&key);
        let allocations = results.allocations.get(&key);
        let time = results.time(contestant, mode);
        println!(
            "{:16} {:>12} {:>12} {:>9} {:>9} {:>9} {:>9} {:>9}  {}",
            contestant.name(),
            cell(instructions.map(|count| count.request), 0),
            cell(instructions.map(|count| count.background), 0),
            cell(allocations.map(|count| count.request), 2),
            cell(allocations.map(|count| count.request_bytes), 0),
            cell(allocations.map(|count| count.background), 2),
            cell(allocations.map(|count| count.background_bytes), 0),
            cell(time.map(|time| time.nanos_per_span), 0),
            time.map_or_else(|| "-".to_owned(), |time| format!("{} ({} counted)", time.quiet, time.counted)),
        );
    }
}

fn cell(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}

fn print_memory(plan: &Plan, results: &Results) {
    if !results.open_spans.is_empty() {
        println!("\nheap, 10,000 spans open in 1,000 traces:");
        println!("{:16} {:>14} {:>16}", "contestant", "fixed bytes", "bytes per span");
    }
    for &contestant in &plan.contestants {
        if let Some(memory) = results.open_spans.get(&contestant) {
            println!("{:16} {:>14} {:>16.0}", contestant.name(), memory.fixed_bytes, memory.bytes_each);
        }
    }
    if let Some(memory) = results.queued_traces {
        println!("\nheap, 1,000 traces of 11 spans queued behind a blocked exporter:");
        println!("{:16} {:>14} {:>16}", "contestant", "fixed bytes", "bytes per trace");
        println!("{:16} {:>14} {:>16.0}", Sdk.name(), memory.fixed_bytes, memory.bytes_each);
    }
}

fn print_ratios(results: &Results) {
    println!();
    let instructions = |contestant, mode| results.instructions.get(&(contestant, mode));
    let request = |contestant, mode| Some(instructions(contestant, mode)?.request);
    let total = |contestant, mode| instructions(contestant, mode).map(|count| count.request + count.background);
    for (name, over, under, mode) in RATIOS {
        print_ratio(name, request(over, mode), request(under, mode));
    }
    print_ratio("fastrace_over_sdk_with_background", total(Fastrace, Sync), total(Sdk, Sync));
    let nanos = |contestant, mode| results.time(contestant, mode).map(|time| time.nanos_per_span);
    for (name, over, under, mode) in RATIOS {
        print_ratio(&format!("{name}_time"), nanos(over, mode), nanos(under, mode));
    }
    let allocations = results.allocations.get(&(Sdk, Sync));
    print_ratio("sdk_allocations_per_span", allocations.map(|count| count.request), Some(1.0));
    print_ratio("sdk_allocations_per_span_background", allocations.map(|count| count.background), Some(1.0));
    let open = |contestant| results.open_spans.get(&contestant).map(|memory| memory.bytes_each);
    let own = open(Sdk).zip(open(Noop)).map(|(sdk, noop)| sdk - noop);
    print_ratio("sdk_bytes_per_open_span", own, Some(1.0));
    print_ratio("sdk_bytes_per_queued_trace", results.queued_traces.map(|memory| memory.bytes_each), Some(1.0));
}

/// Prints nothing where one of the two was not measured.
fn print_ratio(name: &str, over: Option<f64>, under: Option<f64>) {
    if let Some((over, under)) = over.zip(under) {
        println!("ratio {name} {:.3}", over / under);
    }
}
