//! What was measured.

use std::collections::HashMap;

use crate::burst_time::BurstTime;
use crate::callgrind::Instructions;
use crate::contestant::Contestant;
use crate::options::Mode;

/// A burst is quiet when both loops around it took at most this much more than fast loops did.
const QUIET: f64 = 1.08;
/// Fast are so many of a thousand loops of all contestants: the very fastest may be an oddity.
const FAST_PER_MILLE: usize = 5;
/// When fewer were quiet, so many of the least disturbed bursts count.
const BURSTS_MIN: usize = 20;

/// Per span, in steady state.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allocations {
    pub(crate) request: f64,
    pub(crate) request_bytes: f64,
    /// Of all other threads together.
    pub(crate) background: f64,
    pub(crate) background_bytes: f64,
}

impl Allocations {
    pub(crate) fn are_none(&self) -> bool {
        self.request == 0.0 && self.background == 0.0
    }
}

/// Bytes on the heap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// Before the first span.
    pub(crate) fixed_bytes: u64,
    /// More of it for each span or trace.
    pub(crate) bytes_each: f64,
}

/// CPU time of the request thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time {
    pub(crate) nanos_per_span: f64,
    /// Bursts that were undisturbed.
    pub(crate) quiet: usize,
    /// Bursts whose median this is.
    pub(crate) counted: usize,
}

/// Everything that was measured.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) instructions: HashMap<(Contestant, Mode), Instructions>,
    pub(crate) allocations: HashMap<(Contestant, Mode), Allocations>,
    pub(crate) open_spans: HashMap<Contestant, Memory>,
    pub(crate) queued_traces: Option<Memory>,
    pub(crate) bursts: HashMap<(Contestant, Mode), Vec<BurstTime>>,
    pub(crate) spans_per_burst: u64,
}

impl Results {
    /// The median of the quiet bursts.
    pub(crate) fn time(&self, contestant: Contestant, mode: Mode) -> Option<Time> {
        // Over all processes: one that never had a quiet moment must not set its own measure.
        let mut loops: Vec<_> = self.bursts.values().flatten().map(BurstTime::loop_slowest).collect();
        loops.sort_unstable();
        let fast = loops.get(loops.len() * FAST_PER_MILLE / 1000)?;
        let mut bursts = self.bursts.get(&(contestant, mode))?.clone();
        bursts.sort_by_key(BurstTime::loop_slowest);
        let quiet = bursts.partition_point(|burst| (burst.loop_slowest() as f64) <= *fast as f64 * QUIET);
        bursts.truncate(quiet.max(BURSTS_MIN));
        bursts.sort_by_key(|burst| burst.burst);
        let median = bursts.get(bursts.len() / 2)?;
        let nanos_per_span = median.burst as f64 / self.spans_per_burst as f64;
        Some(Time { nanos_per_span, quiet, counted: bursts.len() })
    }
}
