//! Where a trace begins: its id, and whether it is recorded.

use tracing_core::Metadata;

use super::log::Head;
use super::recorder::Recorder;
use crate::id::TraceId;
use crate::propagation::{Sampling, TraceHeader};
use crate::random;
use crate::sampling::{Decision, Request};
use crate::segment::EpochTime;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// The whole second a moment is in.
pub(super) fn epoch_seconds(wall_ns: u64) -> u32 {
    (wall_ns / NANOS_PER_SECOND) as u32
}

/// Whether a trace is recorded.
pub(super) struct Decided {
    sampled: bool,
    /// What was decided, where it was decided here.
    decision: Option<Decision>,
}

impl Decided {
    /// Whether what happens in the segment is written down: it is sampled, or may turn out to be worth
    /// keeping.
    #[inline]
    pub(super) fn is_recorded(&self) -> bool {
        self.sampled || self.decision.as_ref().is_some_and(|decision| decision.watched)
    }

    /// What a segment shares that began at that moment, by both readings of the clock.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "what it returns is built where it belongs, and not moved there")]
    pub(super) fn head(
        self,
        caller: Option<TraceHeader>,
        metadata: &'static Metadata<'static>,
        wall_ns: u64,
        ticks: u64,
    ) -> Head {
        let caller = caller.unwrap_or_default();
        let [seed, high, low] = random::next_u64s();
        Head {
            metadata,
            trace_id: caller.root.unwrap_or_else(|| TraceId::of_random(epoch_seconds(wall_ns), [high, low])),
            parent: caller.parent,
            sampled: self.sampled,
            decision: self.decision,
            extras: caller.extras,
            tracestate: caller.tracestate,
            wall_ns,
            ticks,
            seed,
        }
    }
}

impl Recorder {
    /// Takes the decision unless the caller has.
    #[inline]
    pub(super) fn decide<'a>(
        &self,
        caller: Option<&TraceHeader>,
        wall_ns: u64,
        request: impl FnOnce() -> Request<'a>,
    ) -> Decided {
        match caller.map_or(Sampling::Unspecified, |caller| caller.sampling) {
            Sampling::Sampled => Decided { sampled: true, decision: None },
            Sampling::NotSampled => Decided { sampled: false, decision: None },
            Sampling::Requested | Sampling::Unspecified => {
                let decision = self.settings.sampler.decide_with(request, EpochTime::from_nanos(wall_ns));
                Decided { sampled: decision.sampled, decision: Some(decision) }
            }
        }
    }
}
