//! What each thread knows: the spans it is inside of, and the log it is writing.
//!
//! While a thread is inside a trace it holds one of that trace's buffers, so that writing to it needs
//! neither lock nor atomic. A buffer is always *taken* while it is written: a `Debug` impl that opens
//! spans of its own finds the place empty and gets another buffer.

use std::cell::{Cell, RefCell};

use super::handle::{Handle, SlotKey};
use super::log::OwnBuffer;
use crate::propagation::TraceHeader;

/// Spans a thread may be inside of before the slower list takes them.
const SHALLOW: usize = 64;
/// Deepest stack of entered spans that is followed; spans entered deeper count as part of the
/// deepest one.
const DEPTH_MAX: usize = 4_096;

#[derive(Debug, Clone, Copy)]
struct Entered {
    id: u64,
    handle: Handle,
    /// The layer it belongs to: a process may have several, tests have many.
    instance: u32,
    /// The span is further down as well. The registry does not count it as current again, and what
    /// it names as a child's parent must be what we name, or segments close before their children.
    again: bool,
}

const NOTHING: Entered = Entered { id: 0, handle: Handle::LOST, instance: 0, again: false };

/// Nothing in here needs dropping, so reaching it is a single instruction.
struct Thread {
    depth: Cell<usize>,
    shallow: [Cell<Entered>; SHALLOW],
    /// How many spans are in [`DEEP`].
    deep: Cell<usize>,
    /// Whose buffer is in [`HELD`].
    held: Cell<Option<(u32, SlotKey)>>,
    /// Whether there is something in [`REMOTE`].
    remote: Cell<bool>,
}

thread_local! {
    static THREAD: Thread = const {
        Thread {
            depth: Cell::new(0),
            shallow: [const { Cell::new(NOTHING) }; SHALLOW],
            deep: Cell::new(0),
            held: Cell::new(None),
            remote: Cell::new(false),
        }
    };
    static DEEP: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
    static HELD: Cell<Option<OwnBuffer>> = const { Cell::new(None) };
    static SCRATCH: Cell<Option<(u32, OwnBuffer)>> = const { Cell::new(None) };
    static REMOTE: RefCell<Option<TraceHeader>> = const { RefCell::new(None) };
}

// A thread that is being torn down may still drop spans, after some of its locals are gone; then there
// is nothing to know, so every function here answers with "nothing".

/// Notes that this thread entered a span.
pub(super) fn push(instance: u32, id: u64, handle: Handle) {
    THREAD.with(|thread| {
        let depth = thread.depth.get();
        let is_same = |entered: Entered| entered.id == id && entered.instance == instance;
        let shallow = thread.shallow.get(..depth).unwrap_or_default();
        let again = shallow.iter().any(|place| is_same(place.get()));
        match thread.shallow.get(depth) {
            Some(place) => {
                place.set(Entered { id, handle, instance, again });
                thread.depth.set(depth + 1);
            }
            None => push_deep(thread, Entered { id, handle, instance, again }),
        }
    });
}

#[cold]
fn push_deep(thread: &Thread, entered: Entered) {
    let _gone = DEEP.try_with(|deep| {
        let mut deep = deep.borrow_mut();
        if deep.len() < DEPTH_MAX {
            let is_same = |other: &Entered| other.id == entered.id && other.instance == entered.instance;
            let again = entered.again || deep.iter().any(is_same);
            deep.push(Entered { again, ..entered });
            thread.deep.set(deep.len());
        }
    });
}

/// Notes that this thread left a span; spans may be left in any order. Returns the span it is inside
/// of now.
pub(super) fn pop(instance: u32, id: u64) -> Option<Handle> {
    THREAD.with(|thread| {
        let is_same = |entered: &Entered| entered.id == id && entered.instance == instance;
        if thread.deep.get() > 0 && pop_deep(thread, is_same) {
            return current_of(thread, instance);
        }
        let depth = thread.depth.get();
        let shallow = thread.shallow.get(..depth).unwrap_or_default();
        if let Some(at) = shallow.iter().rposition(|place| is_same(&place.get())) {
            for above in at + 1..depth {
                shallow[above - 1].set(shallow[above].get());
            }
            thread.depth.set(depth - 1);
        }
        current_of(thread, instance)
    })
}

#[cold]
fn pop_deep(thread: &Thread, is_same: impl Fn(&Entered) -> bool) -> bool {
    let popped = DEEP.try_with(|deep| {
        let mut deep = deep.borrow_mut();
        let at = deep.iter().rposition(is_same)?;
        deep.remove(at);
        thread.deep.set(deep.len());
        Some(())
    });
    matches!(popped, Ok(Some(())))
}

/// The span this thread is inside of.
pub(super) fn current(instance: u32) -> Option<Handle> {
    THREAD.with(|thread| current_of(thread, instance))
}

fn current_of(thread: &Thread, instance: u32) -> Option<Handle> {
    let counts = |entered: &Entered| entered.instance == instance && !entered.again;
    if thread.deep.get() > 0 {
        let deepest = DEEP.try_with(|deep| deep.borrow().iter().rev().find(|it| counts(it)).map(|it| it.handle));
        if let Ok(Some(handle)) = deepest {
            return Some(handle);
        }
    }
    let shallow = thread.shallow.get(..thread.depth.get()).unwrap_or_default();
    shallow.iter().rev().map(Cell::get).find(counts).map(|entered| entered.handle)
}

/// Takes the buffer this thread holds of the trace at `key`, if it holds one and is not writing to it
/// already.
pub(super) fn take_held(instance: u32, key: SlotKey) -> Option<OwnBuffer> {
    if THREAD.with(|thread| thread.held.get()) != Some((instance, key)) {
        return None;
    }
    HELD.try_with(Cell::take).ok().flatten()
}

/// Puts a buffer that [`take_held`] gave back into its place; returns it if something else took that
/// place meanwhile.
pub(super) fn put_held(instance: u32, key: SlotKey, buffer: OwnBuffer) -> Result<(), OwnBuffer> {
    if THREAD.with(|thread| thread.held.get()) != Some((instance, key)) {
        return Err(buffer);
    }
    let mut buffer = Some(buffer);
    let displaced = HELD.try_with(|place| place.replace(buffer.take())).ok().flatten();
    buffer.or(displaced).map_or(Ok(()), Err)
}

/// Whose buffer this thread holds.
pub(super) fn held() -> Option<(u32, SlotKey)> {
    THREAD.with(|thread| thread.held.get())
}

/// Makes this thread the holder of a buffer of the trace at `key`; the place must be free.
pub(super) fn hold(instance: u32, key: SlotKey) {
    THREAD.with(|thread| thread.held.set(Some((instance, key))));
}

/// Gives up what this thread holds.
pub(super) fn release_held() -> Option<OwnBuffer> {
    THREAD.with(|thread| thread.held.set(None));
    HELD.try_with(Cell::take).ok().flatten()
}

/// Takes this thread's buffer for spans whose trace is not known yet.
pub(super) fn take_scratch(instance: u32) -> Option<OwnBuffer> {
    let (owner, buffer) = SCRATCH.try_with(Cell::take).ok().flatten()?;
    (owner == instance).then_some(buffer)
}

/// Puts a buffer where [`take_scratch`] finds it.
pub(super) fn put_scratch(instance: u32, buffer: OwnBuffer) {
    let _gone = SCRATCH.try_with(|place| place.set(Some((instance, buffer))));
}

/// Makes `parent` the remote parent of the next segment that begins inside `open`.
pub(super) fn with_remote<R>(parent: Option<TraceHeader>, open: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also when `open` panics.
    struct Restore(Option<TraceHeader>);
    impl Drop for Restore {
        fn drop(&mut self) {
            drop(replace_remote(self.0.take()));
        }
    }
    let _restore = Restore(replace_remote(parent));
    open()
}

fn replace_remote(remote: Option<TraceHeader>) -> Option<TraceHeader> {
    let is_some = remote.is_some();
    let before = REMOTE.try_with(|place| place.replace(remote));
    THREAD.with(|thread| thread.remote.set(is_some && before.is_ok()));
    before.ok().flatten()
}

/// Takes the remote parent for the segment that begins now.
pub(super) fn take_remote() -> Option<TraceHeader> {
    if !THREAD.with(|thread| thread.remote.get()) {
        return None;
    }
    replace_remote(None)
}
