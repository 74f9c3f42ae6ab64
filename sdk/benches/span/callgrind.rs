//! Counts instructions.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::contestant::Contestant;
use crate::options::{Measure, Mode, Order};
use crate::workload::SPANS_PER_REQUEST;

/// Valgrind numbers threads as they start; this one only waits and asks for drains. What it does at the
/// start is not the same twice: fastrace's clock is calibrated there, in every process that links it.
const MAIN_THREAD_SUFFIX: &str = "-01";
/// The thread that runs the requests is started first.
const REQUEST_THREAD_SUFFIX: &str = "-02";

/// Requests of the two runs whose difference counts, so that starting and warming up does not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Requests {
    pub(crate) few: u64,
    pub(crate) many: u64,
}

/// Instructions per span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Instructions {
    pub(crate) request: f64,
    /// Of all other threads together, but the main one.
    pub(crate) background: f64,
}

/// Whether valgrind is there.
pub(crate) fn is_installed() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Runs the contestant twice under callgrind.
pub(crate) fn measure(contestant: Contestant, mode: Mode, requests: Requests) -> Result<Instructions, String> {
    let count = |requests| {
        let order = Order { contestant, mode, measure: Measure::Instructions, requests };
        run(&order)
    };
    let (few, many) = (count(requests.few)?, count(requests.many)?);
    let spans = ((requests.many - requests.few) * SPANS_PER_REQUEST) as f64;
    let per_span = |few: u64, many: u64| (many as f64 - few as f64) / spans;
    Ok(Instructions {
        request: per_span(few.request, many.request),
        background: per_span(few.background, many.background),
    })
}

#[derive(Debug, Default)]
struct Totals {
    request: u64,
    background: u64,
}

fn run(order: &Order) -> Result<Totals, String> {
    let directory = TempDir::new().map_err(|error| format!("temporary directory: {error}"))?;
    let program = std::env::current_exe().map_err(|error| format!("own path: {error}"))?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--separate-threads=yes"])
        .arg(format!("--callgrind-out-file={}", directory.path().join("out").display()))
        .arg(program)
        .args(order.arguments())
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    if !output.status.success() {
        return Err(format!("{} under valgrind: {}", order.contestant.name(), String::from_utf8_lossy(&output.stderr)));
    }
    totals(directory.path())
}

/// Adds up what callgrind wrote: a file for each thread.
fn totals(directory: &Path) -> Result<Totals, String> {
    let mut totals = Totals::default();
    for entry in fs::read_dir(directory).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let total = text.lines().rev().find_map(|line| line.strip_prefix("totals: ")).unwrap_or("0");
        let total: u64 =
            total.trim().parse().map_err(|error| format!("{}: totals {total:?}: {error}", path.display()))?;
        let name = path.to_string_lossy();
        if name.ends_with(REQUEST_THREAD_SUFFIX) {
            totals.request += total;
        } else if !name.ends_with(MAIN_THREAD_SUFFIX) {
            totals.background += total;
        }
    }
    Ok(totals)
}
