//! The text of W3C's `traceparent` and `tracestate`.
//!
//! Format: <https://www.w3.org/TR/trace-context/#traceparent-header>

use std::fmt::Write;

use super::{Sampling, TraceHeader, tracestate};
use crate::id::{SpanId, TraceId};

/// Longest `tracestate` that is passed on, in bytes; W3C asks for at least 512.
pub const TRACESTATE_BYTES_MAX: usize = 512;
/// Most members of a `tracestate` that are passed on; W3C allows no more.
pub const TRACESTATE_MEMBERS_MAX: usize = 32;

const SAMPLED_FLAG: u8 = 1;
const TRACEPARENT_BYTES: usize = "00-64f0c1aa0123456789abcdef01234567-00f067aa0ba902b7-01".len();

/// Reads `traceparent`; `None` for what the specification calls invalid, which is to be ignored.
///
/// Versions after 00 are read by their first four fields, as the specification asks.
pub fn parse(traceparent: &str) -> Option<TraceHeader> {
    let mut fields = traceparent.trim().split('-');
    let (version, root, parent, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let is_hex =
        |text: &str, digits| text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !is_hex(version, 2) || !is_hex(root, 32) || !is_hex(parent, 16) || !is_hex(flags, 2) {
        return None;
    }
    if version == "ff" || (version == "00" && fields.next().is_some()) {
        return None;
    }
    let root: TraceId = root.parse().ok().filter(|root: &TraceId| root.bits() != 0)?;
    let parent: SpanId = parent.parse().ok().filter(|parent: &SpanId| parent.bits() != 0)?;
    let flags = u8::from_str_radix(flags, 16).ok()?;
    let sampled = flags & SAMPLED_FLAG != 0;
    Some(TraceHeader {
        root: Some(root),
        parent: Some(parent),
        sampling: if sampled { Sampling::Sampled } else { Sampling::NotSampled },
        ..TraceHeader::default()
    })
}

/// Reads `traceparent` with the `tracestate` beside it, which is bounded and otherwise unchanged.
pub fn parse_with_state(traceparent: &str, tracestate: &str) -> Option<TraceHeader> {
    Some(TraceHeader { tracestate: tracestate::bounded(tracestate), ..parse(traceparent)? })
}

/// Writes `traceparent`, version 00; `None` without trace or span, which W3C cannot express.
pub fn format(header: &TraceHeader) -> Option<String> {
    let root = header.root.filter(|root| root.bits() != 0)?;
    let parent = header.parent.filter(|parent| parent.bits() != 0)?;
    let flags = match header.sampling {
        Sampling::Sampled => SAMPLED_FLAG,
        // W3C knows no "you decide" but leaving the flag off.
        Sampling::NotSampled | Sampling::Requested | Sampling::Unspecified => 0,
    };
    let mut text = String::with_capacity(TRACEPARENT_BYTES);
    write!(text, "00-{}-{parent}-{flags:02x}", root.w3c()).expect("a string takes every text");
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_specifications_examples_hold() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let header = parse(text).unwrap();
        assert_eq!(header.root.unwrap().to_string(), "1-4bf92f35-77b34da6a3ce929d0e0e4736");
        assert_eq!(header.sampling, Sampling::Sampled);
        assert_eq!(format(&header).as_deref(), Some(text));
        for later in ["01", "cc", "fe"] {
            for more in ["", "-", "-more", "-more-still"] {
                let text = format!("{later}-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01{more}");
                assert_eq!(parse(&text), Some(header.clone()), "{text}");
            }
        }
        // Flags that this version does not know are not passed on.
        assert_eq!(parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff"), Some(header));
        for invalid in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "+0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(parse(invalid), None, "{invalid}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(root in 1_u128.., parent in 1_u64.., sampled: bool) {
            let sampling = if sampled { Sampling::Sampled } else { Sampling::NotSampled };
            let header = TraceHeader {
                root: Some(TraceId::from_bits(root)),
                parent: Some(SpanId::from_bits(parent)),
                sampling,
                ..TraceHeader::default()
            };
            prop_assert_eq!(parse(&format(&header).unwrap()), Some(header));
        }

        #[test]
        fn arbitrary_text_never_panics(text in "(.{0,100}|[0-9a-f]{0,3}-[0-9a-fA-F]{0,34}-[0-9a-f]{0,18}-[0-9a-f]{0,3}-?.{0,9})") {
            drop(parse(&text));
        }
    }
}
