//! A lock for a few instructions, on the way of each span.

use std::hint;
use std::sync::atomic::{AtomicU32, Ordering};

use lock_api::{GuardSend, RawMutex};

/// Cheaper than the standard library's mutex, which looks for panics at both ends: a span's way takes
/// several.
pub(crate) type ShortMutex<T> = lock_api::Mutex<Word, T>;
pub(crate) type ShortMutexGuard<'a, T> = lock_api::MutexGuard<'a, Word, T>;

const FREE: u32 = 0;
const HELD: u32 = 1;
/// Held, and somebody may be asleep for it.
const AWAITED: u32 = 2;
/// Looks a thread takes before it sleeps: whoever holds the lock is about to let go.
const SPINS: u32 = 100;

/// The three states of a futex mutex (Drepper, "Futexes Are Tricky", mutex 2).
#[derive(Debug)]
pub(crate) struct Word(AtomicU32);

// SAFETY: `lock` returns, and `try_lock` says true, only after this thread has changed the word from
// free with acquire ordering; only `unlock` makes it free again, with release ordering.
#[expect(unsafe_code, reason = "a promise that a lock excludes")]
unsafe impl RawMutex for Word {
    const INIT: Self = Self(AtomicU32::new(FREE));
    type GuardMarker = GuardSend;

    #[inline]
    fn lock(&self) {
        if self.0.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_err() {
            self.lock_awaited();
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        self.0.compare_exchange(FREE, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[inline]
    unsafe fn unlock(&self) {
        if self.0.swap(FREE, Ordering::Release) == AWAITED {
            self.wake();
        }
    }
}

impl Word {
    #[cold]
    fn lock_awaited(&self) {
        for _ in 0..SPINS {
            match self.0.load(Ordering::Relaxed) {
                FREE if self.try_lock() => return,
                AWAITED => break,
                _ => hint::spin_loop(),
            }
        }
        // Whoever slept cannot know whether others still do, so it says that they may.
        while self.0.swap(AWAITED, Ordering::Acquire) != FREE {
            atomic_wait::wait(&self.0, AWAITED);
        }
    }

    #[cold]
    fn wake(&self) {
        atomic_wait::wake_one(&raw const self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn threads_that_meet_do_not_lose_what_another_wrote() {
        let count = ShortMutex::new(0_u64);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        *count.lock() += 1;
                    }
                });
            }
        });
        assert_eq!(count.into_inner(), 160_000);
    }

    #[test]
    fn a_thread_that_sleeps_is_woken_and_a_held_lock_is_refused() {
        let lock = ShortMutex::new(());
        let held = lock.lock();
        assert!(lock.try_lock().is_none());
        thread::scope(|scope| {
            let sleeper = scope.spawn(|| drop(lock.lock()));
            // SAFETY: the word is only read.
            #[expect(unsafe_code, reason = "the word is behind the lock's interface")]
            let word = unsafe { lock.raw() };
            while word.0.load(Ordering::Relaxed) != AWAITED {
                thread::yield_now();
            }
            drop(held);
            sleeper.join().unwrap();
        });
        assert!(lock.try_lock().is_some());
    }
}
