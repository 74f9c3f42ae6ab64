//! Documents no larger than the way out allows.
//!
//! The X-Ray SDKs split by counting subsegments, and "message too long" is the complaint their users
//! repeat most. Here bytes are counted: subsegments leave as documents of their own, the largest
//! first, until the rest fits; a single span that is too large loses its least valuable parts.

use std::io;

use serde::Serialize;
use serde_json::json;

use crate::id::TraceId;
use crate::segment::{Cause, Kind, Segment, limits};

/// What `trace_id`, `parent_id` and `type` add to a subsegment that becomes a document of its own.
const ENVELOPE_BYTES: usize = r#""trace_id":"1-00000000-000000000000000000000000","#.len()
    + r#""parent_id":"0000000000000000","#.len()
    + r#""type":"subsegment","#.len();
const SUBSEGMENTS_BYTES: usize = r#","subsegments":[]"#.len();
/// What a text is cut to when its span is too large.
const CUT_TEXT_CHARS: usize = 256;
/// How many exceptions are left then.
const CUT_EXCEPTIONS: usize = 4;

/// The pieces of one document.
#[derive(Debug, Default)]
pub(super) struct Split {
    /// Each fits. The first is what was split, unless it alone was too large.
    pub(super) documents: Vec<Segment>,
    /// Spans that did not fit even when cut.
    pub(super) too_large: u64,
}

/// Splits `document` into documents of at most `bytes_max` bytes.
pub(super) fn split(mut document: Segment, bytes_max: usize) -> Split {
    let mut split = Split::default();
    let Some(trace_id) = document.trace_id else {
        // Only a subsegment inside a document has no trace id of its own, and those are not passed here.
        split.too_large = 1;
        return split;
    };
    if bytes_of(&document) <= bytes_max {
        split.documents.push(document);
        return split;
    }
    let mut splitter = Splitter { trace_id, bytes_max, split };
    let bytes = splitter.fit(&mut document);
    let Splitter { mut split, .. } = splitter;
    if bytes <= bytes_max {
        split.documents.insert(0, document);
    } else {
        split.too_large += 1;
    }
    split
}

struct Splitter {
    trace_id: TraceId,
    bytes_max: usize,
    split: Split,
}

impl Splitter {
    /// Makes `node` fit, and returns its bytes; more than allowed if it does not fit alone.
    fn fit(&mut self, node: &mut Segment) -> usize {
        let mut children: Vec<(usize, Segment)> =
            std::mem::take(&mut node.subsegments).into_iter().map(|mut child| (self.fit(&mut child), child)).collect();
        // Any node may have to become a document of its own.
        let own_max = self.bytes_max.saturating_sub(ENVELOPE_BYTES);
        let own = cut_to_fit(node, own_max) + SUBSEGMENTS_BYTES;
        let mut bytes = own + children.iter().map(|(bytes, _)| bytes + 1).sum::<usize>();
        while bytes > own_max
            && let Some(largest) = index_of_largest(&children)
        {
            let (child_bytes, mut child) = children.remove(largest);
            bytes -= child_bytes + 1;
            if child_bytes > own_max {
                self.split.too_large += 1;
                continue;
            }
            child.trace_id = Some(self.trace_id);
            child.parent_id = Some(node.id);
            child.kind = Some(Kind::Subsegment);
            self.split.documents.push(child);
        }
        node.subsegments = children.into_iter().map(|(_, child)| child).collect();
        if node.subsegments.is_empty() { own - SUBSEGMENTS_BYTES } else { bytes }
    }
}

fn index_of_largest(children: &[(usize, Segment)]) -> Option<usize> {
    let largest = children.iter().enumerate().max_by_key(|(_, (bytes, _))| *bytes);
    largest.map(|(index, _)| index)
}

/// Cuts parts of a span without subsegments until it fits, the least valuable first; returns its
/// bytes.
fn cut_to_fit(node: &mut Segment, bytes_max: usize) -> usize {
    const CUTS: [fn(&mut Segment); 3] = [cut_metadata, cut_texts, cut_annotations];
    let mut bytes = bytes_of(node);
    for cut in CUTS {
        if bytes <= bytes_max {
            break;
        }
        cut(node);
        bytes = bytes_of(node);
    }
    bytes
}

/// Replaces the metadata by a mark that says how much there was.
fn cut_metadata(node: &mut Segment) {
    let bytes = bytes_of(&node.metadata);
    node.metadata.clear();
    node.metadata.insert("siskin".to_owned(), json!({ "metadata_bytes_cut": bytes }));
}

fn cut_texts(node: &mut Segment) {
    let cut = |text: &mut Option<String>| {
        if let Some(text) = text {
            limits::truncate(text, CUT_TEXT_CHARS);
        }
    };
    if let Some(sql) = &mut node.sql {
        cut(&mut sql.sanitized_query);
        cut(&mut sql.url);
        cut(&mut sql.connection_string);
    }
    if let Some(request) = node.http.as_mut().and_then(|http| http.request.as_mut()) {
        cut(&mut request.url);
        cut(&mut request.user_agent);
    }
    if let Some(Cause::Detail(detail)) = node.cause.as_deref_mut() {
        detail.exceptions.truncate(CUT_EXCEPTIONS);
        for exception in &mut detail.exceptions {
            cut(&mut exception.message);
            cut(&mut exception.kind);
        }
    }
}

fn cut_annotations(node: &mut Segment) {
    node.annotations.clear();
}

/// Bytes of a value's JSON, without writing it anywhere.
fn bytes_of(value: &impl Serialize) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value).expect("counting cannot fail");
    counter.0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::id::SpanId;
    use crate::segment::EpochTime;

    /// Builds a tree from the parent's index and the size of the metadata of each node.
    fn tree(nodes: &[(prop::sample::Index, usize)]) -> Segment {
        let mut built: Vec<(Option<usize>, Segment)> = Vec::new();
        for (number, (parent, bytes)) in nodes.iter().enumerate() {
            let mut segment = Segment {
                name: format!("n{number}"),
                id: SpanId::from_bits(number as u64 + 1),
                end_time: Some(EpochTime::from_nanos(1)),
                ..Segment::default()
            };
            segment.metadata.insert("default".to_owned(), json!({ "x": "x".repeat(*bytes) }));
            let parent = (number > 0).then(|| parent.index(number));
            built.push((parent, segment));
        }
        let mut root = loop {
            match built.pop().expect("the first node has no parent and ends the loop") {
                (Some(parent), segment) => built[parent].1.subsegments.push(segment),
                (None, root) => break root,
            }
        };
        root.trace_id = Some(TraceId::from_bits(7));
        root
    }

    /// Every span by id, with its parent's id and without what belongs to its place.
    fn flatten(document: &Segment, spans: &mut BTreeMap<SpanId, (Option<SpanId>, Segment)>) {
        let mut stack = vec![(document.parent_id, document.clone())];
        while let Some((parent, mut segment)) = stack.pop() {
            let id = segment.id;
            stack.extend(std::mem::take(&mut segment.subsegments).into_iter().map(|child| (Some(id), child)));
            let bare = Segment { trace_id: None, parent_id: None, kind: None, ..segment };
            assert!(spans.insert(id, (parent, bare)).is_none(), "span {id} appears twice");
        }
    }

    proptest! {
        #[test]
        fn every_piece_fits_and_together_they_are_the_original(
            nodes in prop::collection::vec((any::<prop::sample::Index>(), 0..700_usize), 1..25),
            bytes_max in 1_000..6_000_usize,
        ) {
            let original = tree(&nodes);
            let mut before = BTreeMap::new();
            flatten(&original, &mut before);
            let split = split(original, bytes_max);
            prop_assert_eq!(split.too_large, 0);
            let mut after = BTreeMap::new();
            for document in &split.documents {
                let text = document.to_json();
                prop_assert!(text.len() <= bytes_max, "{} > {}", text.len(), bytes_max);
                prop_assert!(document.validate().is_ok());
                flatten(document, &mut after);
            }
            prop_assert_eq!(before, after);
        }

        #[test]
        fn pieces_fit_whatever_the_spans_hold(
            nodes in prop::collection::vec((any::<prop::sample::Index>(), 0..4_000_usize), 1..12),
            bytes_max in 100..3_000_usize,
        ) {
            let split = split(tree(&nodes), bytes_max);
            for document in &split.documents {
                prop_assert!(document.to_json().len() <= bytes_max);
            }
            let mut spans = BTreeMap::new();
            split.documents.iter().for_each(|document| flatten(document, &mut spans));
            prop_assert_eq!(spans.len() as u64 + split.too_large, nodes.len() as u64);
        }
    }

    #[test]
    fn a_span_too_large_says_what_was_cut() {
        let mut document =
            Segment { trace_id: Some(TraceId::from_bits(7)), name: "n".to_owned(), ..Segment::default() };
        document.metadata.insert("default".to_owned(), json!({ "x": "x".repeat(5_000) }));
        document.annotations.insert("kept".to_owned(), true.into());
        let split = split(document, 1_000);
        assert_eq!(split.documents.len(), 1);
        let kept = &split.documents[0];
        assert_eq!(kept.metadata["siskin"], json!({ "metadata_bytes_cut": 5_020 }));
        assert_eq!(kept.annotations.len(), 1);
    }
}
