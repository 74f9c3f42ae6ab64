//! One contestant's process.

use crate::allocator;
use crate::contestant::Started;
use crate::options::{Measure, Order};
use crate::request_thread::RequestThread;
use crate::workload::SPANS_PER_REQUEST;

/// Requests between two drains.
const BURST: u64 = 100;

/// Carries out the order and prints what was measured, a `key value` a line.
pub(crate) fn run(order: &Order) -> Result<(), String> {
    let requests = RequestThread::start()?;
    let started = order.contestant.start()?;
    let mut served = 0;
    let mut serve = |count: u64, started: &Started| {
        while served < count {
            let end = (served + BURST).min(count);
            requests.run(started.run(order.mode), served..end);
            (started.drain)();
            served = end;
        }
    };
    match order.measure {
        Measure::Instructions => serve(order.requests, &started),
        Measure::Time | Measure::Allocations => return Err("not yet".to_owned()),
    }
    (started.check)(order.requests)
}
