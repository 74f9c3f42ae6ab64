//! One contestant's process.

use std::ops::Range;
use std::sync::PoisonError;

use crate::allocator;
use crate::contestant::Started;
use crate::options::{Measure, Order};
use crate::request_thread::{RequestThread, Run};
use crate::workload::by_tracing::{HELD, HELD_PER_REQUEST, hold};

/// Requests between two drains.
const BURST: u64 = 100;
/// Warms queues and pools up for more than is measured, as what then waits at once varies a little.
/// Three times as many would overflow fastrace's fixed queue of 10,240 commands.
const WARM_UP_BURST: u64 = 2 * BURST;
const WARM_UP_REQUESTS: u64 = 3_000;

/// Carries out the order and prints what was measured, a `key value` a line.
pub(crate) fn run(order: &Order) -> Result<(), String> {
    // First of all, for it to be the second thread and for its own memory not to count.
    let thread = RequestThread::start()?;
    if matches!(order.measure, Measure::OpenSpans | Measure::QueuedTraces) {
        HELD.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .reserve((order.requests * HELD_PER_REQUEST as u64) as usize);
        allocator::enable();
    }
    let started = order.contestant.start()?;
    let mut child = Child { order, thread, run: started.run(order.mode), started, served: 0 };
    match order.measure {
        Measure::Instructions => child.serve(order.requests, BURST),
        Measure::Time => child.time(),
        Measure::Allocations => child.allocations(),
        Measure::OpenSpans => {
            child.open_spans();
            Ok(())
        }
        Measure::QueuedTraces => child.queued_traces(),
    }
}

/// Requests are numbered by signed integers, for they become field values.
fn numbers(requests: Range<u64>) -> Range<i64> {
    requests.start as i64..requests.end as i64
}

struct Child<'order> {
    order: &'order Order,
    thread: RequestThread,
    run: Run,
    started: Started,
    /// Requests so far.
    served: u64,
}

impl Child<'_> {
    /// Runs `requests` requests, and drains after each burst.
    fn serve(&mut self, requests: u64, burst: u64) -> Result<(), String> {
        let end = self.served + requests;
        while self.served < end {
            let next = (self.served + burst).min(end);
            self.thread.run(self.run, numbers(self.served..next));
            self.served = next;
            self.drain()?;
        }
        Ok(())
    }

    fn drain(&self) -> Result<(), String> {
        (self.started.drain)(self.served)
    }

    fn time(&mut self) -> Result<(), String> {
        self.serve(WARM_UP_REQUESTS, WARM_UP_BURST)?;
        for _ in 0..self.order.requests / BURST {
            let next = self.served + BURST;
            let time = self.thread.run_timed(self.run, numbers(self.served..next)).ok_or("the burst was not timed")?;
            self.served = next;
            println!("burst {} {} {}", time.loop_before, time.burst, time.loop_after);
            self.drain()?;
        }
        println!("requests_per_burst {BURST}");
        Ok(())
    }

    fn allocations(&mut self) -> Result<(), String> {
        self.serve(WARM_UP_REQUESTS, WARM_UP_BURST)?;
        allocator::enable();
        self.serve(self.order.requests, BURST)?;
        let (request, background) = allocator::allocated();
        println!("request_calls {}\nrequest_bytes {}", request.calls, request.bytes);
        println!("background_calls {}\nbackground_bytes {}", background.calls, background.bytes);
        Ok(())
    }

    fn open_spans(&self) {
        let fixed = allocator::live_bytes();
        self.thread.run(Run::Sync(hold), numbers(0..self.order.requests));
        let live = allocator::live_bytes();
        println!(
            "fixed_bytes {fixed}\nbytes {}\ncount {}",
            live - fixed,
            self.order.requests * HELD_PER_REQUEST as u64
        );
    }

    fn queued_traces(&mut self) -> Result<(), String> {
        let gate = self.started.gate.take().ok_or("the contestant's exporter cannot be held up")?;
        gate.close();
        let fixed = allocator::live_bytes();
        self.thread.run(self.run, numbers(0..self.order.requests));
        let live = allocator::live_bytes();
        gate.open();
        self.served = self.order.requests;
        self.drain()?;
        println!("fixed_bytes {fixed}\nbytes {}\ncount {}", live - fixed, self.order.requests);
        Ok(())
    }
}
