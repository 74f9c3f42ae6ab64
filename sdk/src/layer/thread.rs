//! What each thread knows: the spans it is inside of, and buffers to write fields into.

use std::cell::{Cell, RefCell};

use super::handle::Handle;
use super::visit::Scratch;
use crate::propagation::TraceHeader;

/// Deepest stack of entered spans that is followed; spans entered deeper count as part of the
/// deepest one.
const STACK_DEPTH_MAX: usize = 1_024;

#[derive(Debug, Clone, Copy)]
struct Entered {
    /// The layer it belongs to: a process may have several, tests have many.
    instance: u32,
    id: u64,
    handle: Handle,
    /// The span is further down as well. The registry does not count it as current again, and what
    /// it names as a child's parent must be what we name, or segments close before their children.
    again: bool,
}

thread_local! {
    static STACK: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
    static REMOTE: RefCell<Option<TraceHeader>> = const { RefCell::new(None) };
}

// A thread that is being torn down may still drop spans, after its locals are gone; then there is
// nothing to know, so every function here answers with "nothing".

/// Notes that this thread entered a span.
pub(super) fn push(instance: u32, id: u64, handle: Handle) {
    let _gone = STACK.try_with(|stack| {
        let mut stack = stack.borrow_mut();
        if stack.len() < STACK_DEPTH_MAX {
            let again = stack.iter().any(|entered| entered.instance == instance && entered.id == id);
            stack.push(Entered { instance, id, handle, again });
        }
    });
}

/// Notes that this thread left a span; spans may be left in any order.
pub(super) fn pop(instance: u32, id: u64) {
    let _gone = STACK.try_with(|stack| {
        let mut stack = stack.borrow_mut();
        if let Some(at) = stack.iter().rposition(|entered| entered.instance == instance && entered.id == id) {
            stack.remove(at);
        }
    });
}

/// The span this thread is inside of.
pub(super) fn current(instance: u32) -> Option<Handle> {
    STACK
        .try_with(|stack| {
            let stack = stack.borrow();
            let current = stack.iter().rev().find(|entered| entered.instance == instance && !entered.again);
            current.map(|entered| entered.handle)
        })
        .ok()
        .flatten()
}

/// Lends this thread's buffer. A `Debug` impl that itself opens spans while it is recorded finds the
/// buffer lent out and gets a new one.
pub(super) fn with_scratch<R>(write: impl FnOnce(&mut Scratch) -> R) -> R {
    let mut scratch = SCRATCH.try_with(Cell::take).ok().flatten().unwrap_or_default();
    scratch.clear();
    let result = write(&mut scratch);
    let _gone = SCRATCH.try_with(|place| place.set(Some(scratch)));
    result
}

/// Makes `parent` the remote parent of the next segment that begins inside `open`.
pub(super) fn with_remote<R>(parent: Option<TraceHeader>, open: impl FnOnce() -> R) -> R {
    /// Puts back what was there, also when `open` panics.
    struct Restore(Option<TraceHeader>);
    impl Drop for Restore {
        fn drop(&mut self) {
            let before = self.0.take();
            let _gone = REMOTE.try_with(|remote| remote.replace(before));
        }
    }
    let _restore = Restore(REMOTE.try_with(|remote| remote.replace(parent)).ok().flatten());
    open()
}

/// Takes the remote parent for the segment that begins now.
pub(super) fn take_remote() -> Option<TraceHeader> {
    REMOTE.try_with(|remote| remote.borrow_mut().take()).ok().flatten()
}
