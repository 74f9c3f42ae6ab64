//! The tables: what is in files, what is still in memory, and how rows get from one to the other.

mod files;
mod view;

pub(crate) use files::{DataFile, FileSet, KeyRange, Pruning};
pub(crate) use view::Table;
pub use view::TableStatus;
