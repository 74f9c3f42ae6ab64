//! How long a burst takes, and how quiet the machine was meanwhile.

use std::hint::black_box;

use rustix::time::{ClockId, clock_gettime};

/// Long enough to be slowed by what else runs on the core, short beside a burst.
const LOOP_ROUNDS: u32 = 20_000;

/// CPU time in ns: of the burst, and of a loop before and after it that uses registers only, so that
/// only others' use of the core makes it slower.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BurstTime {
    pub(crate) loop_before: u64,
    pub(crate) burst: u64,
    pub(crate) loop_after: u64,
}

impl BurstTime {
    /// Times `burst` on this thread.
    pub(crate) fn of(burst: impl FnOnce()) -> Self {
        let loop_before = time(register_loop);
        let burst = time(burst);
        Self { loop_before, burst, loop_after: time(register_loop) }
    }

    /// The slower of the two loops.
    pub(crate) fn loop_slowest(&self) -> u64 {
        self.loop_before.max(self.loop_after)
    }
}

fn time(work: impl FnOnce()) -> u64 {
    let started = thread_cpu_nanos();
    work();
    thread_cpu_nanos() - started
}

fn thread_cpu_nanos() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Xorshift: every step needs the one before.
fn register_loop() {
    let mut state = black_box(0x9e37_79b9_7f4a_7c15_u64);
    for _ in 0..LOOP_ROUNDS {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
    }
    black_box(state);
}
