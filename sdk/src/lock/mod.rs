//! Locks that outlive a fork and a panic.
//!
//! They keep whatever they know in themselves. `parking_lot`'s do not: the threads that wait stand in
//! one table of the process, and a forked child inherits it with threads that it does not have, whose
//! memory it soon uses anew. It then spins or crashes at the next lock that is contended, be it new or
//! old. So nothing in this crate waits by `parking_lot`.
//!
//! A panic while a lock is held leaves data that is whole, because nobody runs foreign code there: so
//! there is no poison.

mod short;
mod waiting;

pub(crate) use short::{ShortMutex, ShortMutexGuard};
pub(crate) use waiting::{Condvar, Mutex};
