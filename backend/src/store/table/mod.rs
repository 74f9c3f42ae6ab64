//! The tables: what is in files, what is still in memory, and how rows get from one to the other.

mod delta;
mod files;
mod flush;
mod parquet;
mod syncing;
mod view;

pub(crate) use delta::{DeltaHome, DeltaLog};
pub(crate) use files::{DataFile, FileSet, KeyRange, Pruning};
pub(crate) use flush::Flush;
pub(crate) use syncing::{STORE_URL, SyncingStore};
pub(crate) use view::Table;
pub use view::TableStatus;
