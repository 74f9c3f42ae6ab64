//! Where a span is recorded, in one word.

/// Points at a span in a slot: a few flags, the slot, the slot's generation and the span's number.
///
/// ```text
/// 63      62     61    60    44..59  23..43      0..22
/// present muted  root  lost  slot    generation  number
/// ```
/// The generation makes a handle of a segment that is gone harmless: it no longer fits its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handle(u64);

const PRESENT: u64 = 1 << 63;
const MUTED: u64 = 1 << 62;
const ROOT: u64 = 1 << 61;
const LOST: u64 = 1 << 60;
const SLOT_SHIFT: u32 = 44;
const GENERATION_SHIFT: u32 = 23;
const NUMBER_MASK: u64 = (1 << GENERATION_SHIFT) - 1;

/// Slots a handle can tell apart.
pub(crate) const SLOTS_MAX: usize = 1 << 16;
/// Generations a handle can tell apart; they wrap around.
pub(crate) const GENERATION_MASK: u32 = (1 << (SLOT_SHIFT - GENERATION_SHIFT)) - 1;
/// Spans of one segment a handle can tell apart.
pub(crate) const SPANS_MAX: usize = 1 << GENERATION_SHIFT;

/// A slot in use: its number and which use of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotKey {
    pub(crate) slot: u16,
    pub(crate) generation: u32,
}

/// Whether what happens in a span is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Recording,
    /// The trace is not sampled, or memory ran out: the span only knows its trace.
    Muted,
}

impl Handle {
    /// A segment there was no slot for.
    pub(crate) const LOST: Self = Self(PRESENT | MUTED | LOST);

    /// The span a segment is made of.
    pub(crate) fn root(key: SlotKey, mode: Mode) -> Self {
        Self(Self::bits(key, 0) | ROOT | if mode == Mode::Muted { MUTED } else { 0 })
    }

    /// A recorded span inside the segment.
    pub(crate) fn child(key: SlotKey, number: u32) -> Self {
        debug_assert!((number as usize) < SPANS_MAX, "slots give out no larger numbers");
        Self(Self::bits(key, u64::from(number)))
    }

    /// A span that is not recorded but stands for this one when its context is asked.
    pub(crate) fn muted_child(self) -> Self {
        Self((self.0 & !ROOT) | MUTED)
    }

    fn bits(key: SlotKey, number: u64) -> u64 {
        PRESENT
            | (u64::from(key.slot) << SLOT_SHIFT)
            | (u64::from(key.generation & GENERATION_MASK) << GENERATION_SHIFT)
            | (number & NUMBER_MASK)
    }

    /// Takes a word that [`Handle::to_bits`] gave; 0 is no handle.
    pub(crate) fn from_bits(bits: u64) -> Option<Self> {
        (bits & PRESENT != 0).then_some(Self(bits))
    }

    pub(crate) fn to_bits(self) -> u64 {
        self.0
    }

    pub(crate) fn is_muted(self) -> bool {
        self.0 & MUTED != 0
    }

    pub(crate) fn is_root(self) -> bool {
        self.0 & ROOT != 0
    }

    /// The slot; `None` for a segment that got none.
    pub(crate) fn key(self) -> Option<SlotKey> {
        let slot = (self.0 >> SLOT_SHIFT) as u16;
        let generation = (self.0 >> GENERATION_SHIFT) as u32 & GENERATION_MASK;
        (self.0 & LOST == 0).then_some(SlotKey { slot, generation })
    }

    pub(crate) fn number(self) -> u32 {
        (self.0 & NUMBER_MASK) as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_come_back(slot: u16, generation in 0..=GENERATION_MASK, number in 0..SPANS_MAX as u32) {
            let key = SlotKey { slot, generation };
            let child = Handle::child(key, number);
            prop_assert_eq!((child.key(), child.number()), (Some(key), number));
            prop_assert!(!child.is_muted() && !child.is_root());
            prop_assert_eq!(Handle::from_bits(child.to_bits()), Some(child));
            let root = Handle::root(key, Mode::Muted);
            prop_assert!(root.is_root() && root.is_muted() && root.number() == 0);
            let muted = child.muted_child();
            prop_assert!(muted.is_muted() && !muted.is_root() && muted.number() == number);
        }
    }

    #[test]
    fn lost_and_nothing_differ() {
        assert!(Handle::LOST.is_muted() && Handle::LOST.key().is_none());
        assert_eq!(Handle::from_bits(0), None);
    }
}
