//! Where a span is recorded, in one word.

use std::num::NonZeroU64;

/// Points at a span in a slot: a few flags, the slot, the slot's generation and the span's number.
///
/// ```text
/// 63      62     61    60    59     43..58  23..42      0..22
/// present muted  child lost  first  slot    generation  number
/// ```
/// The generation makes a handle of a segment that is gone harmless: it no longer fits its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Handle(NonZeroU64);

/// Always set, so that a place without a handle is no larger than a handle.
const PRESENT: NonZeroU64 = NonZeroU64::new(1 << 63).expect("a set bit is not zero");
const MUTED: u64 = 1 << 62;
const CHILD: u64 = 1 << 61;
const LOST: u64 = 1 << 60;
const FIRST: u64 = 1 << 59;
const SLOT_SHIFT: u32 = 43;
const GENERATION_SHIFT: u32 = 23;
const NUMBER_MASK: u64 = (1 << GENERATION_SHIFT) - 1;
const KEY_MASK: u64 = FIRST - 1 - NUMBER_MASK;

/// Slots a handle can tell apart.
pub(crate) const SLOTS_MAX: usize = 1 << 16;
/// Generations a handle can tell apart; they wrap around.
pub(crate) const GENERATION_MASK: u32 = (1 << (SLOT_SHIFT - GENERATION_SHIFT)) - 1;
/// Spans of one segment a handle can tell apart.
pub(crate) const SPANS_MAX: usize = 1 << GENERATION_SHIFT;

/// A slot in use: its number and which use of it, where a handle has them, so that it makes a handle together with a
/// number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotKey(NonZeroU64);

impl SlotKey {
    /// Those that no key has set.
    pub(super) const FREE_BITS: u64 = NUMBER_MASK;

    pub(crate) fn new(slot: u16, generation: u32) -> Self {
        let slot = u64::from(slot) << SLOT_SHIFT;
        Self(PRESENT | CHILD | slot | (u64::from(generation & GENERATION_MASK) << GENERATION_SHIFT))
    }

    /// The key as a word, which is not 0.
    #[inline]
    pub(crate) fn to_bits(self) -> u64 {
        self.0.get()
    }

    /// Takes a word that [`SlotKey::to_bits`] gave; 0 is no key.
    #[inline]
    pub(crate) fn from_bits(bits: u64) -> Option<Self> {
        NonZeroU64::new(bits).map(Self)
    }

    #[inline]
    pub(crate) fn slot(self) -> u16 {
        (self.0.get() >> SLOT_SHIFT) as u16
    }
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
    pub(crate) const LOST: Self =
        Self(NonZeroU64::new(PRESENT.get() | MUTED | CHILD | LOST).expect("set bits are not zero"));

    /// A trace that has no slot because nothing of it is recorded; `bits`, of which 59 are kept, are what it is
    /// told by.
    #[inline]
    pub(super) fn unrecorded(bits: u64) -> Self {
        Self(Self::LOST.0 | (bits & (FIRST - 1)))
    }

    /// What [`Handle::unrecorded`] was given.
    pub(super) fn unrecorded_bits(self) -> Option<u64> {
        let bits = self.0.get() & (FIRST - 1);
        (self.0.get() & LOST != 0 && bits != 0).then_some(bits)
    }

    /// The span a segment is made of.
    pub(crate) fn root(key: SlotKey, mode: Mode) -> Self {
        Self(PRESENT | (key.0.get() & !CHILD) | if mode == Mode::Muted { MUTED } else { 0 })
    }

    /// A recorded span inside the segment.
    #[inline]
    pub(crate) fn child(key: SlotKey, number: u32) -> Self {
        debug_assert!((number as usize) < SPANS_MAX, "slots give out no larger numbers");
        Self(key.0 | (u64::from(number) & NUMBER_MASK))
    }

    /// A span that is not recorded but stands for this one when its context is asked.
    #[inline]
    pub(crate) fn muted_child(self) -> Self {
        Self(self.0 | MUTED | CHILD)
    }

    /// The handle with a mark for the thread the span began on, to be entered with for the first time.
    #[inline]
    pub(super) fn first(self) -> Self {
        Self(self.0 | FIRST)
    }

    /// The bits of a handle that has such a mark, without it.
    #[inline]
    pub(super) fn bits_of_first(self) -> u64 {
        debug_assert!(self.is_first(), "only such a handle is passed");
        self.0.get() ^ FIRST
    }

    #[inline]
    pub(super) fn is_first(self) -> bool {
        self.0.get() & FIRST != 0
    }

    /// The handle without such a mark.
    #[inline]
    pub(super) fn unmarked(self) -> Self {
        Self(PRESENT | (self.0.get() & !FIRST))
    }

    /// Takes a word that [`Handle::to_bits`] gave; 0 is no handle.
    #[inline]
    pub(crate) fn from_bits(bits: u64) -> Option<Self> {
        NonZeroU64::new(bits).map(Self)
    }

    #[inline]
    pub(crate) fn to_bits(self) -> u64 {
        self.0.get()
    }

    #[inline]
    pub(crate) fn is_muted(self) -> bool {
        self.0.get() & MUTED != 0
    }

    #[inline]
    pub(crate) fn is_root(self) -> bool {
        self.0.get() & CHILD == 0
    }

    /// Whether nothing is to be done when it ends.
    #[inline]
    pub(super) fn is_muted_child(bits: u64) -> bool {
        // The bits at the very top, all set.
        bits >= PRESENT.get() | MUTED | CHILD
    }

    /// The slot; `None` for a segment that got none.
    #[inline]
    pub(crate) fn key(self) -> Option<SlotKey> {
        (self.0.get() & LOST == 0).then_some(self.key_bits())
    }

    /// The slot of a span that is written down.
    #[inline]
    pub(crate) fn recorded_key(self) -> Option<SlotKey> {
        (self.0.get() & (LOST | MUTED) == 0).then_some(self.key_bits())
    }

    /// The same for a span that is not the segment itself.
    #[inline]
    pub(crate) fn recorded_child_key(self) -> Option<SlotKey> {
        (self.0.get() & (LOST | MUTED | CHILD) == CHILD).then_some(self.key_bits())
    }

    #[inline]
    fn key_bits(self) -> SlotKey {
        SlotKey(PRESENT | CHILD | (self.0.get() & KEY_MASK))
    }

    /// Whether both are in the same segment, or none in any.
    #[inline]
    pub(super) fn are_together(one: Option<Self>, other: Option<Self>) -> bool {
        let bits = |handle: Option<Self>| handle.map_or(0, Self::to_bits);
        (bits(one) ^ bits(other)) & (PRESENT.get() | LOST | KEY_MASK) == 0
    }

    #[inline]
    pub(crate) fn number(self) -> u32 {
        (self.0.get() & NUMBER_MASK) as u32
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_come_back(slot: u16, generation in 0..=GENERATION_MASK, number in 0..SPANS_MAX as u32) {
            let key = SlotKey::new(slot, generation);
            prop_assert_eq!(key.slot(), slot);
            prop_assert_ne!(key, SlotKey::new(slot, generation ^ 1));
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
