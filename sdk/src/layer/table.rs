//! Open spans: from `tracing`'s id to our handle, without a lock.
//!
//! Built with `--cfg siskin_loom`, its tests try every order in which threads may meet here; see `.ci/loom`.

use std::collections::HashMap;
use std::sync::PoisonError;

#[cfg(all(test, siskin_loom))]
use loom::sync::{
    Mutex,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};
#[cfg(not(all(test, siskin_loom)))]
use std::sync::{
    Mutex,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use super::handle::Handle;

/// Buckets of four spans each; a power of two. Few where every order is tried, so that spans meet.
const BUCKETS: usize = if cfg!(siskin_loom) { 1 } else { 4_096 };
const BUCKET_ENTRIES: usize = if cfg!(siskin_loom) { 1 } else { 4 };
/// Most spans that may be open beyond those that found room in their bucket.
const OVERFLOW_MAX: usize = 1 << 18;

/// An entry that is being written.
const CLAIMED: u64 = u64::MAX;
const FREE: u64 = 0;

/// One cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Bucket([Entry; BUCKET_ENTRIES]);

#[derive(Debug, Default)]
struct Entry {
    id: AtomicU64,
    handle: AtomicU64,
}

/// Maps the ids of open spans to their handles.
///
/// A span's id is unique while it is open, and whoever asks for a span holds it open, so an id is
/// inserted once and removed once, and no one asks for it outside that time.
#[derive(Debug)]
pub(super) struct Table {
    buckets: Box<[Bucket; BUCKETS]>,
    overflow: Mutex<HashMap<u64, Handle>>,
    /// Lets lookups pass by the lock while nothing overflows, which is nearly always.
    overflowed: AtomicUsize,
}

impl Default for Table {
    fn default() -> Self {
        let buckets: Box<[Bucket]> = (0..BUCKETS).map(|_| Bucket::default()).collect();
        Self {
            buckets: buckets.try_into().expect("as many as are counted"),
            overflow: Mutex::new(HashMap::new()),
            overflowed: AtomicUsize::new(0),
        }
    }
}

/// The table holds as many spans as it may.
#[derive(Debug)]
pub(super) struct Full;

impl Table {
    #[inline]
    fn bucket(&self, id: u64) -> &Bucket {
        // The registry hands out low numbers again and again, those of each thread from 2^38 on: 64 buckets are
        // a thread's own before it meets the next one's. How often a number was used, further up, is left out,
        // so that the same few buckets stay in the cache.
        &self.buckets[(id ^ (id >> 32)) as usize & (BUCKETS - 1)]
    }

    #[cfg(test)]
    fn insert(&self, id: u64, handle: Handle) -> Result<(), Full> {
        if self.insert_near(id, handle.to_bits()) { Ok(()) } else { self.insert_beyond(id, handle) }
    }

    /// Inserts a span with its handle's bits if there is room in its bucket, as nearly always.
    #[inline]
    pub(super) fn insert_near(&self, id: u64, bits: u64) -> bool {
        let claim =
            |entry: &&Entry| entry.id.compare_exchange(FREE, CLAIMED, Ordering::Acquire, Ordering::Relaxed).is_ok();
        let Some(entry) = self.bucket(id).0.iter().find(claim) else { return false };
        entry.handle.store(bits, Ordering::Relaxed);
        entry.id.store(id, Ordering::Release);
        true
    }

    #[cold]
    pub(super) fn insert_beyond(&self, id: u64, handle: Handle) -> Result<(), Full> {
        let mut overflow = self.overflow.lock().unwrap_or_else(PoisonError::into_inner);
        if overflow.len() >= OVERFLOW_MAX {
            return Err(Full);
        }
        overflow.insert(id, handle);
        self.overflowed.store(overflow.len(), Ordering::Release);
        Ok(())
    }

    pub(super) fn get(&self, id: u64) -> Option<Handle> {
        self.get_near(id).and_then(Handle::from_bits).or_else(|| self.get_beyond(id))
    }

    /// Looks in the bucket only, where nearly all spans are. What is found are a handle's bits: nothing is compared
    /// to make a handle of them where that is not asked for.
    #[inline]
    pub(super) fn get_near(&self, id: u64) -> Option<u64> {
        let entry = self.bucket(id).0.iter().find(|entry| entry.id.load(Ordering::Acquire) == id)?;
        Some(entry.handle.load(Ordering::Relaxed))
    }

    #[cold]
    fn get_beyond(&self, id: u64) -> Option<Handle> {
        if self.overflowed.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.overflow.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    #[cfg(test)]
    fn remove(&self, id: u64) -> Option<Handle> {
        self.remove_near(id).and_then(Handle::from_bits).or_else(|| self.remove_beyond(id))
    }

    /// Removes a span if it is in its bucket, where nearly all are; returns its handle's bits.
    #[inline]
    pub(super) fn remove_near(&self, id: u64) -> Option<u64> {
        let entry = self.bucket(id).0.iter().find(|entry| entry.id.load(Ordering::Acquire) == id)?;
        let bits = entry.handle.load(Ordering::Relaxed);
        entry.id.store(FREE, Ordering::Release);
        Some(bits)
    }

    #[cold]
    pub(super) fn remove_beyond(&self, id: u64) -> Option<Handle> {
        if self.overflowed.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut overflow = self.overflow.lock().unwrap_or_else(PoisonError::into_inner);
        let handle = overflow.remove(&id);
        self.overflowed.store(overflow.len(), Ordering::Release);
        handle
    }
}

#[cfg(all(test, not(siskin_loom)))]
mod tests {
    use super::super::handle::SlotKey;
    use super::*;

    fn handle(number: usize) -> Handle {
        Handle::child(SlotKey::new(7, 9), number as u32)
    }

    #[test]
    fn spans_beyond_the_buckets_are_found_as_well() {
        let table = Table::default();
        let count = BUCKETS * BUCKET_ENTRIES * 2;
        for id in 1..=count {
            table.insert(id as u64, handle(id)).expect("room is left");
        }
        for id in 1..=count {
            assert_eq!(table.get(id as u64), Some(handle(id)));
        }
        for id in 1..=count {
            assert_eq!(table.remove(id as u64), Some(handle(id)));
            assert_eq!(table.get(id as u64), None);
        }
        assert_eq!(table.overflowed.load(Ordering::Acquire), 0);
    }

    #[test]
    fn threads_do_not_disturb_each_other() {
        let table = Table::default();
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let table = &table;
                scope.spawn(move || {
                    for round in 0..2_000_u64 {
                        let ids: Vec<u64> = (0..20).map(|n| 1 + thread + 4 * (n + 20 * (round % 50))).collect();
                        for id in &ids {
                            table.insert(*id, handle(*id as usize)).expect("room is left");
                        }
                        for id in &ids {
                            assert_eq!(table.get(*id), Some(handle(*id as usize)));
                            assert_eq!(table.remove(*id), Some(handle(*id as usize)));
                        }
                    }
                });
            }
        });
    }
}

/// The registry's promise is part of each of these: whoever asks for a span has been handed it over.
#[cfg(all(test, siskin_loom))]
mod models {
    use loom::sync::Arc;
    use loom::sync::atomic::AtomicBool;
    use loom::thread;

    use super::super::handle::SlotKey;
    use super::*;

    fn handle(number: u32) -> Handle {
        Handle::child(SlotKey::new(7, 9), number)
    }

    #[test]
    fn a_span_that_was_handed_over_is_found_and_removed_by_another_thread() {
        loom::model(|| {
            let table = Arc::new(Table::default());
            let handed_over = Arc::new(AtomicBool::new(false));
            let opening = {
                let (table, handed_over) = (Arc::clone(&table), Arc::clone(&handed_over));
                thread::spawn(move || {
                    table.insert(1, handle(1)).expect("room is left");
                    handed_over.store(true, Ordering::Release);
                })
            };
            // Another span that wants the same place.
            table.insert(2, handle(2)).expect("room is left");
            assert_eq!(table.get(2), Some(handle(2)));
            if handed_over.load(Ordering::Acquire) {
                assert_eq!(table.get(1), Some(handle(1)));
                assert_eq!(table.remove(1), Some(handle(1)));
                assert_eq!(table.get(1), None);
            }
            assert_eq!(table.remove(2), Some(handle(2)));
            opening.join().expect("the thread ends");
            assert_eq!(table.get(2), None);
        });
    }

    #[test]
    fn threads_that_open_and_close_at_once_do_not_disturb_each_other() {
        loom::model(|| {
            let table = Arc::new(Table::default());
            let threads = [1, 2].map(|id| {
                let table = Arc::clone(&table);
                thread::spawn(move || {
                    let own = handle(id as u32);
                    table.insert(id, own).expect("room is left");
                    assert_eq!(table.get(id), Some(own));
                    assert_eq!(table.remove(id), Some(own));
                    assert_eq!(table.get(id), None);
                })
            });
            for thread in threads {
                thread.join().expect("the thread ends");
            }
            assert_eq!(table.overflowed.load(Ordering::Acquire), 0);
        });
    }

    #[test]
    fn a_place_is_used_again_only_when_it_was_left() {
        loom::model(|| {
            let table = Arc::new(Table::default());
            table.insert(1, handle(1)).expect("room is left");
            let closing = {
                let table = Arc::clone(&table);
                thread::spawn(move || assert_eq!(table.remove(1), Some(handle(1))))
            };
            table.insert(2, handle(2)).expect("room is left");
            assert_eq!(table.get(2), Some(handle(2)));
            closing.join().expect("the thread ends");
            assert_eq!(table.remove(2), Some(handle(2)));
        });
    }
}
