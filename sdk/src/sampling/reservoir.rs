//! The traces a rule lets through each second.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what was taken in the current Unix second, without a lock: the second in the upper half of
/// one word, the count in the lower.
#[derive(Debug, Default)]
pub(super) struct Reservoir(AtomicU64);

impl Reservoir {
    /// Takes one of `size` for the second `now`, if one is left.
    ///
    /// A caller whose clock reading is older than the newest one seen takes from the newest second:
    /// seconds never come back, so a burst cannot be counted twice.
    pub(super) fn take(&self, size: u32, now: u32) -> bool {
        let take = |state: u64| {
            let (second, taken) = ((state >> 32) as u32, state as u32);
            let (second, taken) = if now > second { (now, 0) } else { (second, taken) };
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
