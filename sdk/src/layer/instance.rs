//! What tells layers apart.

use std::sync::atomic::{AtomicU32, Ordering};

use super::handle::SlotKey;

/// Where the number of a layer stands in [`Instance::owner`].
pub(super) const OWNER_SHIFT: u32 = 32;

/// Tells a layer's spans from those of other layers on the same thread. A process may have several layers,
/// tests have many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instance {
    /// As a thread has it in one word with how many spans it is inside of.
    pub(super) owner: u64,
    /// As a thread has it in one word with a key, whose lowest bits are free.
    holder: u64,
}

impl Instance {
    pub(super) const NOBODY: Self = Self { owner: 0, holder: 0 };

    pub(super) fn next() -> Self {
        static INSTANCES: AtomicU32 = AtomicU32::new(1);
        let number = u64::from(INSTANCES.fetch_add(1, Ordering::Relaxed));
        Self { owner: number << OWNER_SHIFT, holder: number & SlotKey::FREE_BITS }
    }

    /// What a thread that holds a buffer of the trace at `key` knows it by.
    #[inline]
    pub(super) fn held(self, key: SlotKey) -> u64 {
        key.to_bits() | self.holder
    }
}
