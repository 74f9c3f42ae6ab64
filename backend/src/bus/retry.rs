//! When to try a failed delivery again.

use std::time::Duration;

/// Tries in all; with the waits below the last one comes about twenty minutes after the first.
pub(super) const ATTEMPTS_MAX: u32 = 12;

/// The wait after the first failure; each further one doubles it.
const WAIT_FIRST: Duration = Duration::from_secs(1);
/// Longest wait.
const WAIT_MAX: Duration = Duration::from_mins(5);

/// How long to wait after the `attempts`-th failure; `jitter`, 0.0 to 1.0, takes up to half of it off, so that the
/// deliveries that failed together do not come back together.
pub(super) fn wait(attempts: u32, jitter: f64) -> Duration {
    let doublings = attempts.saturating_sub(1).min(30);
    let full = WAIT_FIRST.saturating_mul(1 << doublings).min(WAIT_MAX);
    full.mul_f64(1.0 - jitter.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_jitter_takes_up_to_half() {
        let millis = |attempts, jitter| wait(attempts, jitter).as_millis();
        assert_eq!([millis(1, 0.0), millis(2, 0.0), millis(5, 0.0)], [1_000, 2_000, 16_000]);
        assert_eq!([millis(1, 1.0), millis(5, 0.5)], [500, 12_000]);
        assert_eq!([millis(10, 0.0), millis(u32::MAX, 0.0)], [300_000, 300_000]);
        assert_eq!(millis(0, 0.0), 1_000);
    }
}
