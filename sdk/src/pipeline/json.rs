//! JSON into a buffer that is used again and again.

use crate::id::{SpanId, TraceId};

/// Two hexadecimal digits of each byte.
const HEX: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
        byte += 1;
    }
    pairs
};

/// Two decimal digits of each number below 100.
const DECIMAL: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// The name of a member as it is written: after a comma, quoted, with its colon.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quoted(&'static str);

impl Quoted {
    /// For [`quoted`] alone.
    pub(super) const fn new(text: &'static str) -> Self {
        Self(text)
    }
}

/// Quotes a name that needs no escaping when the program is built.
macro_rules! quoted {
    ($name:literal) => {
        $crate::pipeline::json::Quoted::new(concat!(",\"", $name, "\":"))
    };
}
pub(super) use quoted;

/// Writes members of objects and the commas between them.
#[derive(Debug)]
pub(super) struct Json {
    pub(super) bytes: Vec<u8>,
    /// The second written last, and the digits and point of a time in it: most of a segment are.
    second: u64,
    time: [u8; 17],
}

impl Default for Json {
    fn default() -> Self {
        Self { bytes: Vec::new(), second: 0, time: *b"0000000000.000000" }
    }
}

impl Json {
    /// Writes what needs no escaping.
    #[inline]
    pub(super) fn raw(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Begins a member.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a text of known length is copied without a call")]
    pub(super) fn key(&mut self, name: Quoted) {
        let text = name.0.as_bytes();
        if self.is_first() {
            self.bytes.extend_from_slice(&text[1..]);
        } else {
            self.bytes.extend_from_slice(text);
        }
    }

    /// Begins a member of any name.
    pub(super) fn any_key(&mut self, name: &str) {
        self.prefixed_key("", name);
    }

    /// Begins a member of any name with something in front that needs no escaping.
    pub(super) fn prefixed_key(&mut self, prefix: &str, name: &str) {
        self.comma();
        self.bytes.push(b'"');
        self.raw(prefix);
        self.escaped(name);
        self.bytes.extend_from_slice(b"\":");
    }

    /// Separates from what stands before, if something does.
    #[inline]
    pub(super) fn comma(&mut self) {
        if !self.is_first() {
            self.bytes.push(b',');
        }
    }

    #[inline]
    fn is_first(&self) -> bool {
        matches!(self.bytes.last(), None | Some(b'{' | b'[' | b':'))
    }

    pub(super) fn string(&mut self, text: &str) {
        self.bytes.push(b'"');
        self.escaped(text);
        self.bytes.push(b'"');
    }

    /// Writes the inside of a string.
    #[inline]
    fn escaped(&mut self, text: &str) {
        if is_plain(text.as_bytes()) {
            self.raw(text);
        } else {
            self.escape(text);
        }
    }

    #[cold]
    #[inline(never)]
    fn escape(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                b'"' => self.raw("\\\""),
                b'\\' => self.raw("\\\\"),
                b'\n' => self.raw("\\n"),
                b'\r' => self.raw("\\r"),
                b'\t' => self.raw("\\t"),
                0x08 => self.raw("\\b"),
                0x0c => self.raw("\\f"),
                0..0x20 => {
                    self.raw("\\u00");
                    self.bytes.extend_from_slice(&HEX[usize::from(byte)]);
                }
                _ => self.bytes.push(byte),
            }
        }
    }

    pub(super) fn number(&mut self, number: impl itoa::Integer) {
        self.raw(itoa::Buffer::new().format(number));
    }

    pub(super) fn bool(&mut self, flag: bool) {
        self.raw(if flag { "true" } else { "false" });
    }

    /// JSON has no infinities and no NaN; they are worth knowing all the same.
    pub(super) fn float(&mut self, number: f64) {
        match number {
            f64::INFINITY => self.raw("\"inf\""),
            f64::NEG_INFINITY => self.raw("\"-inf\""),
            _ if number.is_nan() => self.raw("\"NaN\""),
            _ => serde_json::to_writer(&mut self.bytes, &number).expect("a number goes into memory"),
        }
    }

    /// Writes epoch seconds with microseconds, as short as they are exact.
    pub(super) fn epoch(&mut self, nanos: u64) {
        let micros = nanos.saturating_add(500) / 1_000;
        let (second, fraction) = (micros / 1_000_000, (micros % 1_000_000) as usize);
        if second != self.second {
            self.begin_second(second);
        }
        for (pair, value) in
            self.time[11..].as_chunks_mut().0.iter_mut().zip([fraction / 10_000, fraction / 100 % 100, fraction % 100])
        {
            *pair = DECIMAL[value];
        }
        let zeros = self.time.iter().rev().take(5).take_while(|digit| **digit == b'0').count();
        let shown = self.time.get(..self.time.len() - zeros).unwrap_or_default();
        // What is written with leading zeros is from before the year 2001.
        let leading = shown.iter().take(9).take_while(|digit| **digit == b'0').count();
        self.bytes.extend_from_slice(shown.get(leading..).unwrap_or_default());
    }

    #[cold]
    fn begin_second(&mut self, second: u64) {
        self.second = second;
        self.time = *b"0000000000.000000";
        // Nanoseconds in 64 bits are at most 18,446,744,073 seconds, which the clock never shows.
        let mut rest = second;
        for digit in self.time.iter_mut().take(10).rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }

    pub(super) fn span_id(&mut self, id: SpanId) {
        let mut text = *b"\"0123456789abcdef\"";
        for (pair, byte) in text[1..17].as_chunks_mut().0.iter_mut().zip(id.bits().to_be_bytes()) {
            *pair = HEX[usize::from(byte)];
        }
        self.bytes.extend_from_slice(&text);
    }

    pub(super) fn trace_id(&mut self, id: TraceId) {
        let mut digits = [[0; 2]; 16];
        for (pair, byte) in digits.iter_mut().zip(id.bits().to_be_bytes()) {
            *pair = HEX[usize::from(byte)];
        }
        let (epoch, random) = digits.as_flattened().split_at(8);
        self.raw("\"1-");
        self.bytes.extend_from_slice(epoch);
        self.bytes.push(b'-');
        self.bytes.extend_from_slice(random);
        self.bytes.push(b'"');
    }
}

/// Whether a text stands in a JSON string as it is.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    // What is left over is looked at with some of what was before: then it is a whole chunk as well.
    match (text.last_chunk(), text.last_chunk()) {
        (Some(last), _) => text.as_chunks::<16>().0.iter().all(are_plain) && are_plain::<16>(last),
        (None, Some(last)) => text.first_chunk::<8>().is_some_and(are_plain) && are_plain::<8>(last),
        (None, None) => text.iter().all(|byte| !NEEDS_ESCAPE[usize::from(*byte)]),
    }
}

#[inline]
fn are_plain<const N: usize>(bytes: &[u8; N]) -> bool {
    // Without a way out in the middle, this is a handful of vector instructions.
    !bytes.iter().fold(false, |any, byte| any | needs_escape(*byte))
}

const NEEDS_ESCAPE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = needs_escape(byte as u8);
        byte += 1;
    }
    table
};

#[inline]
#[expect(
    clippy::needless_bitwise_bool,
    reason = "the compiler makes vectors of this, and a chain of jumps of the other"
)]
const fn needs_escape(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::EpochTime;

    fn written(write: impl FnOnce(&mut Json)) -> String {
        let mut json = Json::default();
        write(&mut json);
        String::from_utf8(json.bytes).unwrap()
    }

    #[test]
    fn commas_stand_between_members_only() {
        let text = written(|json| {
            json.raw("{");
            json.key(quoted!("a"));
            json.float(f64::NAN);
            json.any_key("b\"");
            json.raw("[");
            json.comma();
            json.bool(true);
            json.raw("]}");
        });
        assert_eq!(text, r#"{"a":"NaN","b\"":[true]}"#);
    }

    proptest! {
        #[test]
        fn times_are_written_as_the_document_type_writes_them(micros in 0_u64..4_102_444_800_000_000) {
            let time = EpochTime::from_nanos(micros * 1_000);
            prop_assert_eq!(written(|json| json.epoch(micros * 1_000)), serde_json::to_string(&time).unwrap());
        }

        #[test]
        fn texts_are_escaped_as_others_escape_them(text in r#"[ -~]{0,40}|["\\\\\x00-\x1fä€]{0,40}|\PC{0,40}"#) {
            prop_assert_eq!(written(|json| json.string(&text)), serde_json::to_string(&text).unwrap());
        }

        #[test]
        fn ids_are_written_as_they_show_themselves(trace: u128, span: u64) {
            let (trace, span) = (TraceId::from_bits(trace), SpanId::from_bits(span));
            prop_assert_eq!(written(|json| json.trace_id(trace)), format!("\"{trace}\""));
            prop_assert_eq!(written(|json| json.span_id(span)), format!("\"{span}\""));
        }
    }
}
