//! Typed scans: rows of one table by filter, order and limit, planned without SQL and without the optimizer.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::SortOptions;
use datafusion::catalog::TableProvider as _;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::SessionState;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::expressions::col;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionConfig;
use futures::TryStreamExt as _;
use object_store::ObjectStore;

use super::StoreError;
use super::limits::{FILE_PARTITIONS_MAX, SCAN_ROWS_MAX, SORT_RESERVE_BYTES, SPILL_BYTES_MAX};
use super::provider::{ScopedTable, predicate};
use super::table::{STORE_URL, Table};
use crate::base::Scope;

/// Which end of the time axis a scan begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    OldestFirst,
    /// Newest first.
    NewestFirst,
}

/// Which rows, in which order, how many.
#[derive(Debug)]
pub(crate) struct RowQuery<'a> {
    pub(crate) filters: Vec<Expr>,
    pub(crate) sort: &'a [&'a str],
    pub(crate) order: Order,
    pub(crate) limit: Option<usize>,
}

/// The query engine's session, shared by all scans: one memory pool.
#[derive(Clone)]
pub(crate) struct Queries {
    state: Arc<SessionState>,
}

impl std::fmt::Debug for Queries {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queries").field("session", &self.state.session_id()).finish_non_exhaustive()
    }
}

impl Queries {
    /// A session whose queries together take at most `memory_bytes_max`, and `footer_bytes_max` to remember footers.
    /// Files are read from `objects`; sorts that outgrow the memory go to `spill_dir`.
    pub(crate) fn new(
        memory_bytes_max: usize,
        footer_bytes_max: usize,
        objects: Arc<dyn ObjectStore>,
        spill_dir: PathBuf,
    ) -> Result<Self, DataFusionError> {
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(memory_bytes_max)))
            .with_metadata_cache_limit(footer_bytes_max)
            .with_temp_file_path(spill_dir)
            .with_max_temp_directory_size(SPILL_BYTES_MAX)
            .build_arc()?;
        runtime.register_object_store(ObjectStoreUrl::parse(STORE_URL)?.as_ref(), objects);
        let config = SessionConfig::new()
            .with_target_partitions(FILE_PARTITIONS_MAX)
            .with_sort_spill_reservation_bytes(SORT_RESERVE_BYTES);
        let state =
            SessionStateBuilder::new().with_config(config).with_runtime_env(runtime).with_default_features().build();
        Ok(Self { state: Arc::new(state) })
    }

    /// The batches of `table` that `query` asks for.
    ///
    /// # Errors
    /// [`StoreError::TooManyRows`] above [`SCAN_ROWS_MAX`] rows.
    pub(crate) async fn scan(
        &self,
        table: &Arc<Table>,
        scope: &Scope,
        query: RowQuery<'_>,
    ) -> Result<Vec<RecordBatch>, StoreError> {
        let plan = self.plan(table, scope, &query).await?;
        let mut stream = plan.execute(0, self.state.task_ctx())?;
        let (mut batches, mut rows) = (Vec::new(), 0);
        while let Some(batch) = stream.try_next().await? {
            rows += batch.num_rows();
            if rows > SCAN_ROWS_MAX {
                return Err(StoreError::TooManyRows { limit: SCAN_ROWS_MAX });
            }
            batches.push(batch);
        }
        Ok(batches)
    }

    /// Hands `each` the wanted columns of all rows that may match `filters`, unsorted and unfiltered beyond what
    /// pruning leaves out.
    pub(crate) async fn for_each_batch(
        &self,
        table: &Arc<Table>,
        scope: &Scope,
        filters: &[Expr],
        columns: &[&str],
        mut each: impl FnMut(&RecordBatch) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let schema = table.id().row_schema();
        let projection =
            columns.iter().map(|column| Ok(schema.index_of(column)?)).collect::<Result<Vec<_>, StoreError>>()?;
        let provider = ScopedTable::new(Arc::clone(table), scope.clone());
        let plan = provider.scan(self.state.as_ref(), Some(&projection), filters, None).await?;
        let mut stream = execute_stream(plan, self.state.task_ctx())?;
        while let Some(batch) = stream.try_next().await? {
            each(&batch)?;
        }
        Ok(())
    }

    async fn plan(
        &self,
        table: &Arc<Table>,
        scope: &Scope,
        query: &RowQuery<'_>,
    ) -> Result<Arc<dyn ExecutionPlan>, StoreError> {
        let state = self.state.as_ref();
        let provider = ScopedTable::new(Arc::clone(table), scope.clone());
        let mut plan = provider.scan(state, None, &query.filters, None).await?;
        if let Some(predicate) = predicate(state, &plan.schema(), &query.filters)? {
            plan = Arc::new(FilterExec::try_new(predicate, plan)?);
        }
        if plan.properties().output_partitioning().partition_count() > 1 {
            plan = Arc::new(CoalescePartitionsExec::new(plan));
        }
        let options = SortOptions { descending: query.order == Order::NewestFirst, nulls_first: false };
        let sort = query
            .sort
            .iter()
            .map(|column| Ok(PhysicalSortExpr::new(col(column, &plan.schema())?, options)))
            .collect::<Result<Vec<_>, DataFusionError>>()?;
        if let Some(sort) = LexOrdering::new(sort) {
            plan = Arc::new(SortExec::new(sort, plan).with_fetch(query.limit));
        }
        Ok(plan)
    }
}
