//! The text of `X-Amzn-Trace-Id`.
//!
//! Format: <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>

use std::fmt::{self, Write};

use super::{Sampling, TraceHeader};

/// Longest header that is read, in bytes; what is longer is not ours.
pub const HEADER_BYTES_MAX: usize = 2_048;
/// Most bytes of further pairs that are passed on; pairs beyond are left out whole.
pub const EXTRAS_BYTES_MAX: usize = 256;

/// Reads a header.
///
/// Unknown pairs are kept in order and unchanged, `Self=` (a load balancer's) is dropped, keys match
/// in any case, and a part that cannot be read counts as absent: a caller's odd header must not cost
/// the callee its trace. `None` where nothing of use is left.
pub fn parse(text: &str) -> Option<TraceHeader> {
    if text.len() > HEADER_BYTES_MAX {
        return None;
    }
    let mut header = TraceHeader::default();
    let mut extras = String::new();
    for part in text.split(';').map(str::trim) {
        let Some((key, value)) = part.split_once('=') else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        if key.eq_ignore_ascii_case("Root") {
            header.root = value.parse().ok();
        } else if key.eq_ignore_ascii_case("Parent") {
            header.parent = value.parse().ok();
        } else if key.eq_ignore_ascii_case("Sampled") {
            header.sampling = match value {
                "1" => Sampling::Sampled,
                "0" => Sampling::NotSampled,
                "?" => Sampling::Requested,
                _ => Sampling::Unspecified,
            };
        } else if !key.eq_ignore_ascii_case("Self") {
            push_pair(&mut extras, part);
        }
    }
    header.extras = extras.into_boxed_str();
    // A parent without its trace hangs in the air.
    header.parent = header.parent.filter(|_| header.root.is_some());
    (header != TraceHeader::default()).then_some(header)
}

fn push_pair(extras: &mut String, pair: &str) {
    let separator = usize::from(!extras.is_empty());
    if extras.len() + separator + pair.len() > EXTRAS_BYTES_MAX {
        return;
    }
    if separator == 1 {
        extras.push(';');
    }
    extras.push_str(pair);
}

impl fmt::Display for TraceHeader {
    /// Writes X-Ray's form, in the order Root, Parent, Sampled, further pairs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pairs = Pairs { f, empty: true };
        if let Some(root) = self.root {
            pairs.push(format_args!("Root={root}"))?;
        }
        if let Some(parent) = self.parent {
            pairs.push(format_args!("Parent={parent}"))?;
        }
        match self.sampling {
            Sampling::Sampled => pairs.push(format_args!("Sampled=1"))?,
            Sampling::NotSampled => pairs.push(format_args!("Sampled=0"))?,
            Sampling::Requested => pairs.push(format_args!("Sampled=?"))?,
            Sampling::Unspecified => {}
        }
        if !self.extras.is_empty() {
            pairs.push(format_args!("{}", self.extras))?;
        }
        Ok(())
    }
}

/// Puts `;` between what it writes.
struct Pairs<'a, 'b> {
    f: &'a mut fmt::Formatter<'b>,
    empty: bool,
}

impl Pairs<'_, '_> {
    fn push(&mut self, pair: fmt::Arguments<'_>) -> fmt::Result {
        if !std::mem::replace(&mut self.empty, false) {
            self.f.write_char(';')?;
        }
        self.f.write_fmt(pair)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::id::{SpanId, TraceId};

    const ROOT: &str = "1-64f0c1aa-0123456789abcdef01234567";

    #[test]
    fn headers_from_the_field_are_read() {
        let rewritten = |text: &str| parse(text).map(|header| header.to_string());
        for (text, wanted) in [
            (format!("Root={ROOT}"), Some(format!("Root={ROOT}"))),
            (
                format!("Root={ROOT};Parent=00f067aa0ba902b7;Sampled=1"),
                Some(format!("Root={ROOT};Parent=00f067aa0ba902b7;Sampled=1")),
            ),
            (
                format!(" sampled=? ; ROOT={ROOT} ;; Self=1-2-3; Lineage=a87bd80c:0|68fd508a:5; k=a=b"),
                Some(format!("Root={ROOT};Sampled=?;Lineage=a87bd80c:0|68fd508a:5;k=a=b")),
            ),
            ("Sampled=1".to_owned(), Some("Sampled=1".to_owned())),
            ("Root=nonsense;Parent=00f067aa0ba902b7".to_owned(), None),
            (format!("Root={ROOT};Sampled=yes"), Some(format!("Root={ROOT}"))),
            (String::new(), None),
            ("Self=x".to_owned(), None),
            (format!("Root={ROOT};k={}", "v".repeat(300)), Some(format!("Root={ROOT}"))),
            ("x".repeat(HEADER_BYTES_MAX + 1), None),
        ] {
            assert_eq!(rewritten(&text), wanted, "{text}");
        }
    }

    fn any_sampling() -> impl Strategy<Value = Sampling> {
        prop_oneof![
            Just(Sampling::Sampled),
            Just(Sampling::NotSampled),
            Just(Sampling::Requested),
            Just(Sampling::Unspecified)
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(root: u128, parent: Option<u64>, sampling in any_sampling(), extras in "(K[a-z]{0,9}=[a-z0-9:|]{0,20}(;L[a-z]{0,9}=[a-z0-9:|]{0,20})?)?") {
            let header = TraceHeader {
                root: Some(TraceId::from_bits(root)),
                parent: parent.map(SpanId::from_bits),
                sampling,
                extras: extras.into_boxed_str(),
                tracestate: Box::default(),
            };
            prop_assert_eq!(parse(&header.to_string()), Some(header));
        }

        #[test]
        fn arbitrary_text_never_panics(text: String) {
            if let Some(header) = parse(&text) {
                prop_assert!(header.extras.len() <= EXTRAS_BYTES_MAX);
            }
        }
    }
}
