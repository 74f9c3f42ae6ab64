//! Traces that begin here and are not recorded: their handle is all there is of them.
//!
//! Most traces of a busy service are such, and most are never asked for their id. So it is computed from
//! the handle's few bits when it is.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::handle::Handle;
use crate::id::{SpanId, TraceId};
use crate::propagation::{Sampling, TraceHeader};
use crate::random::mix;

/// Traces of one second that are told apart.
const SERIAL_BITS: u32 = 27;
const SERIAL_MASK: u64 = (1 << SERIAL_BITS) - 1;

/// A new trace.
pub(super) fn begin(epoch_seconds: u32) -> Handle {
    static SERIAL: AtomicU64 = AtomicU64::new(0);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed) & SERIAL_MASK;
    Handle::unrecorded((u64::from(epoch_seconds) << SERIAL_BITS) | serial)
}

/// What a call made from inside such a trace has to carry; `None` for other handles.
pub(super) fn context(handle: Handle) -> Option<TraceHeader> {
    let bits = handle.unrecorded_bits()?;
    let key = process_key();
    let (high, low) = (mix(key ^ bits), mix(key.wrapping_add(bits)));
    let unique = (u128::from(high as u32) << 64) | u128::from(low);
    Some(TraceHeader {
        root: Some(TraceId::from_bits((u128::from(bits >> SERIAL_BITS) << 96) | unique)),
        parent: Some(SpanId::from_bits(mix(high ^ low.rotate_left(32)).max(1))),
        sampling: Sampling::NotSampled,
        ..TraceHeader::default()
    })
}

/// What makes the ids of this process its own, those of forked children included.
fn process_key() -> u64 {
    static KEY: OnceLock<u64> = OnceLock::new();
    let key = KEY.get_or_init(|| RandomState::new().build_hasher().finish());
    mix(key ^ mix(u64::from(std::process::id())))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_differ_keep_their_second_and_stay_the_same() {
        let handles: Vec<Handle> = (0..1_000).map(|second| begin(1_700_000_000 + second / 100)).collect();
        let headers: Vec<TraceHeader> = handles.iter().map(|handle| context(*handle).unwrap()).collect();
        let roots: HashSet<TraceId> = headers.iter().filter_map(|header| header.root).collect();
        let spans: HashSet<SpanId> = headers.iter().filter_map(|header| header.parent).collect();
        assert_eq!((roots.len(), spans.len()), (1_000, 1_000));
        for (second, (handle, header)) in (0..).zip(handles.iter().zip(&headers)) {
            assert_eq!(header.root.unwrap().epoch_seconds(), 1_700_000_000 + second / 100);
            assert_eq!(context(handle.muted_child()).as_ref(), Some(header));
        }
        assert_eq!(context(Handle::LOST), None);
    }
}
