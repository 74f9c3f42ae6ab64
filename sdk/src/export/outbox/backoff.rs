//! How long to leave a receiver alone.

use std::time::{Duration, Instant};

use crate::random;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(1);
/// At most, unless the receiver asks for more.
const LONGEST: Duration = Duration::from_mins(1);
/// At most, whatever the receiver asks for.
const AFTER_MAX: Duration = Duration::from_mins(10);

/// Exponential back-off with jitter.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    retry_at: Option<Instant>,
    tried_at: Option<Instant>,
    /// The wish was the receiver's.
    asked: bool,
}

impl Backoff {
    /// The receiver answered.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// An attempt failed; `after` is the receiver's own wish.
    pub(super) fn fail(&mut self, after: Option<Duration>, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        let exponent = (self.failures - 1).min(16);
        let longest = FIRST.saturating_mul(1 << exponent).min(LONGEST);
        // Half of it is random, so that many services do not come back at once.
        let wait = longest.mul_f64(0.5 + random::next_fraction() / 2.0);
        self.asked = after.is_some();
        self.retry_at = Some(now + after.map_or(wait, |after| after.clamp(wait, AFTER_MAX)));
        self.tried_at = Some(now);
    }

    /// Whether the receiver is to be left alone, and until when. Who is in a `hurry` asks again after a
    /// second, unless the receiver asked for more.
    pub(super) fn until(&self, hurry: bool, now: Instant) -> Option<Instant> {
        let mut until = self.retry_at?;
        if hurry && !self.asked {
            until = until.min(self.tried_at? + FIRST);
        }
        (until > now).then_some(until)
    }

    /// Whether the last attempt failed.
    pub(super) fn is_away(&self) -> bool {
        self.failures > 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn waits_grow_to_a_minute_and_a_wish_of_the_receiver_is_honoured(failures in 1..40_u32, wish in 0..2_000_u64) {
            let now = Instant::now();
            let mut backoff = Backoff::default();
            (0..failures).for_each(|_| backoff.fail(None, now));
            let wait = backoff.until(false, now).unwrap() - now;
            let longest = Duration::from_secs(1 << (failures - 1).min(6)).min(LONGEST);
            prop_assert!(wait >= longest / 2 && wait <= longest, "{wait:?}");
            let hurried = backoff.until(true, now).unwrap() - now;
            prop_assert!(hurried <= FIRST);
            let wish = Duration::from_secs(wish);
            backoff.fail(Some(wish), now);
            let wait = backoff.until(true, now).unwrap() - now;
            prop_assert!(wait >= wish.min(AFTER_MAX) && wait <= AFTER_MAX.max(LONGEST), "{wait:?}");
        }
    }
}
