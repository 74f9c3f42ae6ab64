//! The memory all buffers of a layer share.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what buffers hold, and refuses more than there may be.
#[derive(Debug)]
pub(crate) struct Budget {
    charged_bytes: AtomicUsize,
    bytes_max: usize,
}

impl Budget {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { charged_bytes: AtomicUsize::new(0), bytes_max }
    }

    /// Takes `bytes`, if they are left.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let within = |charged: usize| (charged + bytes <= self.bytes_max).then_some(charged + bytes);
        self.charged_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within).is_ok()
    }

    /// Changes a charge, whatever is left.
    pub(super) fn adjust(&self, from: usize, to: usize) {
        if to >= from {
            self.charged_bytes.fetch_add(to - from, Ordering::Relaxed);
        } else {
            self.charged_bytes.fetch_sub(from - to, Ordering::Relaxed);
        }
    }

    /// Whether buffers that nobody writes to should not be kept: idle ones together hold no more than
    /// half of what there is.
    pub(super) fn is_crowded(&self) -> bool {
        self.charged_bytes.load(Ordering::Relaxed) > self.bytes_max / 2
    }

    #[cfg(test)]
    pub(super) fn charged_bytes(&self) -> usize {
        self.charged_bytes.load(Ordering::Relaxed)
    }
}
