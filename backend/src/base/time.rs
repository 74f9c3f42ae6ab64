//! Stored time: an integer count of nanoseconds, never a float.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

const NANOS_PER_MILLI: i64 = 1_000_000;
const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// An instant: nanoseconds since the Unix epoch, from the year 1678 to 2262.
///
/// On the wire it takes each protocol's own form (epoch seconds, ISO 8601, CBOR tag 1); the codecs know it by
/// [`Timestamp::SERDE_NAME`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The newtype name by which `wire::typed` tells a timestamp from a plain integer.
    pub const SERDE_NAME: &'static str = "$siskin::Timestamp";
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);
    /// The earliest instant that can be written.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant that can be written.
    pub const MAX: Self = Self(i64::MAX);

    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds since the epoch; saturates outside the years 1678 to 2262.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(NANOS_PER_MILLI))
    }

    /// From whole seconds since the epoch; saturates outside the years 1678 to 2262.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(NANOS_PER_SECOND))
    }

    /// From fractional epoch seconds, as JSON protocols write them; `None` unless finite and in range.
    ///
    /// Rounded to the microsecond, the finest step that an `f64` holds for today's dates.
    pub fn from_secs_f64(secs: f64) -> Option<Self> {
        let micros = (secs * 1e6).round();
        (micros.is_finite() && micros.abs() < 9.2e15).then(|| Self(micros as i64 * 1_000))
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Milliseconds since the epoch, rounded towards the past.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(NANOS_PER_MILLI)
    }

    /// Seconds since the epoch, rounded towards the past.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(NANOS_PER_SECOND)
    }

    /// Fractional seconds since the epoch.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// The start of the `period` (counted from the epoch) that holds this instant.
    ///
    /// # Panics
    /// When `period` is zero: a period is at least one nanosecond.
    #[must_use]
    pub fn floor(self, period: Duration) -> Self {
        let period = nanos(period);
        assert!(period > 0, "a period is longer than nothing");
        Self(self.0.div_euclid(period).saturating_mul(period))
    }

    /// This instant plus `duration`; saturates.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(nanos(duration)))
    }

    /// This instant minus `duration`; saturates.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(nanos(duration)))
    }

    /// Time from `earlier` to this instant; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }

    /// The same instant as a calendar time.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_nanosecond(i128::from(self.0)).expect("i64 nanoseconds lie within jiff's years")
    }

    /// From ISO 8601, with any offset; `None` when it is not a timestamp.
    pub fn parse_iso(text: &str) -> Option<Self> {
        let at: jiff::Timestamp = text.parse().ok()?;
        i64::try_from(at.as_nanosecond()).ok().map(Self)
    }
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// ISO 8601 in UTC with milliseconds: `2026-11-23T08:00:00.000Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_jiff().strftime("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(Self::SERDE_NAME, &self.0)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    /// Reads nanoseconds as an integer (what [`Serialize`] writes for documents at rest). `wire::typed` hands the
    /// codecs' own timestamps over as such an integer too.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Nanos;
        impl<'de> serde::de::Visitor<'de> for Nanos {
            type Value = Timestamp;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a timestamp")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Timestamp, D::Error> {
                i64::deserialize(deserializer).map(Timestamp)
            }

            fn visit_i64<E: serde::de::Error>(self, nanos: i64) -> Result<Timestamp, E> {
                Ok(Timestamp(nanos))
            }

            fn visit_u64<E: serde::de::Error>(self, nanos: u64) -> Result<Timestamp, E> {
                i64::try_from(nanos).map(Timestamp).map_err(|_| E::custom("timestamp after the year 2262"))
            }
        }
        deserializer.deserialize_newtype_struct(Self::SERDE_NAME, Nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_goes_towards_the_past_also_before_the_epoch() {
        let minute = Duration::from_mins(1);
        assert_eq!(Timestamp::from_secs(119).floor(minute), Timestamp::from_secs(60));
        assert_eq!(Timestamp::from_secs(-1).floor(minute), Timestamp::from_secs(-60));
    }

    #[test]
    fn shows_as_iso_8601_with_milliseconds() {
        assert_eq!(Timestamp::from_millis(1_793_000_000_123).to_string(), "2026-10-26T07:33:20.123Z");
    }

    #[test]
    fn fractional_seconds_keep_their_microseconds() {
        let at = Timestamp::from_secs_f64(1_793_000_000.000_001).expect("finite");
        assert_eq!(at.as_nanos(), 1_793_000_000_000_001_000);
        assert_eq!(Timestamp::from_secs_f64(f64::NAN), None);
        assert_eq!(Timestamp::from_secs_f64(1e300), None);
    }

    #[test]
    fn survives_a_document_at_rest() {
        let at = Timestamp::from_nanos(1_793_000_000_123_456_789);
        let text = serde_json::to_string(&at).expect("integers serialize");
        assert_eq!(serde_json::from_str::<Timestamp>(&text).expect("just written"), at);
    }
}
