//! Where a trace begins: its id, and whether it is recorded.

use tracing_core::Metadata;

use super::log::{Buffer, Entry, Head};
use super::recorder::Recorder;
use crate::id::TraceId;
use crate::propagation::{Sampling, TraceHeader};
use crate::random;
use crate::sampling::{Decision, Request};
use crate::segment::EpochTime;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// A trace of which it is known whether to record it.
pub(super) struct Decided {
    sampled: bool,
    /// What was decided, where it was decided here.
    decision: Option<Decision>,
    wall_ns: u64,
    ticks: u64,
    metadata: &'static Metadata<'static>,
}

impl Decided {
    /// Whether what happens in the segment is written down: it is sampled, or may turn out to be worth
    /// keeping.
    pub(super) fn is_recorded(&self) -> bool {
        self.sampled || self.decision.as_ref().is_some_and(|decision| decision.watched)
    }

    /// When it began.
    pub(super) fn epoch_seconds(&self) -> u32 {
        (self.wall_ns / NANOS_PER_SECOND) as u32
    }

    /// What a segment shares.
    pub(super) fn head(self, caller: TraceHeader) -> Head {
        Head {
            metadata: self.metadata,
            trace_id: caller.root.unwrap_or_else(|| TraceId::random(self.epoch_seconds())),
            parent: caller.parent,
            sampled: self.sampled,
            decision: self.decision,
            extras: caller.extras,
            tracestate: caller.tracestate,
            wall_ns: self.wall_ns,
            ticks: self.ticks,
            seed: random::next_u64(),
        }
    }
}

impl Recorder {
    /// Takes the decision unless the caller has. `buffer` holds the fields of the segment's span, which
    /// sampling rules are matched against.
    pub(super) fn decide(
        &self,
        caller: &TraceHeader,
        buffer: &Buffer,
        metadata: &'static Metadata<'static>,
        ticks: u64,
    ) -> Decided {
        let wall_ns = self.settings.clock.wall_ns();
        let (sampled, decision) = match caller.sampling {
            Sampling::Sampled => (true, None),
            Sampling::NotSampled => (false, None),
            Sampling::Requested | Sampling::Unspecified => {
                let now = EpochTime::from_nanos(wall_ns);
                let decision = self.settings.sampler.decide_with(|| self.request(buffer, metadata), now);
                (decision.sampled, Some(decision))
            }
        };
        Decided { sampled, decision, wall_ns, ticks, metadata }
    }

    /// What sampling rules are matched against.
    fn request<'a>(&'a self, buffer: &'a Buffer, metadata: &Metadata<'_>) -> Request<'a> {
        let mut request = Request {
            service: Some(&self.settings.service_name),
            service_type: self.settings.origin.as_deref(),
            ..Request::default()
        };
        // Once over the names of the fields, and only what matches is looked for in the buffer.
        for field in metadata.fields() {
            let place = match field.name() {
                "server.address" | "http.host" | "net.host.name" => &mut request.host,
                "http.request.method" | "http.method" => &mut request.method,
                "url.path" | "http.target" => &mut request.path,
                _ => continue,
            };
            if place.is_none() {
                *place = first_text(buffer, field.index());
            }
        }
        request.path = request.path.map(|path| path.split_once('?').map_or(path, |(path, _)| path));
        request
    }
}

/// What a buffer holds of the text of one field of its first span.
fn first_text(buffer: &Buffer, field: usize) -> Option<&str> {
    buffer.entries.iter().find_map(|entry| match entry {
        Entry::Text { field: of, text, .. } if usize::from(*of) == field => Some(buffer.text.get(*text)),
        _ => None,
    })
}
