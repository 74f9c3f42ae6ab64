//! Where a trace begins: its id, and whether it is recorded.

use tracing_core::Metadata;

use super::log::{Buffer, Head};
use super::recorder::{Recorder, first_text};
use crate::id::TraceId;
use crate::propagation::{Sampling, TraceHeader};
use crate::random;
use crate::sampling::Request;
use crate::segment::EpochTime;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

impl Recorder {
    /// Says what a segment shares, and takes the decision unless the caller has. `buffer` holds the
    /// fields of its span, which sampling rules are matched against.
    pub(super) fn head(&self, caller: TraceHeader, buffer: &Buffer, metadata: &Metadata<'_>, ticks: u64) -> Head {
        let wall_ns = self.settings.clock.wall_ns();
        let (sampled, decision) = match caller.sampling {
            Sampling::Sampled => (true, None),
            Sampling::NotSampled => (false, None),
            Sampling::Requested | Sampling::Unspecified => {
                let request = self.request(buffer, metadata);
                let decision = self.settings.sampler.decide(&request, EpochTime::from_nanos(wall_ns));
                (decision.sampled, Some(decision))
            }
        };
        Head {
            trace_id: caller.root.unwrap_or_else(|| TraceId::random((wall_ns / NANOS_PER_SECOND) as u32)),
            parent: caller.parent,
            sampled,
            decision,
            extras: caller.extras,
            tracestate: caller.tracestate,
            wall_ns,
            ticks,
            seed: random::next_u64(),
        }
    }

    /// What sampling rules are matched against.
    fn request<'a>(&'a self, buffer: &'a Buffer, metadata: &Metadata<'_>) -> Request<'a> {
        let path = first_text(buffer, metadata, &["url.path", "http.target"]);
        Request {
            service: Some(&self.settings.service_name),
            service_type: self.settings.origin.as_deref(),
            host: first_text(buffer, metadata, &["server.address", "http.host", "net.host.name"]),
            method: first_text(buffer, metadata, &["http.request.method", "http.method"]),
            path: path.map(|path| path.split_once('?').map_or(path, |(path, _)| path)),
        }
    }
}
