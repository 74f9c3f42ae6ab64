//! The slots segments are recorded in: a fixed number, each used again and again.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::handle::{GENERATION_MASK, SLOTS_MAX, SlotKey};
use super::log::{Buffers, Head, SegmentLog};

/// The budget is taken in steps of this many bytes, so that it is rarely touched.
const CHARGE_BYTES: usize = 16 * 1024;

/// All slots.
#[derive(Debug)]
pub(crate) struct Slots {
    /// Made on first use and then kept.
    logs: Box<[OnceLock<Box<Mutex<SegmentLog>>>]>,
    free: Mutex<FreeList>,
    /// Bytes all logs hold together, and may hold.
    charged_bytes: AtomicUsize,
    bytes_max: usize,
}

/// Last in, first out: the slot used last is the one still in the cache.
#[derive(Debug)]
struct FreeList {
    released: Vec<u16>,
    unused: std::ops::Range<usize>,
}

/// A slot's log, locked.
pub(crate) type LogGuard<'a> = MutexGuard<'a, SegmentLog>;

impl Slots {
    /// Makes `count` slots (at most [`SLOTS_MAX`]) that may hold `bytes_max` bytes together.
    pub(crate) fn new(count: usize, bytes_max: usize) -> Self {
        let count = count.clamp(1, SLOTS_MAX);
        Self {
            logs: (0..count).map(|_| OnceLock::new()).collect(),
            free: Mutex::new(FreeList { released: Vec::new(), unused: 0..count }),
            charged_bytes: AtomicUsize::new(0),
            bytes_max,
        }
    }

    fn slot(&self, slot: u16) -> LogGuard<'_> {
        let log = self.logs[usize::from(slot)].get_or_init(Box::default);
        // A panic inside the lock could only come from failing to allocate; the log is cut, not wrong.
        log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a slot for a new segment; `None` when all are in use.
    pub(crate) fn open(&self, head: Head) -> Option<(SlotKey, LogGuard<'_>)> {
        let slot = {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.released.pop().or_else(|| free.unused.next().map(|slot| slot as u16))?
        };
        let mut log = self.slot(slot);
        log.head = Some(head);
        Some((SlotKey { slot, generation: log.generation }, log))
    }

    /// Locks the log of a segment; `None` when the segment is gone.
    pub(crate) fn lock(&self, key: SlotKey) -> Option<LogGuard<'_>> {
        let log = self.slot(key.slot);
        (log.generation == key.generation && log.head.is_some()).then_some(log)
    }

    /// Asks for room for `bytes` more in `log`, before they are written.
    pub(crate) fn reserve(&self, log: &mut SegmentLog, bytes: usize) -> bool {
        if log.is_full_for(bytes) {
            return false;
        }
        let needed = (log.bytes() + bytes).saturating_sub(log.charged_bytes);
        if needed == 0 {
            return true;
        }
        let charge = needed.next_multiple_of(CHARGE_BYTES);
        let within = |charged: usize| (charged + charge <= self.bytes_max).then_some(charged + charge);
        if self.charged_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within).is_err() {
            return false;
        }
        log.charged_bytes += charge;
        true
    }

    /// Empties a slot and makes it free. Handles to its segment are void from here on.
    pub(crate) fn release(&self, key: SlotKey) {
        {
            let mut log = self.slot(key.slot);
            // Kept buffers stay charged, so idle slots together never hold more than half the budget.
            let crowded = self.charged_bytes.load(Ordering::Relaxed) > self.bytes_max / 2;
            let kept_bytes = log.clear(if crowded { Buffers::GiveBack } else { Buffers::Keep });
            log.generation = (log.generation + 1) & GENERATION_MASK;
            self.charged_bytes.fetch_add(kept_bytes, Ordering::Relaxed);
            self.charged_bytes.fetch_sub(log.charged_bytes, Ordering::Relaxed);
            log.charged_bytes = kept_bytes;
        }
        self.free.lock().unwrap_or_else(PoisonError::into_inner).released.push(key.slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TraceId;
    use crate::layer::log::{Key, Row, Value};

    fn head() -> Head {
        Head {
            trace_id: TraceId::from_bits(1),
            parent: None,
            sampled: true,
            rule_name: None,
            extras: Box::default(),
            tracestate: Box::default(),
            wall_ns: 0,
            monotonic_ns: 0,
            seed: 0,
        }
    }

    #[test]
    fn a_released_segments_key_is_void() {
        let slots = Slots::new(1, 1 << 20);
        let key = slots.open(head()).unwrap().0;
        assert!(slots.open(head()).is_none());
        slots.release(key);
        assert!(slots.lock(key).is_none());
        let next = slots.open(head()).unwrap().0;
        assert!(slots.lock(key).is_none() && slots.lock(next).is_some());
    }

    #[test]
    fn idle_slots_hold_no_more_than_half_the_budget() {
        const BYTES_MAX: usize = 1 << 20;
        let slots = Slots::new(1_000, BYTES_MAX);
        let row = Row { key: Key::Field("k"), value: Value::Bool(true) };
        for _ in 0..3 {
            let mut open = Vec::new();
            while let Some((key, mut log)) = slots.open(head()) {
                open.push(key);
                if !slots.reserve(&mut log, 40_000) {
                    break;
                }
                log.append(0, &[row], &"x".repeat(20_000));
            }
            assert!(open.len() > 10, "what idle slots hold does not starve busy ones");
            for key in open {
                slots.release(key);
            }
            assert!(slots.charged_bytes.load(Ordering::Relaxed) <= BYTES_MAX / 2 + 40_000);
        }
    }
}
