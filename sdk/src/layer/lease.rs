//! Getting hold of a buffer of a trace for one write, and giving it back.

use super::handle::SlotKey;
use super::log::{Buffer, OwnBuffer};
use super::slots::Slots;
use super::thread;

/// A buffer of one trace, for this thread alone until it is dropped.
pub(super) struct Lease<'a> {
    slots: &'a Slots,
    instance: u32,
    key: SlotKey,
    from: From,
    /// `None` only while it is given back.
    buffer: Option<OwnBuffer>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    /// This thread is inside the trace and goes on holding the buffer.
    Thread,
    /// Others may want it.
    Slot,
}

impl<'a> Lease<'a> {
    /// Leases a buffer of the trace at `key`; `None` when that is gone.
    ///
    /// A thread that is inside of the trace keeps the buffer afterwards: [`leave`] gives it back.
    pub(super) fn new(slots: &'a Slots, instance: u32, key: SlotKey) -> Option<Self> {
        if let Some(buffer) = thread::take_held(instance, key) {
            return Some(Self { slots, instance, key, from: From::Thread, buffer: Some(buffer) });
        }
        Self::from_slot(slots, instance, key)
    }

    fn from_slot(slots: &'a Slots, instance: u32, key: SlotKey) -> Option<Self> {
        let is_inside = || thread::current(instance).and_then(super::handle::Handle::key) == Some(key);
        let mut from = From::Slot;
        if thread::held().is_none_or(|(holder, held)| holder == instance && held != key) && is_inside() {
            leave(slots, instance);
            thread::hold(instance, key);
            from = From::Thread;
        }
        let Some(buffer) = slots.check_out(key) else {
            if from == From::Thread {
                drop(thread::release_held());
            }
            return None;
        };
        Some(Self { slots, instance, key, from, buffer: Some(buffer) })
    }

    pub(super) fn buffer(&mut self) -> &mut Buffer {
        self.buffer.as_mut().expect("a lease has its buffer until it is dropped")
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let Some(buffer) = self.buffer.take() else { return };
        let left = match self.from {
            From::Thread => thread::put_held(self.instance, self.key, buffer).err(),
            From::Slot => Some(buffer),
        };
        if let Some(buffer) = left {
            self.slots.check_in(self.key, buffer);
        }
    }
}

/// Gives back what this thread holds for `instance`, so that the trace's log is whole.
pub(super) fn leave(slots: &Slots, instance: u32) {
    if let Some((holder, key)) = thread::held()
        && holder == instance
        && let Some(buffer) = thread::release_held()
    {
        slots.check_in(key, buffer);
    }
}
