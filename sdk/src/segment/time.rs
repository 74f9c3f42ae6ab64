//! Times of a document: epoch seconds on the wire, integer nanoseconds inside.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

const NANOS_PER_MICRO: u64 = 1_000;
const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A moment in nanoseconds since the Unix epoch.
///
/// The wire carries a floating-point number of seconds, whose last bit is worth about a quarter of a
/// microsecond in this century. So the wire form is whole microseconds: each is written as the
/// shortest decimal and comes back exactly.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct EpochTime(u64);

impl EpochTime {
    /// Takes nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Takes seconds since the Unix epoch, to the nearest microsecond; `None` for what is no moment
    /// since 1970 that fits 64 bits of nanoseconds.
    pub fn from_secs_f64(seconds: f64) -> Option<Self> {
        const SECONDS_MAX: f64 = (u64::MAX / NANOS_PER_SECOND) as f64;
        if !(0.0..SECONDS_MAX).contains(&seconds) {
            return None;
        }
        // The whole part is taken off first: it is exact, and what is left then has bits to spare.
        let micros = (seconds.fract() * 1e6).round() as u64;
        Some(Self(seconds.trunc() as u64 * NANOS_PER_SECOND + micros * NANOS_PER_MICRO))
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the Unix epoch, to the nearest microsecond.
    pub fn as_secs_f64(self) -> f64 {
        let micros = self.0.saturating_add(NANOS_PER_MICRO / 2) / NANOS_PER_MICRO;
        // 51 bits hold today's microseconds, so both operands are exact and the quotient is rounded once.
        micros as f64 / 1e6
    }
}

impl fmt::Debug for EpochTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:09}", self.0 / NANOS_PER_SECOND, self.0 % NANOS_PER_SECOND)
    }
}

impl Serialize for EpochTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.as_secs_f64())
    }
}

impl<'de> Deserialize<'de> for EpochTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Self::from_secs_f64(seconds).ok_or_else(|| de::Error::custom("a time is a number of seconds since 1970"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn microseconds_are_written_as_decimals() {
        let time = EpochTime::from_nanos(1_793_000_000_000_001_000);
        assert_eq!(serde_json::to_string(&time).unwrap(), "1793000000.000001");
    }

    #[test]
    fn whole_and_scientific_seconds_are_read() {
        for (text, nanos) in
            [("1478293361", 1_478_293_361_000_000_000), ("1.478293361271E9", 1_478_293_361_271_000_000), ("0", 0)]
        {
            assert_eq!(serde_json::from_str::<EpochTime>(text).unwrap(), EpochTime::from_nanos(nanos));
        }
        for text in ["-1", "1e300", "\"1\"", "null"] {
            assert!(serde_json::from_str::<EpochTime>(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn microseconds_of_this_century_round_trip(micros in 0_u64..4_102_444_800_000_000) {
            let time = EpochTime::from_nanos(micros * NANOS_PER_MICRO);
            let text = serde_json::to_string(&time).unwrap();
            prop_assert_eq!(serde_json::from_str::<EpochTime>(&text).unwrap(), time);
        }
    }
}
