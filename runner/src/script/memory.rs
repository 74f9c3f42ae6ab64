//! What a script's thread holds in memory.
//!
//! The engine measures each text, list and map, but not what an assignment by index adds to one, nor their sum: only
//! an allocator sees them all. Every allocation counts for the thread that makes it, and a script has its thread alone.

#![expect(unsafe_code, reason = "an allocator is unsafe by its trait; each call goes on to the system's as it came")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, with a count of bytes for each thread.
#[derive(Debug)]
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

// SAFETY: every method hands its arguments to the system's allocator and gives back what that gave.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller's promises are those that are asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: as in `alloc`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as in `alloc`.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        count(bytes as isize - layout.size() as isize);
        // SAFETY: as in `alloc`.
        unsafe { System.realloc(place, layout, bytes) }
    }
}

fn count(bytes: isize) {
    // A thread that is ending has no count any more, and nobody asks for it.
    HELD.try_with(|held| held.set(held.get().wrapping_add(bytes))).unwrap_or_default();
}

/// Measures what the present thread holds more than at its start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meter {
    start: isize,
}

impl Meter {
    pub(super) fn start() -> Self {
        Self { start: HELD.get() }
    }

    /// Bytes; on the thread that started it.
    pub(super) fn held(self) -> usize {
        usize::try_from(HELD.get().wrapping_sub(self.start)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_held_counts() {
        const BYTES: usize = 1 << 20;
        let meter = Meter::start();
        let held = vec![1_u8; BYTES];
        assert!((BYTES..2 * BYTES).contains(&meter.held()), "{}", meter.held());
        drop(held);
        assert!(meter.held() < BYTES, "{}", meter.held());
        let elsewhere = std::thread::spawn(move || vec![1_u8; BYTES].len()).join().unwrap();
        assert!(meter.held() < BYTES && elsewhere == BYTES);
    }
}
