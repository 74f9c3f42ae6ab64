//! Getting hold of a buffer of a trace for one write, and giving it back.

use super::handle::{Handle, SlotKey};
use super::log::{Buffer, OwnBuffer};
use super::slots::Slots;
use super::thread;

/// Has a buffer of the trace at `key` written to, by this thread alone; `None` when the trace is gone.
///
/// A thread that is inside of the trace keeps the buffer afterwards, for [`thread::with_held`], until
/// [`leave`] gives it back.
pub(super) fn with<R>(
    slots: &Slots,
    instance: u32,
    key: SlotKey,
    mut write: impl FnMut(&mut Buffer) -> R,
) -> Option<R> {
    let written = thread::with_held(instance, key, &mut write);
    if written.is_some() {
        return written;
    }
    let mut lease = Lease { slots, key, buffer: Some(slots.check_out(key)?) };
    let is_inside = !thread::holds(instance, key) && thread::current(instance).and_then(Handle::key) == Some(key);
    if is_inside {
        leave(slots, instance);
        lease.hand_over(instance);
    }
    match lease.buffer.as_deref_mut() {
        Some(buffer) => Some(write(buffer)),
        None => thread::with_held(instance, key, &mut write),
    }
}

/// A buffer that goes back to its trace when this is dropped, be it by a panic in the user's own code.
struct Lease<'a> {
    slots: &'a Slots,
    key: SlotKey,
    buffer: Option<OwnBuffer>,
}

impl Lease<'_> {
    /// Has this thread hold the buffer, unless it is writing to one it holds already.
    fn hand_over(&mut self, instance: u32) {
        if let Some(buffer) = self.buffer.take() {
            self.buffer = thread::hold(instance, self.key, buffer).err();
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(buffer) = self.buffer.take() {
            self.slots.check_in(self.key, buffer);
        }
    }
}

/// Gives back what the calling thread holds of these slots' traces, for those who want to see it.
pub(crate) fn hand_in(slots: &Slots) {
    leave(slots, slots.instance());
}

/// Gives back what this thread holds for `instance`, so that the trace's log is whole.
pub(super) fn leave(slots: &Slots, instance: u32) {
    if let Some((key, buffer)) = thread::release(instance) {
        slots.check_in(key, buffer);
    }
}
