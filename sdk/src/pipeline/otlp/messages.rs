//! Spans that travel together.

use std::collections::VecDeque;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use prost::encoding::encoded_len_varint;

use super::super::body::{ServiceIdentity, Whole};
use super::super::draft::Draft;
use super::super::meaning::Meanings;
use super::shrink::shrink;
use super::span::{attribute, span, text};

/// What the lengths of the two messages around the spans may take besides the byte they take empty.
const LENGTHS_BYTES_MAX: usize = 2 * 4;

/// What did not fit.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::pipeline) struct Unsent {
    /// Spans that were too large even without everything that can be left out, and messages the way out
    /// called too large all the same.
    pub(in crate::pipeline) too_large: u64,
    /// Attributes, events and links of spans that arrived without them.
    pub(in crate::pipeline) cut: u64,
}

/// Hands out requests with the spans of a segment one after the other, each no larger than `bytes_max`
/// and with as many spans as fit; `bytes` is used for each of them.
///
/// `send` answers with how large a request may be, if this one was too large for it.
pub(in crate::pipeline) fn send(
    whole: Whole<'_>,
    (draft, meanings): (&mut Draft, &mut Meanings),
    bytes: &mut Vec<u8>,
    bytes_max: usize,
    send: &mut impl FnMut(&[u8]) -> Result<(), usize>,
) -> Unsent {
    let numbers = whole.decoded.preorder.iter();
    let spans = numbers.map(|number| span(whole, *number, draft, meanings)).collect();
    let mut messages = Messages { request: envelope(whole.identity), spans, bytes_max, unsent: Unsent::default() };
    while messages.fill() {
        bytes.clear();
        messages.request.encode(bytes).expect("a vector takes every message");
        messages.judge(send(bytes));
    }
    messages.unsent
}

/// Spans on their way into requests.
struct Messages {
    /// Says of whom the spans are; and has those that are being sent.
    request: ExportTraceServiceRequest,
    /// Those that are to follow.
    spans: VecDeque<Span>,
    bytes_max: usize,
    unsent: Unsent,
}

impl Messages {
    /// Puts as many spans into the request as fit; returns whether there is any.
    fn fill(&mut self) -> bool {
        let mut left = self.bytes_max.saturating_sub(self.request.encoded_len() + LENGTHS_BYTES_MAX);
        let mut count = 0;
        while let Some(span) = self.spans.get_mut(count) {
            let mut bytes = bytes_in_list(span);
            if bytes > left && count == 0 {
                // It would not fit into any other either.
                self.unsent.cut += shrink(span, left);
                bytes = bytes_in_list(span);
                if bytes > left {
                    self.unsent.too_large += 1;
                    self.spans.pop_front();
                    continue;
                }
            }
            if bytes > left {
                break;
            }
            left -= bytes;
            count += 1;
        }
        let travelling = self.spans.drain(..count).collect();
        *self.travelling() = travelling;
        count > 0
    }

    /// Takes note of what became of the request.
    fn judge(&mut self, sent: Result<(), usize>) {
        let travelling = std::mem::take(self.travelling());
        match sent {
            Ok(()) => {}
            // The way out is narrower than thought: they travel again, in smaller company.
            Err(narrower) if narrower < self.bytes_max => {
                self.bytes_max = narrower;
                travelling.into_iter().rev().for_each(|span| self.spans.push_front(span));
            }
            Err(_) => self.unsent.too_large += 1,
        }
    }

    fn travelling(&mut self) -> &mut Vec<Span> {
        &mut self.request.resource_spans[0].scope_spans[0].spans
    }
}

/// The bytes of a span as a member of a request.
pub(super) fn bytes_in_list(span: &Span) -> usize {
    let bytes = span.encoded_len();
    1 + encoded_len_varint(bytes as u64) + bytes
}

fn envelope(identity: &ServiceIdentity) -> ExportTraceServiceRequest {
    let scope = InstrumentationScope {
        name: "siskin-sdk".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let mut attributes = vec![attribute("service.name", text(&identity.name))];
    attributes.extend(identity.version.as_deref().map(|version| attribute("service.version", text(version))));
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource { attributes, ..Resource::default() }),
            scope_spans: vec![ScopeSpans { scope: Some(scope), ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    }
}
