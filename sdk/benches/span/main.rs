//! What tracing costs: the same requests under the SDK, under nothing, and under others' tracing.
//!
//! `cargo bench -p siskin-sdk --bench span` runs every contestant in a process of its own, counts its
//! instructions under callgrind, its allocations and its time, and prints a table and lines
//! `ratio NAME VALUE`. Instructions decide: they hardly differ between runs or machines. See
//! `BENCHMARKS.md`.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]
#![expect(clippy::print_stderr, reason = "a benchmark tells of failures on standard error")]

mod allocator;
mod burst_time;
mod callgrind;
mod child;
mod contestant;
mod driver;
mod options;
mod report;
mod request_thread;
mod results;
mod workload;

use std::process::ExitCode;

use options::Options;

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)) {
        Ok(Options::Child(order)) => finish(child::run(&order)),
        Ok(Options::Driver(plan)) => finish(driver::run(&plan)),
        // `cargo test --all-targets` starts benchmarks too, without `--bench`.
        Ok(Options::NotABenchmark) => ExitCode::SUCCESS,
        Err(error) => finish(Err(error)),
    }
}

fn finish(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("span: {error}");
            ExitCode::FAILURE
        }
    }
}
