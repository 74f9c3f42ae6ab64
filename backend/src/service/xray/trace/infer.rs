//! Segments of services that send none: known by their callers' subsegments.

use std::collections::HashSet;

use serde_json::{Map, Value};
use siskin_sdk::id::{SpanId, TraceId};

use super::{Entity, ServiceKey, Trace};

/// The segment that stands for the other side of a call.
#[derive(Clone, Debug)]
pub struct Inferred<'a> {
    /// Its id: the same each time the trace is read.
    pub id: SpanId,
    /// What was called.
    pub service: ServiceKey,
    /// The caller's subsegment, which tells all that is known.
    pub call: &'a Entity,
    trace_id: TraceId,
}

/// Of what the caller wrote, these fields are about the called service.
const TOLD: [&str; 11] =
    ["name", "start_time", "end_time", "in_progress", "http", "aws", "sql", "error", "throttle", "fault", "cause"];

impl Trace {
    /// What was called without sending a segment, in the order of the calls. A caller that says `traced` waits for one.
    pub fn inferred(&self) -> impl Iterator<Item = Inferred<'_>> {
        let called: HashSet<SpanId> = self.segments().filter_map(|segment| segment.segment.parent_id).collect();
        self.walk().filter_map(move |call| {
            if call.is_segment() || call.is_traced_call() || called.contains(&call.segment.id) {
                return None;
            }
            let service = ServiceKey::of_call(call)?;
            Some(Inferred { id: inferred_id(self.id, call.segment.id), service, call, trace_id: self.id })
        })
    }
}

impl Inferred<'_> {
    /// The segment as a document.
    pub fn to_document(&self) -> Value {
        let mut document = Map::new();
        document.insert("id".to_owned(), self.id.to_string().into());
        for name in TOLD {
            if let Some(value) = self.call.fields().get(name) {
                document.insert(name.to_owned(), value.clone());
            }
        }
        document.insert("parent_id".to_owned(), self.call.segment.id.to_string().into());
        document.insert("inferred".to_owned(), true.into());
        document.insert("trace_id".to_owned(), self.trace_id.to_string().into());
        if let Some(origin) = self.service.origin() {
            document.insert("origin".to_owned(), origin.into());
        }
        Value::Object(document)
    }
}

/// Spreads the bits of both ids (the finalizer of `SplitMix64`), so that it meets no other id of the trace.
fn inferred_id(trace: TraceId, call: SpanId) -> SpanId {
    let trace = trace.bits();
    let mut bits = call.bits() ^ (trace as u64) ^ ((trace >> 64) as u64) ^ 0x9e37_79b9_7f4a_7c15;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    SpanId::from_bits((bits ^ (bits >> 31)).max(1))
}
