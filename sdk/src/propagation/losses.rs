//! What of callers' headers was left out.

use std::sync::atomic::{AtomicU64, Ordering};

static HEADERS_CUT: AtomicU64 = AtomicU64::new(0);
static PAIRS_DROPPED: AtomicU64 = AtomicU64::new(0);
static TRACESTATE_DROPPED: AtomicU64 = AtomicU64::new(0);

/// What was left out of the headers that this process has read, since it began.
///
/// Headers come from outside and are bounded; what is beyond a bound is left out, and never at the
/// expense of the trace id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeaderLosses {
    /// `X-Amzn-Trace-Id` headers longer than [`xray::HEADER_BYTES_MAX`](super::xray::HEADER_BYTES_MAX),
    /// of which the front part was read.
    pub headers_cut: u64,
    /// Further pairs of `X-Amzn-Trace-Id` beyond
    /// [`xray::EXTRAS_BYTES_MAX`](super::xray::EXTRAS_BYTES_MAX), or with characters that no header
    /// may carry.
    pub pairs_dropped: u64,
    /// Members of `tracestate` beyond
    /// [`w3c::TRACESTATE_MEMBERS_MAX`](super::w3c::TRACESTATE_MEMBERS_MAX) or
    /// [`w3c::TRACESTATE_BYTES_MAX`](super::w3c::TRACESTATE_BYTES_MAX); one for a list that could not
    /// be read at all.
    pub tracestate_dropped: u64,
}

/// Counts what was left out of callers' headers in this process so far.
pub fn header_losses() -> HeaderLosses {
    HeaderLosses {
        headers_cut: HEADERS_CUT.load(Ordering::Relaxed),
        pairs_dropped: PAIRS_DROPPED.load(Ordering::Relaxed),
        tracestate_dropped: TRACESTATE_DROPPED.load(Ordering::Relaxed),
    }
}

pub(super) fn count_header_cut() {
    HEADERS_CUT.fetch_add(1, Ordering::Relaxed);
}

pub(super) fn count_pair_dropped() {
    PAIRS_DROPPED.fetch_add(1, Ordering::Relaxed);
}

pub(super) fn count_tracestate_dropped(members: usize) {
    TRACESTATE_DROPPED.fetch_add(members as u64, Ordering::Relaxed);
}
