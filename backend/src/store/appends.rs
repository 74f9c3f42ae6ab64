//! What the typed tables share: append through the log, scan through the query engine, follow.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::ident;

use super::StoreError;
use super::budget::Budget;
use super::lock::DirLock;
use super::memtable::{Tail, TailSender};
use super::query::{Queries, RowQuery};
use super::row::{Row, RowId};
use super::table::Table;
use super::wal::{Wal, record};
use crate::base::{Clock, Scope, Timestamp};

/// The parts of the store that every table uses.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) wal: Arc<Wal>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) queries: Queries,
    pub(crate) clock: Clock,
    /// Told when memory is short.
    pub(crate) flush_wanted: Arc<tokio::sync::Notify>,
    pub(crate) flush_bytes: usize,
    // Last: the directory is free only when nothing can write to it any more, be it through one table's clone.
    pub(crate) _lock: Arc<DirLock>,
}

/// A table of rows of kind `R`.
#[derive(Clone, Debug)]
pub(crate) struct Appends<R> {
    shared: Shared,
    table: Arc<Table>,
    tail: TailSender<R>,
}

impl<R: Row> Appends<R> {
    pub(crate) fn new(shared: Shared, table: Arc<Table>) -> Self {
        Self { shared, table, tail: TailSender::new() }
    }

    /// Appends `rows` as one record: after a crash all of them are there or none. `seen` is told the rows when they
    /// are durable, before they are acknowledged.
    pub(crate) async fn append(
        &self,
        scope: &Scope,
        mut rows: Vec<R>,
        seen: impl FnOnce(&Scope, &[R]) + Send + 'static,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let batch = R::encode(&rows)?;
        let reservation = self.shared.budget.reserve(batch.get_array_memory_size()).inspect_err(|_| {
            self.shared.flush_wanted.notify_one();
        })?;
        let body = record::encode_body(&batch)?;
        let (table, tail, clock) = (Arc::clone(&self.table), self.tail.clone(), self.shared.clock.clone());
        let owner = scope.clone();
        let apply = move |sequence| {
            for (ordinal, row) in (0..).zip(&mut rows) {
                row.set_id(RowId::new(sequence, ordinal));
            }
            if let Err(error) = table.insert(&owner, sequence, &batch, reservation, clock.now()) {
                // Durable but not visible until a restart reads it back. The batch was encoded by this table's own
                // schema, so this is a bug.
                tracing::error!(%error, table = table.id().name(), "durable rows could not be shown");
                return;
            }
            seen(&owner, &rows);
            tail.send(&owner, rows.into());
        };
        self.shared.wal.append(R::TABLE, scope, body, apply).await?;
        if self.shared.budget.taken() >= self.shared.flush_bytes {
            self.shared.flush_wanted.notify_one();
        }
        Ok(())
    }

    pub(crate) async fn scan(&self, scope: &Scope, query: RowQuery<'_>) -> Result<Vec<R>, StoreError> {
        let batches = self.shared.queries.scan(&self.table, scope, query).await?;
        let mut rows = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
        for batch in &batches {
            rows.extend(R::decode(batch)?);
        }
        Ok(rows)
    }

    pub(crate) fn subscribe(&self) -> Tail<R> {
        self.tail.subscribe()
    }

    /// The table's rows from `since` (inclusive) until `until` (exclusive).
    pub(crate) fn in_range(since: Timestamp, until: Timestamp) -> Vec<Expr> {
        let time = || ident(R::TABLE.time_column());
        vec![time().gt_eq(lit(since.as_nanos())), time().lt(lit(until.as_nanos()))]
    }
}

/// `column = text`.
pub(crate) fn is(column: &str, text: &str) -> Expr {
    ident(column).eq(lit(text))
}

/// `column` is one of `texts`.
pub(crate) fn is_one_of<'a>(column: &str, texts: impl IntoIterator<Item = &'a str>) -> Expr {
    ident(column).in_list(texts.into_iter().map(lit).collect(), false)
}
