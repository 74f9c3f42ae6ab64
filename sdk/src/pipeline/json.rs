//! JSON into a buffer that is used again and again.

use serde::Serialize;

use crate::id::{SpanId, TraceId};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// Writes members of objects and the commas between them.
#[derive(Debug, Default)]
pub(super) struct Json {
    pub(super) bytes: Vec<u8>,
}

impl Json {
    /// Writes what needs no escaping.
    pub(super) fn raw(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Begins a member; `name` needs no escaping.
    pub(super) fn key(&mut self, name: &str) {
        self.comma();
        self.bytes.push(b'"');
        self.raw(name);
        self.raw("\":");
    }

    /// Begins a member of any name.
    pub(super) fn any_key(&mut self, name: &str) {
        self.comma();
        self.string(name);
        self.bytes.push(b':');
    }

    /// Begins a member of any name with something in front that needs no escaping.
    pub(super) fn prefixed_key(&mut self, prefix: &str, name: &str) {
        self.comma();
        let inside = self.bytes.len() + 1;
        self.string(name);
        self.bytes.splice(inside..inside, prefix.bytes());
        self.bytes.push(b':');
    }

    /// Separates from what stands before, if something does.
    pub(super) fn comma(&mut self) {
        if !matches!(self.bytes.last(), None | Some(b'{' | b'[' | b':')) {
            self.bytes.push(b',');
        }
    }

    pub(super) fn string(&mut self, text: &str) {
        self.value(&text);
    }

    /// Writes anything that serialises and cannot fail to: numbers and texts.
    pub(super) fn value(&mut self, value: &impl Serialize) {
        serde_json::to_writer(&mut self.bytes, value).expect("a number or text goes into memory");
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
            _ => self.value(&number),
        }
    }

    /// Writes epoch seconds with microseconds, as short as they are exact.
    pub(super) fn epoch(&mut self, nanos: u64) {
        let micros = nanos.saturating_add(500) / 1_000;
        self.value(&(micros / 1_000_000));
        self.bytes.push(b'.');
        let mut fraction = micros % 1_000_000;
        let mut divisor = 100_000;
        loop {
            self.bytes.push(b'0' + (fraction / divisor) as u8);
            fraction %= divisor;
            divisor /= 10;
            if fraction == 0 {
                return;
            }
        }
    }

    pub(super) fn span_id(&mut self, id: SpanId) {
        self.bytes.push(b'"');
        self.hex(u128::from(id.bits()), 16);
        self.bytes.push(b'"');
    }

    pub(super) fn trace_id(&mut self, id: TraceId) {
        self.raw("\"1-");
        self.hex(id.bits() >> 96, 8);
        self.bytes.push(b'-');
        self.hex(id.bits(), 24);
        self.bytes.push(b'"');
    }

    fn hex(&mut self, bits: u128, digits: u32) {
        let digit = |place: u32| HEX[(bits >> (4 * place)) as usize & 15];
        self.bytes.extend((0..digits).rev().map(digit));
    }
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
            json.key("a");
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
        fn ids_are_written_as_they_show_themselves(trace: u128, span: u64) {
            let (trace, span) = (TraceId::from_bits(trace), SpanId::from_bits(span));
            prop_assert_eq!(written(|json| json.trace_id(trace)), format!("\"{trace}\""));
            prop_assert_eq!(written(|json| json.span_id(span)), format!("\"{span}\""));
        }
    }
}
