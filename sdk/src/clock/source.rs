//! Where the SDK reads time; tests move it by hand.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::{tsc, wall};

/// What time it is, in two readings: one that agrees with the world, one that never jumps.
///
/// A segment takes its start from the wall clock and everything inside it from the monotonic one, so
/// a step of the system time cannot give a span a negative duration.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    /// The time stamp counter for what lies inside a segment.
    Counter,
    /// The system's monotonic clock for it.
    System,
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Self {
        if tsc::is_trusted() {
            tsc::anchor();
            Self(Source::Counter)
        } else {
            Self(Source::System)
        }
    }

    /// A clock that stands at `at` (time since the Unix epoch) until the returned handle moves it.
    pub fn manual(at: Duration) -> (Self, ManualClock) {
        let nanos = Arc::new(AtomicU64::new(nanos_of(at)));
        (Self(Source::Manual(Arc::clone(&nanos))), ManualClock(nanos))
    }

    /// Nanoseconds since the Unix epoch.
    pub(crate) fn wall_ns(&self) -> u64 {
        match &self.0 {
            Source::Counter | Source::System => wall::nanos(),
            Source::Manual(nanos) => nanos.load(Ordering::Relaxed),
        }
    }

    /// Steps since an arbitrary moment of this process; [`Clock::nanos_per_tick`] says how long one is.
    #[inline]
    pub(crate) fn ticks(&self) -> u64 {
        match &self.0 {
            Source::Counter => tsc::read(),
            Source::System | Source::Manual(_) => self.monotonic_ns(),
        }
    }

    /// Nanoseconds since an arbitrary moment of this process, never going back.
    #[inline(never)]
    pub(crate) fn monotonic_ns(&self) -> u64 {
        static START: OnceLock<Instant> = OnceLock::new();
        match &self.0 {
            Source::Counter | Source::System => nanos_of(START.get_or_init(Instant::now).elapsed()),
            Source::Manual(nanos) => nanos.load(Ordering::Relaxed),
        }
    }

    /// Nanoseconds of one tick.
    pub(crate) fn nanos_per_tick(&self) -> f64 {
        match &self.0 {
            Source::Counter => tsc::nanos_per_tick(),
            Source::System | Source::Manual(_) => 1.0,
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::Counter | Source::System => "Clock::system()",
            Source::Manual(_) => "Clock::manual(..)",
        })
    }
}

/// Moves a [`Clock::manual`].
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(nanos_of(by), Ordering::Relaxed);
    }
}

/// 64 bits of nanoseconds last until the year 2554.
fn nanos_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
