//! What each thread knows: the spans it is inside of, and the log it is writing.
//!
//! While a thread is inside a trace it holds one of that trace's buffers, so that writing to it needs
//! neither lock nor atomic. The buffer is borrowed while it is written: a `Debug` impl that opens spans
//! of its own finds it borrowed and gets another one.

use std::cell::Cell;
use std::mem::ManuallyDrop;

use super::beyond::{self, Entered, Layered};
use super::handle::{Handle, SlotKey};
use super::instance::{Instance, OWNER_SHIFT};
use super::log::{Buffer, OwnBuffer};

/// Spans a thread may be inside of before the slower list takes them.
const SHALLOW: usize = 63;
/// Places for them. The first two stay empty, so that there is a last one, and one around it, at any depth.
const PLACES: usize = EMPTY + SHALLOW;
const EMPTY: usize = 2;

/// How many spans the thread is inside of, as part of [`Thread::state`].
const DEPTH: u64 = 0xff;
/// There are spans in the slower list.
const BEYOND: u64 = 0x100;
/// There is a [remote parent](super::remote).
const HAS_REMOTE: u64 = 0x200;
/// The buffer was to be given back while it was written.
const OVERDUE: u64 = 0x400;

/// Nothing in here needs dropping, so reaching it is a single instruction.
struct Thread {
    /// The layer whose spans these are, what is unusual of the above, and the number of spans: one comparison
    /// tells that all is as usual. The spans of other layers are in the slower list.
    state: Cell<u64>,
    /// The trace of which this thread holds a buffer: [`Instance::held`], or 0.
    held: Cell<u64>,
    /// That buffer, unless it is being written. [`LEFTOVER`] drops it when the thread ends.
    buffer: Cell<Option<ManuallyDrop<OwnBuffer>>>,
    /// The span that this thread began last, until it enters it: its id with [`Instance::owner`], and its handle.
    ///
    /// The registry gives an id out again on the same thread only, so what is entered by the id in here is what
    /// is in here.
    begun_id: Cell<u64>,
    begun: Cell<Option<Handle>>,
    places: [Cell<Entered>; PLACES],
}

thread_local! {
    static THREAD: Thread = const {
        Thread {
            state: Cell::new(Instance::NOBODY.owner),
            held: Cell::new(0),
            buffer: Cell::new(None),
            begun_id: Cell::new(0),
            begun: Cell::new(None),
            places: [const { Cell::new(Entered::NOTHING) }; PLACES],
        }
    };
    static LEFTOVER: Leftover = const { Leftover };
}

// A thread that is being torn down may still drop spans, after some of its locals are gone; then there
// is nothing to know, so every function here answers with "nothing".

/// Looks at what this thread knows.
#[inline(always)]
#[expect(clippy::inline_always, reason = "a closure's call costs as much as what most of them do")]
fn here<R: Default>(look: impl FnOnce(&Thread) -> R) -> R {
    THREAD.try_with(look).unwrap_or_default()
}

/// What a thread leaves behind that ends inside of a trace.
struct Leftover;

impl Drop for Leftover {
    fn drop(&mut self) {
        here(|thread| drop(thread.buffer.take().map(ManuallyDrop::into_inner)));
    }
}

/// The thread's buffer while it is written; it goes back even if the user's own code panics.
struct Lent<'a> {
    thread: &'a Thread,
    buffer: Option<ManuallyDrop<OwnBuffer>>,
}

impl Drop for Lent<'_> {
    #[inline]
    fn drop(&mut self) {
        self.thread.buffer.set(self.buffer.take());
    }
}

impl Thread {
    fn set(&self, flag: u64, is_set: bool) {
        let others = self.state.get() & !flag;
        self.state.set(if is_set { others | flag } else { others });
    }

    #[inline]
    fn is(&self, flag: u64) -> bool {
        self.state.get() & flag != 0
    }

    /// The number of spans and what is unusual; just the number, and so a small one, if everything about the
    /// spans of this layer is in the stack, and nothing else is to be seen to.
    #[inline]
    fn usual_depth(&self, instance: Instance) -> usize {
        (self.state.get() ^ instance.owner) as usize
    }

    /// The last span if all is usual, or nothing.
    #[inline]
    fn usual_last(&self, instance: Instance) -> Entered {
        match self.usual_depth(instance) {
            depth @ ..=SHALLOW => self.places[EMPTY - 1 + depth].get(),
            _ => Entered::NOTHING,
        }
    }

    #[inline]
    fn is_owner(&self, instance: Instance) -> bool {
        self.state.get() >> OWNER_SHIFT == instance.owner >> OWNER_SHIFT
    }

    fn depth(&self) -> usize {
        (self.state.get() & DEPTH) as usize
    }

    fn set_depth(&self, depth: usize) {
        self.state.set((self.state.get() & !DEPTH) | depth as u64);
    }

    fn entered(&self) -> &[Cell<Entered>] {
        self.places.get(EMPTY..EMPTY + self.depth()).unwrap_or_default()
    }

    #[inline]
    fn holds(&self, instance: Instance, key: SlotKey) -> bool {
        self.held.get() == instance.held(key)
    }

    /// What this thread holds a buffer of.
    fn held_key(&self) -> Option<SlotKey> {
        SlotKey::from_bits(self.held.get() & !SlotKey::FREE_BITS)
    }

    /// The span this thread is inside of, if that is the one it entered last.
    ///
    /// One that it was inside of already is not: the registry does not count it as current again, and what
    /// it names as a child's parent must be what we name, or segments close before their children.
    fn last(&self, instance: Instance) -> Option<Handle> {
        let Entered { id, handle } = self.usual_last(instance);
        let is_again = || {
            let (_last, below) = self.entered().split_last()?;
            below.iter().find(|place| place.get().id == id)
        };
        handle.filter(|handle| handle.is_first() || is_again().is_none()).map(Handle::unmarked)
    }

    fn current(&self, instance: Instance) -> Option<Handle> {
        let beyond = if self.is(BEYOND) { beyond::current(instance) } else { None };
        let nearest = || {
            let entered = self.entered();
            let is_first =
                |at: &usize| entered.iter().position(|place| place.get().id == entered[*at].get().id) == Some(*at);
            entered[(0..entered.len()).rev().find(is_first)?].get().handle.map(Handle::unmarked)
        };
        beyond.or_else(|| if self.is_owner(instance) { nearest() } else { None })
    }

    #[cold]
    fn push_unusual(&self, instance: Instance, entered: Entered) {
        let depth = self.depth();
        if depth == 0 && self.held.get() == 0 && !self.is(BEYOND) {
            self.state.set(instance.owner | (self.state.get() & (HAS_REMOTE | OVERDUE)));
        }
        let has_beyond = self.is(BEYOND) && beyond::holds_any(instance);
        if depth < SHALLOW && self.is_owner(instance) && !has_beyond {
            self.places[EMPTY + depth].set(entered);
            self.set_depth(depth + 1);
        } else {
            let again = self.is_owner(instance) && self.entered().iter().any(|it| it.get().id == entered.id);
            self.set(BEYOND, beyond::push(Layered { entered, instance, again }));
        }
    }

    /// Removes a span from wherever it is.
    fn pop(&self, instance: Instance, id: u64) {
        if self.is(BEYOND) {
            let (popped, is_empty) = beyond::pop(instance, id);
            self.set(BEYOND, !is_empty);
            if popped {
                return;
            }
        }
        if !self.is_owner(instance) {
            return;
        }
        let shallow = self.entered();
        if let Some(at) = shallow.iter().rposition(|place| place.get().id == id) {
            for (below, above) in shallow.iter().skip(at).zip(shallow.iter().skip(at + 1)) {
                below.set(above.get());
            }
            self.set_depth(shallow.len() - 1);
        }
    }

    /// Takes the buffer that this thread holds out of its place.
    fn release(&self) -> Option<(SlotKey, OwnBuffer)> {
        let key = self.held_key()?;
        let buffer = self.buffer.take();
        self.set(OVERDUE, buffer.is_none());
        let buffer = ManuallyDrop::into_inner(buffer?);
        self.held.set(0);
        Some((key, buffer))
    }
}

/// Notes that a span began on this thread: [`push_usual`] knows it then. `handle` is marked as the [first](Handle::first).
#[inline]
pub(super) fn begin(instance: Instance, id: u64, handle: Handle) {
    here(|thread| {
        thread.begun_id.set(id ^ instance.owner);
        thread.begun.set(Some(handle));
    });
}

/// Notes that a span began on this thread that is not recorded.
pub(super) fn begin_nothing() {
    here(|thread| thread.begun_id.set(0));
}

/// Notes that this thread entered a span: nearly always the one that began last, or else one of which `find` finds
/// the handle's bits. Returns whether it was so and nothing is unusual; [`push`] does for all others.
#[inline]
pub(super) fn push_usual(instance: Instance, id: u64, find: impl FnOnce() -> Option<u64>) -> bool {
    here(|thread| {
        let depth = thread.usual_depth(instance);
        if depth >= SHALLOW {
            return false;
        }
        let handle = if thread.begun_id.get() == id ^ instance.owner {
            thread.begun_id.set(0);
            thread.begun.get()
        } else {
            match find() {
                Some(bits) => Handle::from_bits(bits),
                None => return false,
            }
        };
        thread.places[EMPTY + depth].set(Entered { id, handle });
        thread.state.set(thread.state.get() + 1);
        true
    })
}

/// Notes that this thread entered a span.
pub(super) fn push(instance: Instance, id: u64, handle: Handle) {
    here(|thread| {
        // It is not the first time any more.
        thread.begun_id.set(0);
        thread.push_unusual(instance, Entered { id, handle: Some(handle) });
    });
}

/// Notes that this thread left a span, if that is the last it entered and lies in another one of the same
/// trace, as nearly always. Returns whether it was so; [`pop`] does for all others.
#[inline]
pub(super) fn pop_inner(instance: Instance, id: u64) -> bool {
    here(|thread| {
        let depth = thread.usual_depth(instance);
        let is_inner = depth <= SHALLOW && {
            let (around, left) = (thread.places[depth].get(), thread.places[depth + 1].get());
            left.id == id && Handle::are_together(left.handle, around.handle)
        };
        if is_inner {
            thread.state.set(thread.state.get() - 1);
        }
        is_inner
    })
}

/// Notes that this thread left a span; spans may be left in any order. Returns the buffer it holds of a
/// trace that it is not inside of any more.
pub(super) fn pop(instance: Instance, id: u64) -> Option<(SlotKey, OwnBuffer)> {
    here(|thread| {
        if thread.usual_depth(instance) == 1 && thread.places[EMPTY].get().id == id {
            thread.set_depth(0);
            return thread.release();
        }
        thread.pop(instance, id);
        let held = thread.held_key().filter(|_| thread.is_owner(instance))?;
        let is_inside = thread.current(instance).and_then(Handle::key) == Some(held);
        if is_inside { None } else { thread.release() }
    })
}

/// The span this thread entered last, if all is usual.
#[inline]
pub(super) fn last_entered(instance: Instance) -> Entered {
    here(|thread| thread.usual_last(instance))
}

/// The span this thread is inside of.
pub(super) fn current(instance: Instance) -> Option<Handle> {
    here(|thread| thread.current(instance))
}

/// Whether this thread is inside of no span, and nothing is unusual about that.
#[inline]
pub(super) fn is_outside(instance: Instance) -> bool {
    here(|thread| thread.usual_depth(instance) == 0)
}

/// The span this thread is inside of, if there is one and nothing unusual about that: no remote parent either.
#[inline]
pub(super) fn current_usual(instance: Instance) -> Option<Handle> {
    here(|thread| thread.last(instance))
}

/// The same, if this thread had not left it before.
#[inline]
pub(super) fn current_at_first(instance: Instance) -> Option<Handle> {
    here(|thread| thread.usual_last(instance).handle.filter(|handle| handle.is_first()))
}

/// Has the buffer this thread holds of the trace at `key` written to; `None` if it holds none, or is
/// writing to it already.
#[inline]
pub(super) fn with_held<R>(instance: Instance, key: SlotKey, write: impl FnOnce(&mut Buffer) -> R) -> Option<R> {
    here(|thread| {
        if !thread.holds(instance, key) {
            return None;
        }
        let mut lent = Lent { thread, buffer: thread.buffer.take() };
        lent.buffer.as_deref_mut().map(|buffer| write(buffer))
    })
}

/// Whether this thread holds a buffer of the trace at `key`.
#[inline]
pub(super) fn holds(instance: Instance, key: SlotKey) -> bool {
    here(|thread| thread.holds(instance, key))
}

/// Makes this thread the holder of a buffer of the trace at `key`. Gives the buffer back if it cannot be:
/// it holds another, or is inside of another layer's spans.
pub(super) fn hold(instance: Instance, key: SlotKey, buffer: OwnBuffer) -> Result<(), OwnBuffer> {
    let mut buffer = Some(buffer);
    here(|thread| {
        let is_free = thread.held.get() == 0 && thread.is_owner(instance);
        // Whoever comes when the thread is ending already finds no one to clear up behind it.
        if is_free && LEFTOVER.try_with(|_| ()).is_ok() {
            thread.buffer.set(buffer.take().map(ManuallyDrop::new));
            thread.held.set(instance.held(key));
        }
    });
    buffer.map_or(Ok(()), Err)
}

/// Gives up the buffer this thread holds for `instance`, if it does. One that is being written stays,
/// and [`is_overdue`] tells afterwards.
pub(super) fn release(instance: Instance) -> Option<(SlotKey, OwnBuffer)> {
    here(|thread| if thread.is_owner(instance) { thread.release() } else { None })
}

/// Whether what this thread holds was to be given back while it was written.
#[inline]
pub(super) fn is_overdue() -> bool {
    here(|thread| thread.is(OVERDUE))
}

/// Whether this thread is inside of the trace at `key`, holds no buffer, and nothing about that is unusual.
#[inline]
pub(super) fn is_to_hold(instance: Instance, key: SlotKey) -> bool {
    here(|thread| {
        thread.held.get() == 0 && thread.usual_last(instance).handle.and_then(Handle::recorded_key) == Some(key)
    })
}

/// Notes whether there is a remote parent.
pub(super) fn set_has_remote(has_remote: bool) {
    here(|thread| thread.set(HAS_REMOTE, has_remote));
}

/// Whether there is a remote parent for the segment that begins now.
#[inline]
pub(super) fn has_remote() -> bool {
    here(|thread| thread.is(HAS_REMOTE))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What `tracing_subscriber`'s registry keeps for each thread and layer: the spans entered, and whether each was
    /// further down already.
    #[derive(Default)]
    struct Model(Vec<(u64, bool)>);

    impl Model {
        fn push(&mut self, id: u64) {
            let again = self.0.iter().any(|(other, _)| *other == id);
            self.0.push((id, again));
        }

        fn pop(&mut self, id: u64) {
            if let Some(at) = self.0.iter().rposition(|(other, _)| *other == id) {
                self.0.remove(at);
            }
        }

        fn current(&self) -> Option<u64> {
            self.0.iter().rev().find(|(_, again)| !again).map(|(id, _)| *id)
        }
    }

    fn handle_of(id: u64) -> Handle {
        Handle::child(SlotKey::new((id % 3) as u16, 1), id as u32)
    }

    fn begin_anew(instance: Instance, id: u64) {
        begin(instance, id, handle_of(id).first());
    }

    fn enter(instance: Instance, id: u64) {
        if !push_usual(instance, id, || Some(handle_of(id).to_bits())) {
            push(instance, id, handle_of(id));
        }
    }

    /// Of four steps one begins a span, two enter one, and one leaves one.
    const BEGIN: u8 = 0;
    const LEAVE: u8 = 3;

    proptest! {
        #[test]
        fn the_current_span_is_the_registrys(
            steps in prop::collection::vec((0..2_usize, BEGIN..=LEAVE, 1..90_u64), 0..400),
            enters_first in 0..120_u64,
        ) {
            let instances = [Instance::next(), Instance::next()];
            let mut models = [Model::default(), Model::default()];
            let deep = (1..=enters_first).map(|id| (0, BEGIN + 1, 100 + id));
            for (layer, step, id) in deep.chain(steps) {
                let (instance, model) = (instances[layer], &mut models[layer]);
                match step {
                    // An id is not given out again while a span has it.
                    BEGIN if model.0.iter().any(|(entered, _)| *entered == id) => {}
                    BEGIN => begin_anew(instance, id),
                    LEAVE => {
                        model.pop(id);
                        if !pop_inner(instance, id) {
                            prop_assert!(pop(instance, id).is_none(), "no buffer is held");
                        }
                    }
                    _ => {
                        enter(instance, id);
                        model.push(id);
                    }
                }
                for (instance, model) in instances.iter().zip(&models) {
                    prop_assert_eq!(current(*instance), model.current().map(handle_of));
                    let usual = current_usual(*instance);
                    prop_assert!(usual.is_none() || usual == current(*instance));
                    let at_first = current_at_first(*instance).map(Handle::unmarked);
                    prop_assert!(at_first.is_none() || at_first == usual);
                    prop_assert!(!is_outside(*instance) || usual.is_none());
                }
            }
            // The next case finds this thread as it was.
            for (instance, model) in instances.iter().zip(models) {
                for (id, _) in model.0.into_iter().rev() {
                    pop(*instance, id);
                }
                prop_assert_eq!(current(*instance), None);
            }
        }
    }

    #[test]
    fn a_span_that_is_entered_within_itself_is_not_the_current_one() {
        let instance = Instance::next();
        for id in [1, 2] {
            begin_anew(instance, id);
            enter(instance, id);
            assert_eq!(current(instance), Some(handle_of(id)));
        }
        enter(instance, 1);
        assert_eq!((current_usual(instance), current_at_first(instance)), (None, None));
        for id in [1, 2, 1] {
            pop(instance, id);
        }
    }
}
