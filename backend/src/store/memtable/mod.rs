//! Rows that are not in files yet: durable through the write-ahead log, visible to every scan from here.

mod generation;
mod tail;

pub(crate) use generation::{Generation, Slot, TimeRange, seal};
pub(crate) use tail::TailSender;
pub use tail::{Appended, Tail};
