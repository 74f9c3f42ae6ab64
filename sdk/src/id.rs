//! Trace and span ids, and their X-Ray and W3C text forms.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::random;

/// A text that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Neither `1-8hex-24hex` nor 32 hexadecimal digits.
    #[error("a trace id is `1-8hex-24hex` or 32 hexadecimal digits, this is not: {0:?}")]
    Trace(String),
    /// Not 16 hexadecimal digits.
    #[error("a span id is 16 hexadecimal digits, this is not: {0:?}")]
    Span(String),
}

/// Names one trace: 128 bits, shown in X-Ray's form.
///
/// X-Ray and W3C write the same 128 bits differently: `1-64f0c1aa-0123456789abcdef01234567` is
/// `64f0c1aa0123456789abcdef01234567`. The first 32 bits are the second the trace began, where the
/// trace was begun by an X-Ray SDK; ids that come from elsewhere need not keep to that.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(u128);

impl TraceId {
    /// Takes the 128 bits as they are.
    pub const fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    /// Takes the 16 bytes in network order, as OTLP carries them.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// Makes a new id: `epoch_seconds` in front, 96 random bits behind.
    pub fn random(epoch_seconds: u32) -> Self {
        Self::of_random(epoch_seconds, random::next_u64s())
    }

    /// The id that these bits make, of which 96 are used.
    pub(crate) fn of_random(epoch_seconds: u32, [high, low]: [u64; 2]) -> Self {
        let random = (u128::from(high as u32) << 64) | u128::from(low);
        Self((u128::from(epoch_seconds) << 96) | random)
    }

    /// The 128 bits.
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// The 16 bytes in network order.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The first 32 bits: the second the trace began, if an X-Ray SDK began it.
    pub const fn epoch_seconds(self) -> u32 {
        (self.0 >> 96) as u32
    }

    /// Shows the id in W3C's form, 32 hexadecimal digits.
    pub const fn w3c(self) -> W3cTraceId {
        W3cTraceId(self)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = digits::<32>(self.0);
        let (epoch, unique) = text(&digits).split_at(8);
        f.write_str("1-")?;
        f.write_str(epoch)?;
        f.write_str("-")?;
        f.write_str(unique)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for TraceId {
    type Err = IdError;

    /// Reads either form. An epoch part whose leading zeros were stripped is accepted, as some
    /// emitters send it.
    fn from_str(text: &str) -> Result<Self, IdError> {
        let wrong = || IdError::Trace(excerpt(text));
        let Some(rest) = text.strip_prefix("1-") else {
            return hex_digits(text, 32).map(Self).ok_or_else(wrong);
        };
        let (epoch, unique) = rest.split_once('-').ok_or_else(wrong)?;
        if epoch.is_empty() || epoch.len() > 8 {
            return Err(wrong());
        }
        let epoch = hex_digits(epoch, epoch.len()).ok_or_else(wrong)?;
        let unique = hex_digits(unique, 24).ok_or_else(wrong)?;
        Ok(Self((epoch << 96) | unique))
    }
}

/// A [`TraceId`] that shows itself as W3C's `traceparent` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct W3cTraceId(TraceId);

impl fmt::Display for W3cTraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(text(&digits::<32>(self.0.0)))
    }
}

/// Names one segment or subsegment within its trace: 64 bits, shown as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SpanId(u64);

impl SpanId {
    /// Takes the 64 bits as they are.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Takes the 8 bytes in network order, as OTLP carries them.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_be_bytes(bytes))
    }

    /// Makes a new id; never all zeros, which W3C reserves for "no span".
    pub fn random() -> Self {
        Self(random::next_u64().max(1))
    }

    /// The 64 bits.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The 8 bytes in network order.
    pub const fn to_bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(text(&digits::<16>(u128::from(self.0))))
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for SpanId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        hex_digits(text, 16).map(|bits| Self(bits as u64)).ok_or_else(|| IdError::Span(excerpt(text)))
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FromText::default())
    }
}

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SpanId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FromText::default())
    }
}

/// Parses a borrowed or owned string without copying it first.
struct FromText<T>(std::marker::PhantomData<T>);

impl<T> Default for FromText<T> {
    fn default() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<T: FromStr<Err = IdError>> de::Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id of hexadecimal digits")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// The last hexadecimal digits of a number; ids are written into every header and log line, and
/// `{:032x}` takes several times as long.
fn digits<const COUNT: usize>(bits: u128) -> [u8; COUNT] {
    let shift = |at: usize| 4 * (COUNT - 1 - at);
    std::array::from_fn(|at| b"0123456789abcdef"[(bits >> shift(at)) as usize & 0xf])
}

fn text(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).expect("hexadecimal digits are ASCII")
}

/// Reads exactly `digits` hexadecimal digits, at most 32.
fn hex_digits(text: &str, digits: usize) -> Option<u128> {
    if text.len() != digits {
        return None;
    }
    text.bytes().try_fold(0, |bits, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return None,
        };
        Some(bits << 4 | u128::from(digit))
    })
}

/// What an error message shows of a text from outside: it may be long.
fn excerpt(text: &str) -> String {
    const EXCERPT_CHARS_MAX: usize = 64;
    text.chars().take(EXCERPT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_text_forms_name_the_same_trace() {
        let xray: TraceId = "1-64f0c1aa-0123456789abcdef01234567".parse().unwrap();
        let w3c: TraceId = "64f0c1aa0123456789abcdef01234567".parse().unwrap();
        assert_eq!(xray, w3c);
        assert_eq!(xray.w3c().to_string(), "64f0c1aa0123456789abcdef01234567");
        assert_eq!(w3c.to_string(), "1-64f0c1aa-0123456789abcdef01234567");
        assert_eq!(xray.epoch_seconds(), 0x64f0_c1aa);
    }

    #[test]
    fn stripped_zeros_of_the_epoch_are_accepted() {
        let id: TraceId = "1-a-0123456789abcdef01234567".parse().unwrap();
        assert_eq!(id.to_string(), "1-0000000a-0123456789abcdef01234567");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "1-",
            "1--0123456789abcdef01234567",
            "2-64f0c1aa-0123456789abcdef01234567",
            "1-64f0c1aa-0123456789abcdef0123456",
            "1-64f0c1aa0-0123456789abcdef01234567",
            "1-64f0c1aa-+123456789abcdef01234567",
            "64f0c1aa0123456789abcdef0123456",
            "64f0c1aa0123456789abcdef0123456g",
        ] {
            assert!(text.parse::<TraceId>().is_err(), "{text}");
        }
        for text in ["", "00f067aa0ba902b", "00f067aa0ba902b77", "+0f067aa0ba902b7"] {
            assert!(text.parse::<SpanId>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_random_trace_id_begins_with_its_second() {
        let id = TraceId::random(0x64f0_c1aa);
        assert_eq!(id.epoch_seconds(), 0x64f0_c1aa);
        assert_ne!(id, TraceId::random(0x64f0_c1aa));
    }

    proptest! {
        #[test]
        fn trace_ids_round_trip(bits: u128) {
            let id = TraceId::from_bits(bits);
            prop_assert_eq!(id.to_string().parse::<TraceId>().unwrap(), id);
            prop_assert_eq!(id.w3c().to_string().parse::<TraceId>().unwrap(), id);
            prop_assert_eq!(id.to_string().to_uppercase().parse::<TraceId>().unwrap(), id);
            prop_assert_eq!(TraceId::from_bytes(id.to_bytes()), id);
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<TraceId>(&json).unwrap(), id);
        }

        #[test]
        fn span_ids_round_trip(bits: u64) {
            let id = SpanId::from_bits(bits);
            prop_assert_eq!(id.to_string().parse::<SpanId>().unwrap(), id);
            prop_assert_eq!(SpanId::from_bytes(id.to_bytes()), id);
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<SpanId>(&json).unwrap(), id);
        }

        #[test]
        fn arbitrary_text_never_panics(text: String) {
            drop((text.parse::<TraceId>(), text.parse::<SpanId>()));
        }
    }
}
