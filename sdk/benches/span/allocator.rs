//! Counts allocations, by thread.
//!
//! Off unless asked for: then every call costs two instructions more than the system's allocator, in
//! every contestant.

#![expect(
    unsafe_code,
    reason = "`GlobalAlloc` is an unsafe trait; every call goes to the system's allocator unchanged"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static ENABLED: AtomicBool = AtomicBool::new(false);
static REQUEST_THREAD: Counters = Counters::new();
static OTHER_THREADS: Counters = Counters::new();
/// Bytes allocated and not freed since counting began.
static LIVE_BYTES: AtomicI64 = AtomicI64::new(0);

thread_local! {
    /// Has no destructor, so reading it never allocates.
    static IS_REQUEST_THREAD: Cell<bool> = const { Cell::new(false) };
}

struct Counting;

struct Counters {
    calls: AtomicU64,
    bytes: AtomicU64,
}

impl Counters {
    const fn new() -> Self {
        Self { calls: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    fn read(&self) -> Allocated {
        Allocated { calls: self.calls.load(Relaxed), bytes: self.bytes.load(Relaxed) }
    }
}

/// What a group of threads has allocated, freed again or not. A reallocation counts like an
/// allocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allocated {
    pub(crate) calls: u64,
    pub(crate) bytes: u64,
}

impl std::ops::Sub for Allocated {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self { calls: self.calls - earlier.calls, bytes: self.bytes - earlier.bytes }
    }
}

/// Counts the calling thread's allocations apart from all others'.
pub(crate) fn this_is_the_request_thread() {
    IS_REQUEST_THREAD.set(true);
}

/// Counts from here on.
pub(crate) fn enable() {
    ENABLED.store(true, Relaxed);
}

/// What the request thread and all other threads have allocated since [`enable`].
pub(crate) fn allocated() -> (Allocated, Allocated) {
    (REQUEST_THREAD.read(), OTHER_THREADS.read())
}

/// Bytes allocated less bytes freed since [`enable`].
pub(crate) fn live_bytes() -> i64 {
    LIVE_BYTES.load(Relaxed)
}

#[cold]
#[inline(never)]
fn count(allocated: usize, freed: usize) {
    let counters = if IS_REQUEST_THREAD.get() { &REQUEST_THREAD } else { &OTHER_THREADS };
    if allocated > 0 {
        counters.calls.fetch_add(1, Relaxed);
        counters.bytes.fetch_add(allocated as u64, Relaxed);
    }
    LIVE_BYTES.fetch_add(allocated as i64 - freed as i64, Relaxed);
}

// SAFETY: every method passes its arguments to `System`, which keeps the contract; counting neither
// allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if ENABLED.load(Relaxed) {
            count(layout.size(), 0);
        }
        // SAFETY: the caller keeps `alloc`'s contract.
        unsafe { System.alloc(layout) }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if ENABLED.load(Relaxed) {
            count(layout.size(), 0);
        }
        // SAFETY: the caller keeps `alloc_zeroed`'s contract.
        unsafe { System.alloc_zeroed(layout) }
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if ENABLED.load(Relaxed) {
            count(0, layout.size());
        }
        // SAFETY: the caller keeps `dealloc`'s contract, and `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if ENABLED.load(Relaxed) {
            count(size, layout.size());
        }
        // SAFETY: the caller keeps `realloc`'s contract, and `pointer` came from `System`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
