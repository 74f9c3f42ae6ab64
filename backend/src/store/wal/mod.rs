//! The write-ahead log: one for all tables. What [`Wal::append`] acknowledged is on disk.
//!
//! ```text
//! append -> queue -> committer thread: number, write, sync once per group, apply to memtables, acknowledge
//! ```

mod commit;
pub(crate) mod record;
pub(crate) mod replay;
mod segment;
#[cfg(test)]
mod tests;

pub(crate) use commit::{Wal, WalOptions};
pub(crate) use segment::TableMarks;
