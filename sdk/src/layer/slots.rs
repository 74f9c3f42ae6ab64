//! The slots segments are recorded in: a fixed number, each used again and again.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use super::budget::Budget;
use super::handle::{GENERATION_MASK, SLOTS_MAX, SPANS_MAX, SlotKey};
use super::instance::Instance;
use super::log::{Buffer, Entry, Head, OwnBuffer};
use super::streaming::{HANDED_IN_BYTES, Streaming};
use crate::fork;
use crate::lock::{ShortMutex, ShortMutexGuard};

/// Span numbers are handed to buffers in blocks of this many.
const NUMBERS_BLOCK: u32 = 16;
/// Empty buffers a free slot keeps for its next segment.
const SPARE_BUFFERS_MAX: usize = 4;
/// A segment is streamed, however young it is, when one of its buffers holds as many bytes.
const STREAMED_BYTES: usize = 256 * 1024;

/// All slots.
#[derive(Debug)]
pub(crate) struct Slots {
    /// Tells these slots from those of other layers.
    instance: Instance,
    /// Made on first use and then kept.
    all: Box<[OnceLock<Box<Slot>>]>,
    free: ShortMutex<FreeList>,
    budget: Arc<Budget>,
    /// A segment fills its memory faster than it is looked after.
    pub(super) is_pressing: AtomicBool,
}

#[derive(Debug, Default)]
struct Slot {
    /// The next number no buffer has.
    next_number: AtomicU32,
    /// The segment is streamed: its threads hand in what they have written.
    hands_in: AtomicBool,
    state: ShortMutex<State>,
}

/// One use of a slot.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// The key of this use; `None` while there is none.
    live: Option<SlotKey>,
    generation: u32,
    /// Spans leave before the segment ends.
    pub(super) is_streamed: bool,
    pub(crate) head: Option<Head>,
    /// What has been written, but for what threads hold just now.
    pub(crate) buffers: Vec<OwnBuffer>,
    /// Empty ones.
    spare: Vec<OwnBuffer>,
    pub(super) streaming: Streaming,
}

impl State {
    /// Empties a buffer and keeps it, if there are few.
    #[inline]
    pub(super) fn spare(&mut self, mut buffer: OwnBuffer) {
        if self.spare.len() < SPARE_BUFFERS_MAX {
            buffer.clear();
            self.spare.push(buffer);
        }
    }
}

/// Last in, first out: the slot used last is the one still in the cache.
#[derive(Debug)]
struct FreeList {
    released: Vec<u16>,
    unused: std::ops::Range<usize>,
}

/// The state of a slot, locked. Nobody runs foreign code while holding it.
pub(crate) type StateGuard<'a> = ShortMutexGuard<'a, State>;

impl Slots {
    /// Makes `count` slots (at most [`SLOTS_MAX`]) that may hold `bytes_max` bytes together.
    pub(crate) fn new(count: usize, bytes_max: usize) -> Self {
        let count = count.clamp(1, SLOTS_MAX);
        Self {
            instance: Instance::next(),
            all: (0..count).map(|_| OnceLock::new()).collect(),
            free: ShortMutex::new(FreeList { released: Vec::new(), unused: 0..count }),
            budget: Arc::new(Budget::new(bytes_max)),
            is_pressing: AtomicBool::new(false),
        }
    }

    /// Tells this layer's spans from those of other layers on the same thread.
    pub(super) fn instance(&self) -> Instance {
        self.instance
    }

    /// Locks the state of a slot, unless it is free, or locked already.
    pub(super) fn try_lock(&self, slot: u16) -> Option<(SlotKey, StateGuard<'_>)> {
        let state = self.all.get(usize::from(slot))?.get()?.state.try_lock()?;
        state.head.is_some().then(|| (SlotKey::new(slot, state.generation), state))
    }

    /// The numbers of the slots that were ever used.
    pub(crate) fn used(&self) -> impl Iterator<Item = u16> + use<> {
        let unused = self.free.lock().unused.start;
        (0..unused).map(|slot| slot as u16)
    }

    fn slot(&self, slot: u16) -> &Slot {
        self.all[usize::from(slot)].get_or_init(Box::default)
    }

    /// A new, empty buffer.
    #[expect(clippy::unnecessary_box_returns, reason = "buffers move as one word")]
    pub(super) fn new_buffer(&self) -> OwnBuffer {
        Box::new(Buffer::new(Arc::clone(&self.budget)))
    }

    /// Takes a slot for a new segment; `None` when all are in use. What its first span wrote already
    /// is in `buffer`, which is exchanged for an empty one if there is one.
    #[inline]
    pub(crate) fn open(&self, head: impl FnOnce() -> Head, buffer: &mut Option<OwnBuffer>) -> Option<SlotKey> {
        let number = {
            let mut free = self.free.lock();
            free.released.pop().or_else(|| free.unused.next().map(|slot| slot as u16))?
        };
        let slot = self.slot(number);
        // The first block of numbers is the first buffer's.
        slot.next_number.store(NUMBERS_BLOCK, Ordering::Relaxed);
        let mut state = slot.state.lock();
        let key = SlotKey::new(number, state.generation);
        state.live = Some(key);
        state.head = Some(head());
        state.streaming.forks = fork::generation();
        if let Some(written) = buffer.take() {
            state.buffers.push(written);
            *buffer = state.spare.pop();
        }
        Some(key)
    }

    /// Locks the state of a segment; `None` when the segment is gone.
    pub(crate) fn lock(&self, key: SlotKey) -> Option<StateGuard<'_>> {
        let state = self.all.get(usize::from(key.slot()))?.get()?.state.lock();
        (state.live == Some(key)).then_some(state)
    }

    /// The same, and from here on the segment is streamed.
    pub(super) fn stream(&self, key: SlotKey) -> Option<StateGuard<'_>> {
        let mut state = self.lock(key)?;
        state.is_streamed = true;
        self.slot(key.slot()).hands_in.store(true, Ordering::Relaxed);
        Some(state)
    }

    /// Whether parts of the segment may have left before its end.
    pub(crate) fn is_streamed(&self, key: SlotKey) -> bool {
        self.lock(key).is_some_and(|state| state.is_streamed)
    }

    /// Takes a buffer of a segment, for this thread alone; `None` when the segment is gone.
    pub(super) fn check_out(&self, key: SlotKey) -> Option<OwnBuffer> {
        let mut state = self.lock(key)?;
        if state.is_streamed {
            return Some(self.check_out_streamed(state));
        }
        state.streaming.out[0] += 1;
        let buffer = state.buffers.pop().or_else(|| state.spare.pop());
        drop(state);
        Some(buffer.unwrap_or_else(|| self.new_buffer()))
    }

    /// Gives a buffer back. When the segment is gone, so is what is in the buffer.
    pub(super) fn check_in(&self, key: SlotKey, buffer: OwnBuffer) {
        if let Some(mut state) = self.lock(key) {
            if state.is_streamed {
                return self.check_in_streamed(state, buffer);
            }
            state.streaming.out[0] -= 1;
            state.buffers.push(buffer);
        }
    }

    /// Adds an entry that must not be lost to what lies in the slot; `false` where a buffer has to be taken for
    /// that, as of a streamed segment.
    pub(super) fn push_always(&self, key: SlotKey, entry: Entry) -> bool {
        let Some(mut state) = self.lock(key).filter(|state| !state.is_streamed) else { return false };
        let State { buffers, .. } = &mut *state;
        buffers.last_mut().is_some_and(|buffer| {
            buffer.push_always(entry);
            true
        })
    }

    #[cold]
    #[expect(clippy::unnecessary_box_returns, reason = "buffers move as one word")]
    fn check_out_streamed(&self, mut state: StateGuard<'_>) -> OwnBuffer {
        let State { streaming, buffers, spare, .. } = &mut *state;
        let (buffer, period) = streaming.check_out(buffers, spare);
        drop(state);
        buffer.unwrap_or_else(|| {
            let mut buffer = self.new_buffer();
            buffer.period = period;
            buffer
        })
    }

    #[cold]
    fn check_in_streamed(&self, mut state: StateGuard<'_>, buffer: OwnBuffer) {
        let State { streaming, buffers, .. } = &mut *state;
        if streaming.check_in(buffer, buffers) {
            self.is_pressing.store(true, Ordering::Relaxed);
        }
    }

    /// Gives a span its number; `None` when the segment has as many spans as can be told apart, or the
    /// buffer has to be handed in.
    #[inline]
    pub(super) fn number(&self, key: SlotKey, buffer: &mut Buffer) -> Option<u32> {
        let std::ops::Range { start, end } = &mut buffer.numbers;
        if *start < *end {
            *start += 1;
            return Some(*start - 1);
        }
        self.number_of_new_block(key, buffer)
    }

    #[cold]
    fn number_of_new_block(&self, key: SlotKey, buffer: &mut Buffer) -> Option<u32> {
        let slot = self.all.get(usize::from(key.slot()))?.get()?;
        let bytes = buffer.written_bytes();
        if bytes >= STREAMED_BYTES && self.stream(key).is_some() {
            self.is_pressing.store(true, Ordering::Relaxed);
        }
        // What is in the buffer can only leave when the thread hands it in.
        if bytes >= HANDED_IN_BYTES && slot.hands_in.load(Ordering::Relaxed) {
            return None;
        }
        let next = |next: u32| (next < SPANS_MAX as u32 - NUMBERS_BLOCK).then_some(next + NUMBERS_BLOCK);
        let first = slot.next_number.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok()?;
        buffer.numbers = first..first + NUMBERS_BLOCK;
        buffer.numbers.next()
    }

    /// The numbers of a segment's first buffer, less the first, which is the segment's own.
    pub(super) const fn first_numbers() -> std::ops::Range<u32> {
        1..NUMBERS_BLOCK
    }

    /// Exchanges what a segment's threads have written for nothing, or for what is in `buffers`.
    pub(crate) fn exchange(&self, key: SlotKey, buffers: &mut Vec<OwnBuffer>) -> Option<StateGuard<'_>> {
        let mut state = self.lock(key)?;
        std::mem::swap(&mut state.buffers, buffers);
        Some(state)
    }

    /// Empties a slot and makes it free; returns whether there was such a segment. Handles to it are void
    /// from here on.
    pub(crate) fn release(&self, key: SlotKey) -> bool {
        self.recycle(key, &mut Vec::new()).is_some()
    }

    /// Whether the segment has as many spans as can be told apart.
    pub(super) fn is_exhausted(&self, key: SlotKey) -> bool {
        let slot = self.all.get(usize::from(key.slot())).and_then(|slot| slot.get());
        slot.is_some_and(|slot| slot.next_number.load(Ordering::Relaxed) >= SPANS_MAX as u32 - NUMBERS_BLOCK)
    }

    /// The same with `buffers` as the slot's spare ones; returns what the segment shared.
    pub(crate) fn recycle(&self, key: SlotKey, buffers: &mut Vec<OwnBuffer>) -> Option<Head> {
        let mut state = self.lock(key)?;
        let head = state.head.take();
        state.live = None;
        state.generation = (state.generation + 1) & GENERATION_MASK;
        if std::mem::take(&mut state.is_streamed) {
            self.slot(key.slot()).hands_in.store(false, Ordering::Relaxed);
            state.streaming.forget(buffers);
        }
        (state.streaming.out, state.streaming.touched_at) = ([0; 2], None);
        while let Some(buffer) = state.buffers.pop().or_else(|| buffers.pop()) {
            state.spare(buffer);
        }
        drop(state);
        self.free.lock().released.push(key.slot());
        head
    }

    /// Bytes all buffers hold together.
    #[cfg(test)]
    fn charged_bytes(&self) -> usize {
        self.budget.charged_bytes()
    }
}

#[cfg(test)]
mod tests {
    use tracing::Callsite;

    use super::*;
    use crate::id::TraceId;

    fn head() -> Head {
        Head {
            metadata: tracing::callsite! { name: "request", kind: tracing::metadata::Kind::SPAN, fields: }.metadata(),
            trace_id: TraceId::from_bits(1),
            parent: None,
            sampled: true,
            decision: None,
            extras: Box::default(),
            tracestate: Box::default(),
            wall_ns: 0,
            ticks: 0,
            seed: 0,
        }
    }

    #[test]
    fn a_released_segments_key_is_void() {
        let slots = Slots::new(1, 1 << 20);
        let key = slots.open(head, &mut None).unwrap();
        assert!(slots.open(head, &mut None).is_none());
        slots.release(key);
        assert!(slots.lock(key).is_none());
        let next = slots.open(head, &mut None).unwrap();
        assert!(slots.lock(key).is_none() && slots.lock(next).is_some());
    }

    #[test]
    fn threads_get_buffers_and_numbers_of_their_own() {
        let slots = Slots::new(1, 1 << 20);
        let key = slots.open(head, &mut None).unwrap();
        let numbers: Vec<u32> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut buffer = slots.check_out(key).unwrap();
                        let numbers: Vec<_> = (0..40).map(|_| slots.number(key, &mut buffer).unwrap()).collect();
                        for number in &numbers {
                            assert!(buffer.push(Entry::End { span: *number, at: 0 }));
                        }
                        slots.check_in(key, buffer);
                        numbers
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("thread ends")).collect()
        });
        let distinct: std::collections::HashSet<_> = numbers.iter().collect();
        assert_eq!(distinct.len(), 160);
        let mut buffers = Vec::new();
        drop(slots.exchange(key, &mut buffers).unwrap());
        assert_eq!(buffers.iter().map(|buffer| buffer.entries.len()).sum::<usize>(), 160);
    }

    #[test]
    fn a_segment_has_only_so_many_spans() {
        let slots = Slots::new(1, 1 << 20);
        let key = slots.open(head, &mut None).unwrap();
        let mut buffer = slots.check_out(key).unwrap();
        let mut count = 0;
        while let Some(number) = slots.number(key, &mut buffer) {
            assert!((number as usize) < SPANS_MAX);
            count += 1;
        }
        assert!(count > SPANS_MAX - 100 && slots.is_exhausted(key));
    }

    #[test]
    fn a_buffer_of_a_streamed_segment_is_handed_in_before_it_grows() {
        let slots = Slots::new(1, 1 << 20);
        let key = slots.open(head, &mut None).unwrap();
        let mut buffer = slots.check_out(key).unwrap();
        assert!(!slots.is_streamed(key));
        let fill = |buffer: &mut Buffer, bytes: usize| {
            while buffer.written_bytes() < bytes {
                assert!(buffer.push(Entry::End { span: 0, at: 0 }));
            }
            (0..NUMBERS_BLOCK).find_map(|_| slots.number(key, buffer).is_none().then_some(())).is_some()
        };
        assert!(!fill(&mut buffer, HANDED_IN_BYTES), "its segment is not streamed");
        assert!(fill(&mut buffer, STREAMED_BYTES), "it is now");
        assert!(slots.is_streamed(key) && slots.take_pressing() && !slots.take_pressing());
        slots.check_in(key, buffer);
        let mut next = slots.check_out(key).unwrap();
        assert!(next.entries.is_empty());
        assert!(fill(&mut next, HANDED_IN_BYTES));
    }

    #[test]
    fn idle_slots_hold_no_more_than_half_the_budget() {
        const BYTES_MAX: usize = 1 << 20;
        let slots = Slots::new(1_000, BYTES_MAX);
        for _ in 0..3 {
            let mut open = Vec::new();
            while let Some(key) = slots.open(head, &mut None) {
                open.push(key);
                let mut buffer = slots.check_out(key).unwrap();
                let fits = buffer.reserve_text(20_000);
                slots.check_in(key, buffer);
                if !fits {
                    break;
                }
            }
            assert!(open.len() > 10, "what idle slots hold does not starve busy ones");
            for key in open {
                slots.release(key);
            }
            assert!(slots.charged_bytes() <= BYTES_MAX / 2 + 40_000);
        }
    }
}
