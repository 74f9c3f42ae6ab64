//! What a receiver says of spans it took in part.

/// What an [`ExportTraceServiceResponse`] says of spans that were not taken.
///
/// [`ExportTraceServiceResponse`]: https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/collector/trace/v1/trace_service.proto
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct PartialSuccess {
    pub(super) rejected_spans: u64,
    pub(super) message: String,
}

impl PartialSuccess {
    /// Reads the three fields there are; an answer that makes no sense rejects nothing.
    pub(super) fn read(response: &[u8]) -> Self {
        let mut read = Self::default();
        for (number, value) in Fields(response) {
            if let (1, Value::Bytes(partial_success)) = (number, value) {
                for field in Fields(partial_success) {
                    match field {
                        (1, Value::Number(count)) => read.rejected_spans = i64::try_from(count).unwrap_or(0) as u64,
                        (2, Value::Bytes(text)) => read.message = String::from_utf8_lossy(text).into_owned(),
                        _ => {}
                    }
                }
            }
        }
        read
    }
}

/// The fields of a [protobuf message](https://protobuf.dev/programming-guides/encoding/), up to where
/// it makes no sense.
struct Fields<'a>(&'a [u8]);

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

impl<'a> Fields<'a> {
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn bytes(&mut self, count: u64) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.number()?;
        let value = match tag & 7 {
            0 => Value::Number(self.number()?),
            1 => self.bytes(8).map(|_| Value::Other)?,
            2 => {
                let count = self.number()?;
                Value::Bytes(self.bytes(count)?)
            }
            5 => self.bytes(4).map(|_| Value::Other)?,
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rejections_are_read() {
        let none = PartialSuccess::default();
        assert_eq!(PartialSuccess::read(b""), none);
        assert_eq!(PartialSuccess::read(b"\x0a\x00"), none);
        let answer = b"\x0a\x09\x08\xac\x02\x12\x04full";
        let some = PartialSuccess { rejected_spans: 300, message: "full".to_owned() };
        assert_eq!(PartialSuccess::read(answer), some);
        // Fields that are not known yet do not disturb.
        let more = [&b"\x79ffffffff\x10\x01\x3dffff\x1a\x01x"[..], answer].concat();
        assert_eq!(PartialSuccess::read(&more), some);
        assert_eq!(PartialSuccess::read(b"\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01").rejected_spans, 0);
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer(bytes: Vec<u8>) {
            PartialSuccess::read(&bytes);
        }
    }
}
