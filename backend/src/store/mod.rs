//! Write-ahead log, memtable, tables and resource catalogue.
//!
//! ```text
//! append -> wal (group commit, sync) -> memtable -> acknowledged
//!                                          |
//!                          flush: sorted Parquet -> one Delta commit -> files; log segments go
//! scan   <- files + memtable, each row exactly once
//! ```
//!
//! | module | holds |
//! |---|---|
//! | [`Store`], [`StoreOptions`], [`StoreStatus`] | opening, flushing, closing, what is going on |
//! | [`MetricTable`], [`LogTable`], [`SpanTable`], [`EventTable`] | rows that are only appended |
//! | [`Catalog`] | documents that change, in conditional transactions |
//! | `wal`, `memtable`, `table` | where rows are on their way |
//! | `provider`, `query` | the tables as the query engine reads them |
//! | `disk`, `budget`, [`limits`] | the seam for faults; memory; every limit |

mod appends;
mod budget;
mod catalog;
mod disk;
mod error;
mod events;
mod lifecycle;
pub mod limits;
mod lock;
mod logs;
mod memtable;
mod metrics;
mod open;
mod options;
mod provider;
mod query;
mod row;
mod schema;
mod spans;
mod status;
mod table;
mod wal;

#[cfg(test)]
pub(crate) mod tests;

pub use catalog::{Catalog, CatalogError, Change, Document, Expected, Versioned};
pub use error::{OpenError, StoreError};
pub use events::{EventRow, EventScan, EventTable};
pub use lifecycle::Store;
pub use logs::{LogRow, LogScan, LogTable};
pub use memtable::{Appended, Tail};
pub use metrics::{Dimensions, MetricRow, MetricScan, MetricTable, Series, SeriesFilter};
pub use options::{FlushPolicy, StoreOptions, SyncMode};
pub use query::Order;
pub use row::RowId;
pub use spans::{SpanKind, SpanRow, SpanTable};
pub use status::StoreStatus;
pub use table::TableStatus;
