//! The traces a rule lets through each second.

use std::sync::atomic::{AtomicU64, Ordering};

/// How old the reading of a thread that was held up may be, in seconds; an older one means that the
/// clock was set back.
const STRAGGLER_SECS_MAX: u32 = 5;

/// Counts what was taken in the current Unix second, without a lock: the second in the upper half of
/// one word, the count in the lower.
#[derive(Debug, Default)]
pub(super) struct Reservoir(AtomicU64);

impl Reservoir {
    /// Takes one of `size` for the second `now`, if one is left.
    ///
    /// A caller whose clock reading is a little older than the newest one seen takes from the newest
    /// second, so a burst cannot be counted twice. When the clock was set back by more, its new seconds
    /// fill the reservoir as others do: it would else stay empty until the clock is there again.
    pub(super) fn take(&self, size: u32, now: u32) -> bool {
        let take = |state: u64| {
            let (second, taken) = ((state >> 32) as u32, state as u32);
            let is_new = now > second || second - now > STRAGGLER_SECS_MAX;
            let (second, taken) = if is_new { (now, 0) } else { (second, taken) };
            (taken < size).then_some((u64::from(second) << 32) | u64::from(taken + 1))
        };
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_fills_anew() {
        let reservoir = Reservoir::default();
        let taken = |now| (0..5).filter(|_| reservoir.take(2, now)).count();
        assert_eq!((taken(10), taken(10), taken(11), taken(10), taken(12)), (2, 0, 2, 0, 2));
        assert!(!Reservoir::default().take(0, 1));
    }

    #[test]
    fn a_clock_that_is_set_back_fills_it_too() {
        let reservoir = Reservoir::default();
        let taken = |now| (0..5).filter(|_| reservoir.take(2, now)).count();
        assert_eq!((taken(1_000), taken(995), taken(994), taken(994), taken(995)), (2, 0, 2, 0, 2));
        assert_eq!((taken(u32::MAX), taken(1)), (2, 2));
    }

    #[test]
    fn threads_share_one_reservoir() {
        let reservoir = Reservoir::default();
        let taken: usize = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..1000).filter(|_| reservoir.take(100, 7)).count())).collect();
            threads.into_iter().map(|thread| thread.join().expect("thread ends")).sum()
        });
        assert_eq!(taken, 100);
    }
}
