//! Random numbers for ids and sampling: fast, per thread, not for secrets.

use std::cell::Cell;
use std::hash::{BuildHasher, Hasher, RandomState};

use crate::fork;

thread_local! {
    /// Where the sequence is, and the number of forks it has seen.
    static STATE: Cell<(u64, u32)> = Cell::new((seed(), fork::generation()));
}

/// Takes a seed from the operating system: `RandomState` is the standard library's only door to it.
fn seed() -> u64 {
    // The standard library goes on from one seed for each thread, and forked children would all go on
    // from the same.
    let process = u64::from(std::process::id());
    mix(RandomState::new().build_hasher().finish() ^ mix(process))
}

/// The finaliser of `SplitMix64`: every input bit reaches every output bit, and no two inputs collide.
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Returns 64 random bits.
pub(crate) fn next_u64() -> u64 {
    let [bits] = next_u64s();
    bits
}

/// Returns as many times 64 random bits.
#[inline]
pub(crate) fn next_u64s<const COUNT: usize>() -> [u64; COUNT] {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let draw = |state: &Cell<(u64, u32)>| {
        let ((before, drawn_in), forks) = (state.get(), fork::generation());
        let before = if drawn_in == forks { before } else { seed() };
        state.set((before.wrapping_add(STEP.wrapping_mul(COUNT as u64)), forks));
        std::array::from_fn(|at| mix(before.wrapping_add(STEP.wrapping_mul(at as u64 + 1))))
    };
    // A thread that is being torn down has no state left; fresh seeds serve as well, only slower.
    STATE.try_with(draw).unwrap_or_else(|_| std::array::from_fn(|_| seed()))
}

/// Returns a number in `0.0..1.0`.
pub(crate) fn next_fraction() -> f64 {
    const STEPS: f64 = (1_u64 << 53) as f64;
    (next_u64() >> 11) as f64 / STEPS
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn fractions_stay_in_range_and_spread() {
        let mean =
            (0..10_000).map(|_| next_fraction()).inspect(|f| assert!((0.0..1.0).contains(f))).sum::<f64>() / 10_000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
    }

    #[test]
    fn threads_draw_different_numbers() {
        let threads: Vec<_> =
            (0..4).map(|_| std::thread::spawn(|| (0..1000).map(|_| next_u64()).collect::<Vec<_>>())).collect();
        let all: Vec<u64> = threads.into_iter().flat_map(|thread| thread.join().expect("thread ends")).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }
}
