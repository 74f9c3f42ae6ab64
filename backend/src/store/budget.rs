//! One number for the store's memory, and what is taken of the memtable's share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::StoreError;
use super::limits::RETRY_AFTER;

/// Counts the memtable's bytes against their share of the store's memory.
#[derive(Debug)]
pub(crate) struct Budget {
    memtable_bytes_max: usize,
    query_bytes_max: usize,
    footer_bytes_max: usize,
    taken: AtomicUsize,
}

impl Budget {
    /// Half of `memory_bytes_max` for rows not yet in files, a quarter for running queries, a sixteenth for Parquet
    /// footers; the rest is left to the encoding of a flush.
    pub(crate) fn new(memory_bytes_max: usize) -> Arc<Self> {
        Arc::new(Self {
            memtable_bytes_max: memory_bytes_max / 2,
            query_bytes_max: memory_bytes_max / 4,
            footer_bytes_max: memory_bytes_max / 16,
            taken: AtomicUsize::new(0),
        })
    }

    /// What remembered Parquet footers may take, in bytes.
    pub(crate) fn footer_bytes_max(&self) -> usize {
        self.footer_bytes_max
    }

    /// What running queries may take together, in bytes.
    pub(crate) fn query_bytes_max(&self) -> usize {
        self.query_bytes_max
    }

    /// What rows in memory may take, in bytes.
    pub(crate) fn memtable_bytes_max(&self) -> usize {
        self.memtable_bytes_max
    }

    /// Bytes that rows take now, those on their way to disk included.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Takes `bytes`, or refuses when the share is used up.
    pub(crate) fn reserve(self: &Arc<Self>, bytes: usize) -> Result<Reservation, StoreError> {
        let before = self.taken.fetch_add(bytes, Ordering::Relaxed);
        let reservation = Reservation { budget: Arc::clone(self), bytes };
        // A single append that is larger than the share must still get through an empty memtable.
        if before > 0 && before + bytes > self.memtable_bytes_max {
            return Err(StoreError::Overloaded { retry_after: RETRY_AFTER });
        }
        Ok(reservation)
    }

    /// Takes `bytes` without asking: what a restart reads back was admitted before.
    pub(crate) fn reserve_anyway(self: &Arc<Self>, bytes: usize) -> Reservation {
        self.taken.fetch_add(bytes, Ordering::Relaxed);
        Reservation { budget: Arc::clone(self), bytes }
    }
}

/// Bytes taken of a budget; given back when dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Reservation {
    /// Corrects the size once it is known exactly.
    pub(crate) fn resize(&mut self, bytes: usize) {
        if bytes > self.bytes {
            self.budget.taken.fetch_add(bytes - self.bytes, Ordering::Relaxed);
        } else {
            self.budget.taken.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        }
        self.bytes = bytes;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
