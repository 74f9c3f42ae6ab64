//! Documents no larger than the way out allows.
//!
//! The X-Ray SDKs split by counting subsegments, and "message too long" is the complaint their users
//! repeat most. Here bytes are counted: subsegments leave as documents of their own, the largest
//! first, until the rest fits.

use std::ops::Range;

use super::decode::{Decoded, NONE};
use super::json::{Json, quoted};
use crate::layer::log::Head;
use crate::segment::limits;

/// What `trace_id`, `parent_id` and `type` add to a subsegment that becomes a document of its own.
const ENVELOPE_BYTES: usize = r#","trace_id":"1-00000000-000000000000000000000000""#.len()
    + r#","parent_id":"0000000000000000""#.len()
    + r#","type":"subsegment""#.len();
const SUBSEGMENTS_BYTES: usize = r#","subsegments":[]"#.len();
const BRACE_BYTES: usize = "}".len();

/// One span's part.
#[derive(Debug, Clone, Default)]
pub(super) struct Piece {
    /// Its members with the brace in front, and its cause, as written.
    pub(super) body: Range<usize>,
    pub(super) cause: Range<usize>,
    pub(super) has_failures: bool,
    pub(super) metadata_bytes: usize,
    pub(super) annotations_allowed: usize,
    pub(super) is_segment: bool,
    /// Spans below it, and itself.
    pub(super) spans: u32,
    /// Bytes of it with all that stays inside of it.
    pub(super) bytes: usize,
    /// It begins a document of its own.
    pub(super) is_detached: bool,
    /// It fits no document.
    pub(super) is_lost: bool,
}

impl Piece {
    pub(super) fn own_bytes(&self) -> usize {
        BRACE_BYTES + self.body.len() + self.cause.len()
    }
}

/// How a segment's spans are laid out in documents.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    pub(super) pieces: Vec<Piece>,
    document: Json,
    stack: Vec<u32>,
    depths: Vec<u32>,
    order: Vec<u32>,
}

impl Assembly {
    /// Whether all spans certainly fit into one document, their bodies and causes being `written_bytes`.
    pub(super) fn is_one_document(decoded: &Decoded, written_bytes: usize, document_bytes_max: usize) -> bool {
        let around_each = BRACE_BYTES + ",".len() + SUBSEGMENTS_BYTES;
        decoded.roots == 1
            && (decoded.deepest as usize) < limits::DEPTH_MAX
            && written_bytes + decoded.preorder.len() * around_each <= document_bytes_max
    }

    pub(super) fn clear(&mut self, spans: usize) {
        self.pieces.clear();
        self.pieces.resize(spans, Piece::default());
    }

    /// The most a span may take, whatever becomes of it.
    pub(super) fn own_bytes_max(document_bytes_max: usize) -> usize {
        document_bytes_max.saturating_sub(ENVELOPE_BYTES)
    }

    /// Counts the spans below each.
    pub(super) fn measure(&mut self, decoded: &Decoded) {
        for piece in &mut self.pieces {
            piece.spans = 0;
        }
        for number in decoded.preorder.iter().rev() {
            let piece = &mut self.pieces[*number as usize];
            piece.spans += 1;
            let spans = piece.spans;
            if let Some(parent) = parent(decoded, *number) {
                self.pieces[parent as usize].spans += spans;
            }
        }
    }

    /// Begins documents where nesting would become too deep for readers.
    pub(super) fn limit_depth(&mut self, decoded: &Decoded) {
        self.depths.clear();
        self.depths.resize(decoded.spans.len(), 0);
        for number in &decoded.preorder {
            if let Some(parent) = parent(decoded, *number) {
                let depth = (self.depths[parent as usize] + 1) % limits::DEPTH_MAX as u32;
                self.depths[*number as usize] = depth;
                self.pieces[*number as usize].is_detached = depth == 0;
            }
        }
        for number in decoded.preorder.iter().rev() {
            self.sum_up(decoded, *number);
        }
    }

    /// Whether a document begins with this span.
    pub(super) fn begins_document(&self, decoded: &Decoded, number: u32) -> bool {
        let piece = &self.pieces[number as usize];
        !piece.is_lost && (piece.is_detached || parent(decoded, number).is_none())
    }

    /// Whether a span is in the document that begins with `root`, or was until now.
    pub(super) fn is_inside(&self, decoded: &Decoded, number: u32, root: u32) -> bool {
        let mut number = number;
        while number != root {
            let piece = &self.pieces[number as usize];
            match parent(decoded, number) {
                Some(parent) if !piece.is_detached && !piece.is_lost => number = parent,
                _ => return false,
            }
        }
        true
    }

    fn children(decoded: &Decoded, number: u32) -> impl Iterator<Item = u32> + '_ {
        let first = decoded.spans[number as usize].first_child;
        let next = |child: &u32| Some(decoded.spans[*child as usize].next_sibling).filter(|next| *next != NONE);
        std::iter::successors(Some(first).filter(|first| *first != NONE), next)
    }

    fn inner_children<'a>(&'a self, decoded: &'a Decoded, number: u32) -> impl Iterator<Item = u32> + 'a {
        let stays = |child: &u32| {
            let piece = &self.pieces[*child as usize];
            !piece.is_detached && !piece.is_lost
        };
        Self::children(decoded, number).filter(stays)
    }

    fn sum_up(&mut self, decoded: &Decoded, number: u32) {
        let (count, inner) = self
            .inner_children(decoded, number)
            .fold((0, 0), |(count, bytes), child| (count + 1, bytes + self.pieces[child as usize].bytes + 1));
        let own = self.pieces[number as usize].own_bytes();
        self.pieces[number as usize].bytes = own + if count > 0 { SUBSEGMENTS_BYTES + inner } else { 0 };
    }

    /// Bytes of the document that begins with this span.
    pub(super) fn document_bytes(&self, decoded: &Decoded, number: u32) -> usize {
        let piece = &self.pieces[number as usize];
        let is_independent = !piece.is_segment;
        debug_assert!(is_independent || parent(decoded, number).is_none());
        piece.bytes + if is_independent { ENVELOPE_BYTES } else { 0 }
    }

    /// Detaches children until a span fits; those have been made to fit before. Returns whether the span
    /// does not fit even alone.
    pub(super) fn fit(&mut self, decoded: &Decoded, number: u32, own_max: usize) -> bool {
        self.sum_up(decoded, number);
        let mut bytes = self.pieces[number as usize].bytes;
        if bytes <= own_max {
            return false;
        }
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend(self.inner_children(decoded, number));
        order.sort_unstable_by_key(|child| std::cmp::Reverse(self.pieces[*child as usize].bytes));
        for child in &order {
            if bytes <= own_max {
                break;
            }
            let child = &mut self.pieces[*child as usize];
            child.is_detached = true;
            bytes -= child.bytes + 1;
        }
        self.order = order;
        self.sum_up(decoded, number);
        let piece = &mut self.pieces[number as usize];
        piece.is_lost = piece.bytes > own_max;
        piece.is_lost
    }

    /// Writes the document that begins with this span.
    pub(super) fn write(&mut self, decoded: &Decoded, written: &[u8], head: &Head, number: u32) -> &[u8] {
        let mut document = std::mem::take(&mut self.document);
        let mut stack = std::mem::take(&mut self.stack);
        document.bytes.clear();
        stack.clear();
        self.open(written, &mut document, number);
        if !self.pieces[number as usize].is_segment {
            document.key(quoted!("trace_id"));
            document.trace_id(head.trace_id);
            document.key(quoted!("parent_id"));
            document.span_id(decoded.span_id(head, decoded.spans[number as usize].parent));
            document.key(quoted!("type"));
            document.string("subsegment");
        }
        stack.push(number);
        let mut has_entered = true;
        while let Some(current) = stack.last().copied() {
            let first = if has_entered { self.inner_children(decoded, current).next() } else { None };
            if let Some(first) = first {
                document.raw(",\"subsegments\":[");
                self.open(written, &mut document, first);
                stack.push(first);
                continue;
            }
            stack.pop();
            document.raw("}");
            let next = if stack.is_empty() { None } else { self.next_inner(decoded, current) };
            has_entered = next.is_some();
            match next {
                Some(next) => {
                    document.raw(",");
                    self.open(written, &mut document, next);
                    stack.push(next);
                }
                None if stack.is_empty() => {}
                None => document.raw("]"),
            }
        }
        (self.document, self.stack) = (document, stack);
        &self.document.bytes
    }

    fn open(&self, written: &[u8], document: &mut Json, number: u32) {
        let piece = &self.pieces[number as usize];
        document.bytes.extend_from_slice(written.get(piece.body.clone()).unwrap_or_default());
        document.bytes.extend_from_slice(written.get(piece.cause.clone()).unwrap_or_default());
    }

    fn next_inner(&self, decoded: &Decoded, number: u32) -> Option<u32> {
        let mut next = decoded.spans[number as usize].next_sibling;
        while next != NONE {
            let piece = &self.pieces[next as usize];
            if !piece.is_detached && !piece.is_lost {
                return Some(next);
            }
            next = decoded.spans[next as usize].next_sibling;
        }
        None
    }
}

/// The span around a span, if that is in the same log.
fn parent(decoded: &Decoded, number: u32) -> Option<u32> {
    let span = &decoded.spans[number as usize];
    decoded.has_parent(span).then_some(span.parent)
}
