//! Getting hold of a buffer of a trace for one write, and giving it back.

use super::handle::{Handle, SlotKey};
use super::instance::Instance;
use super::log::{Buffer, OwnBuffer};
use super::slots::Slots;
use super::thread;

/// Has a buffer of the trace at `key` written to, by this thread alone; `None` when the trace is gone.
///
/// A thread that is inside of the trace keeps the buffer afterwards, for [`thread::with_held`], until
/// [`leave`] gives it back.
pub(super) fn with<R>(
    slots: &Slots,
    instance: Instance,
    key: SlotKey,
    mut write: impl FnMut(&mut Buffer) -> R,
) -> Option<R> {
    if (thread::holds(instance, key) || hold(slots, instance, key))
        && let Some(written) = thread::with_held(instance, key, &mut write)
    {
        return Some(written);
    }
    let mut lease = Lease { slots, key, buffer: Some(slots.check_out(key)?) };
    lease.buffer.as_deref_mut().map(write)
}

/// Has this thread hold a buffer of the trace at `key`, if it is inside of it and holds none of it yet.
pub(super) fn hold(slots: &Slots, instance: Instance, key: SlotKey) -> bool {
    if thread::is_to_hold(instance, key) || leave_for(slots, instance, key) {
        slots.check_out(key).is_some_and(|buffer| match thread::hold(instance, key, buffer) {
            Ok(()) => true,
            Err(buffer) => {
                slots.check_in(key, buffer);
                false
            }
        })
    } else {
        false
    }
}

/// Gives back what this thread holds of another trace, if it is inside of the one at `key`; returns whether it is.
#[cold]
fn leave_for(slots: &Slots, instance: Instance, key: SlotKey) -> bool {
    let is_inside = !thread::holds(instance, key) && is_inside(instance, key);
    if is_inside {
        leave(slots, instance);
    }
    is_inside
}

/// Whether this thread is inside of the trace at `key`.
fn is_inside(instance: Instance, key: SlotKey) -> bool {
    thread::current_usual(instance).or_else(|| thread::current(instance)).and_then(Handle::key) == Some(key)
}

/// A buffer that goes back to its trace when this is dropped, be it by a panic in the user's own code.
struct Lease<'a> {
    slots: &'a Slots,
    key: SlotKey,
    buffer: Option<OwnBuffer>,
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
pub(super) fn leave(slots: &Slots, instance: Instance) {
    if let Some((key, buffer)) = thread::release(instance) {
        slots.check_in(key, buffer);
    }
}
