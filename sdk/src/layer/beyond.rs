//! Spans a thread is inside of beyond those it keeps close at hand: very deep ones, and those of a second
//! layer.

use std::cell::RefCell;

use super::handle::Handle;
use super::instance::Instance;

/// Most spans in here; spans entered beyond count as part of the deepest one.
const SPANS_MAX: usize = 4_096;

/// A span a thread is inside of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entered {
    pub(super) id: u64,
    /// `None` where there is no span.
    pub(super) handle: Option<Handle>,
}

impl Entered {
    pub(super) const NOTHING: Self = Self { id: 0, handle: None };
}

/// The same with the layer it belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layered {
    pub(super) entered: Entered,
    pub(super) instance: Instance,
    /// The span is further down as well.
    pub(super) again: bool,
}

impl Layered {
    fn is(&self, instance: Instance, id: u64) -> bool {
        self.entered.id == id && self.instance == instance
    }
}

thread_local! {
    static SPANS: RefCell<Vec<Layered>> = const { RefCell::new(Vec::new()) };
}

// Nothing in here calls anything that could come back here.
fn with<R: Default>(look: impl FnOnce(&mut Vec<Layered>) -> R) -> R {
    SPANS.try_with(|spans| look(&mut spans.borrow_mut())).unwrap_or_default()
}

/// Adds a span, if there is room; returns whether there are any now.
pub(super) fn push(layered: Layered) -> bool {
    with(|spans| {
        if spans.len() < SPANS_MAX {
            let again = layered.again || spans.iter().any(|other| other.is(layered.instance, layered.entered.id));
            spans.push(Layered { again, ..layered });
        }
        !spans.is_empty()
    })
}

/// Removes a span; returns whether it was there, and whether none is left.
pub(super) fn pop(instance: Instance, id: u64) -> (bool, bool) {
    with(|spans| {
        let at = spans.iter().rposition(|layered| layered.is(instance, id));
        if let Some(at) = at {
            spans.remove(at);
        }
        (at.is_some(), spans.is_empty())
    })
}

/// Whether there is any span of this layer.
pub(super) fn holds_any(instance: Instance) -> bool {
    with(|spans| spans.iter().any(|layered| layered.instance == instance))
}

/// The innermost span of this layer.
pub(super) fn current(instance: Instance) -> Option<Handle> {
    let counts = |layered: &&Layered| layered.instance == instance && !layered.again;
    with(|spans| spans.iter().rev().find(counts).and_then(|layered| layered.entered.handle))
}
