//! The text of `X-Amzn-Trace-Id`.
//!
//! Format: <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>

use std::fmt::{self, Write};

use super::{Sampling, TraceHeader, losses};
use crate::id::{SpanId, TraceId};

/// Longest header that is read whole, in bytes; of a longer one, the pairs that end within are read.
pub const HEADER_BYTES_MAX: usize = 2_048;
/// Most bytes of further pairs that are passed on, as in the X-Ray SDK for Node.js. Pairs beyond are
/// left out whole, `Lineage` last: without it, Lambda's detection of endless loops is blind.
pub const EXTRAS_BYTES_MAX: usize = 256;

/// Root, parent and decision, and the semicolon behind them.
const HEADER_BYTES_USUAL: usize = "Root=1-64f0c1aa-0123456789abcdef01234567;Parent=00f067aa0ba902b7;Sampled=1;".len();
const LINEAGE: &str = "Lineage";

/// Reads a header.
///
/// Unknown pairs are kept in order and unchanged, `Self=` (a load balancer's) is dropped, keys match
/// in any case, the first of a repeated key counts, and a part that cannot be read counts as absent,
/// as does an id of zeros only (SDKs send it with `Sampled=0` to save work): a caller's odd header
/// must not cost the callee its trace. `None` where nothing of use is left.
/// [`header_losses`](super::header_losses) counts what a limit left out.
pub fn parse(text: &str) -> Option<TraceHeader> {
    let text = within_limit(text);
    let mut header = TraceHeader::default();
    let mut extras = Extras::for_header(text);
    for pair in pairs(text) {
        let Some((key, value)) = pair.split_once('=') else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        if key.eq_ignore_ascii_case("Root") {
            let root = || value.parse().ok().filter(|root: &TraceId| root.bits() != 0);
            header.root = header.root.or_else(root);
        } else if key.eq_ignore_ascii_case("Parent") {
            let parent = || value.parse().ok().filter(|parent: &SpanId| parent.bits() != 0);
            header.parent = header.parent.or_else(parent);
        } else if key.eq_ignore_ascii_case("Sampled") {
            if header.sampling == Sampling::Unspecified {
                header.sampling = match value {
                    "1" => Sampling::Sampled,
                    "0" => Sampling::NotSampled,
                    "?" => Sampling::Requested,
                    _ => Sampling::Unspecified,
                };
            }
        } else if !key.eq_ignore_ascii_case("Self") {
            extras.push(pair, key);
        }
    }
    header.extras = extras.text.into_boxed_str();
    // A parent without its trace hangs in the air.
    header.parent = header.parent.filter(|_| header.root.is_some());
    (header != TraceHeader::default()).then_some(header)
}

/// Writes a header; `None` without a trace, of which there is nothing to tell.
pub fn format(header: &TraceHeader) -> Option<String> {
    header.root?;
    let mut text = String::with_capacity(HEADER_BYTES_USUAL + header.extras.len());
    write!(text, "{header}").expect("a string takes every text");
    Some(text)
}

fn pairs(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim)
}

/// The front of a long header, up to the end of its last whole pair.
fn within_limit(text: &str) -> &str {
    if text.len() <= HEADER_BYTES_MAX {
        return text;
    }
    losses::count_header_cut();
    let front = text.get(..text.floor_char_boundary(HEADER_BYTES_MAX)).unwrap_or_default();
    front.rsplit_once(';').map_or("", |(whole, _)| whole)
}

/// Collects further pairs, within their limit.
struct Extras {
    text: String,
    /// Bytes kept free for `Lineage`, which may stand behind other pairs.
    reserved_bytes: usize,
}

impl Extras {
    fn for_header(text: &str) -> Self {
        let lineage = pairs(text)
            .filter(|pair| pair.split_once('=').is_some_and(|(key, _)| key.trim().eq_ignore_ascii_case(LINEAGE)));
        let bytes: usize = lineage.map(|pair| pair.len() + 1).sum();
        Self { text: String::new(), reserved_bytes: if bytes > EXTRAS_BYTES_MAX { 0 } else { bytes } }
    }

    fn push(&mut self, pair: &str, key: &str) {
        let separator_bytes = usize::from(!self.text.is_empty());
        if key.eq_ignore_ascii_case(LINEAGE) {
            self.reserved_bytes = self.reserved_bytes.saturating_sub(pair.len() + 1);
        }
        let bytes = self.text.len() + separator_bytes + pair.len();
        let can_be_sent = pair.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !can_be_sent || bytes + self.reserved_bytes > EXTRAS_BYTES_MAX {
            losses::count_pair_dropped();
            return;
        }
        if separator_bytes == 1 {
            self.text.push(';');
        }
        self.text.push_str(pair);
    }
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
            (format!("{}=x", "x".repeat(10_000)), None),
            (
                format!("Root={ROOT};Sampled=1;Lineage=a87bd80c:0;k={}", "v".repeat(10_000)),
                Some(format!("Root={ROOT};Sampled=1;Lineage=a87bd80c:0")),
            ),
            (format!("Root=nonsense;Root={ROOT};Sampled=0;Sampled=1"), Some(format!("Root={ROOT};Sampled=0"))),
            // Zeros stripped off the epoch, and the zeros that stand for "no id".
            (
                "Root=1-5-0123456789abcdef01234567".to_owned(),
                Some("Root=1-00000005-0123456789abcdef01234567".to_owned()),
            ),
            ("Root=1-00000000-000000000000000000000000;Sampled=0".to_owned(), Some("Sampled=0".to_owned())),
            (format!("Root={ROOT};Parent=0000000000000000"), Some(format!("Root={ROOT}"))),
            // No header may carry these, so they must not reach the next one.
            (format!("Root={ROOT};a=b\r\nX-Evil: 1;c=d;e=\u{fc}"), Some(format!("Root={ROOT};c=d"))),
        ] {
            assert_eq!(rewritten(&text), wanted, "{text}");
        }
    }

    #[test]
    fn lineage_is_kept_before_other_pairs_and_in_its_place() {
        let filler = |name: char, bytes: usize| format!("{name}={}", "v".repeat(bytes - 2));
        let lineage = "lineage=25:a87bd80c:1|68fd508a:5";
        let (large, larger, small) = (filler('a', 220), filler('b', 240), filler('c', 4));
        let text = format!("{large};{larger};{lineage};{small}");
        assert_eq!(&*parse(&text).unwrap().extras, format!("{large};{lineage}"));
        let text = format!("{larger};{lineage};{small}");
        assert_eq!(&*parse(&text).unwrap().extras, format!("{lineage};{small}"));
    }

    #[test]
    fn losses_are_counted() {
        let before = super::super::header_losses();
        let long = format!("Root={ROOT};a={};b={}", "v".repeat(300), "v".repeat(HEADER_BYTES_MAX));
        assert!(parse(&long).is_some());
        let after = super::super::header_losses();
        assert!(after.headers_cut > before.headers_cut && after.pairs_dropped > before.pairs_dropped);
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
        fn what_is_written_is_read_back(root in 1_u128.., parent in proptest::option::of(1_u64..), sampling in any_sampling(), extras in "(K[a-z]{0,9}=[a-z0-9:|]{0,20}(;L[a-z]{0,9}=[a-z0-9:|]{0,20})?)?") {
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
        fn arbitrary_text_never_panics(text in "(.{0,3000}|([A-Za-z]{0,8}= ?[-0-9a-f:|?]{0,40} ?;){0,80})") {
            if let Some(header) = parse(&text) {
                prop_assert!(header.extras.len() <= EXTRAS_BYTES_MAX);
                // What was read once reads the same again.
                prop_assert_eq!(parse(&header.to_string()), Some(header));
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            drop(parse(&String::from_utf8_lossy(&bytes)));
        }
    }
}
