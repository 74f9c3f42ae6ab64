//! Spans too large for a request.

use std::cmp::Reverse;

use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;

use super::messages::bytes_in_list;

/// What the counts of what was left out may take in a span.
const COUNTS_BYTES_MAX: usize = 3 * 6;

/// Something a span can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Attribute(usize),
    Event(usize),
    Link(usize),
    StatusMessage,
}

/// Leaves out the largest of what a span can do without until it takes `bytes_max` bytes in a list, and
/// cuts its name at last; returns how much was left out.
///
/// The span says itself how much that is, as OTLP has it. It may still be too large.
pub(super) fn shrink(span: &mut Span, bytes_max: usize) -> u64 {
    let mut excess = (bytes_in_list(span) + COUNTS_BYTES_MAX).saturating_sub(bytes_max);
    let mut parts = parts(span);
    parts.sort_by_key(|(bytes, _)| Reverse(*bytes));
    let fewest = parts.iter().take_while(|(bytes, _)| {
        let needed = excess > 0;
        excess = excess.saturating_sub(*bytes);
        needed
    });
    let needless = fewest.count();
    parts.truncate(needless);
    let is_left_out = |part| parts.iter().any(|(_, other)| *other == part);
    let (attributes, events, links) = (span.attributes.len(), span.events.len(), span.links.len());
    retain(&mut span.attributes, |at| !is_left_out(Part::Attribute(at)));
    retain(&mut span.events, |at| !is_left_out(Part::Event(at)));
    retain(&mut span.links, |at| !is_left_out(Part::Link(at)));
    if let Some(status) = span.status.as_mut().filter(|_| is_left_out(Part::StatusMessage)) {
        status.message.clear();
    }
    span.dropped_attributes_count += (attributes - span.attributes.len()) as u32;
    span.dropped_events_count += (events - span.events.len()) as u32;
    span.dropped_links_count += (links - span.links.len()) as u32;
    let excess = bytes_in_list(span).saturating_sub(bytes_max);
    let name_bytes = span.name.floor_char_boundary(span.name.len().saturating_sub(excess));
    span.name.truncate(name_bytes);
    needless as u64
}

/// What a span can do without, and at least how many bytes that saves.
fn parts(span: &Span) -> Vec<(usize, Part)> {
    let attributes = span.attributes.iter().enumerate().map(|(at, it)| (it.encoded_len(), Part::Attribute(at)));
    let events = span.events.iter().enumerate().map(|(at, it)| (it.encoded_len(), Part::Event(at)));
    let links = span.links.iter().enumerate().map(|(at, it)| (it.encoded_len(), Part::Link(at)));
    let message = span.status.as_ref().map(|status| status.message.len()).filter(|bytes| *bytes > 0);
    let message = message.map(|bytes| (bytes, Part::StatusMessage));
    attributes.chain(events).chain(links).chain(message).collect()
}

fn retain<T>(list: &mut Vec<T>, keep: impl Fn(usize) -> bool) {
    let mut at = 0;
    list.retain(|_| {
        at += 1;
        keep(at - 1)
    });
}
