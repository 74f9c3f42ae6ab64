//! One table of one scope as the query engine sees it: matching Parquet files and the memory beside them.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result, ScalarValue};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::{conjunction, split_conjunction};
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::empty::EmptyExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use object_store::ObjectMeta;

use super::limits::FILE_PARTITIONS_MAX;
use super::schema::TableId;
use super::table::{DataFile, KeyRange, Pruning, STORE_URL, Table};
use crate::base::{Scope, Timestamp};

/// The rows of `scope` in a table, as they are when a scan begins.
#[derive(Debug)]
pub(crate) struct ScopedTable {
    table: Arc<Table>,
    scope: Scope,
}

impl ScopedTable {
    pub(crate) fn new(table: Arc<Table>, scope: Scope) -> Self {
        Self { table, scope }
    }
}

#[async_trait]
impl TableProvider for ScopedTable {
    fn schema(&self) -> SchemaRef {
        self.table.id().row_schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Filters prune files, slots and row groups, and the caller applies them to what remains.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = self.schema();
        let snapshot = self.table.snapshot(&self.scope, &pruning(self.table.id(), filters));
        let mut parts: Vec<Arc<dyn ExecutionPlan>> = Vec::new();
        if !snapshot.files.is_empty() {
            // A limit may only cut what no filter thins out afterwards.
            let limit = limit.filter(|_| filters.is_empty());
            parts.push(scan_files(state, self.table.id(), &snapshot.files, projection, filters, limit)?);
        }
        if !snapshot.batches.is_empty() {
            let memory =
                MemorySourceConfig::try_new_exec(&[snapshot.batches], Arc::clone(&schema), projection.cloned())?;
            parts.push(memory);
        }
        Ok(match parts.len() {
            0 => {
                let projected = match projection {
                    Some(columns) => Arc::new(schema.project(columns)?),
                    None => schema,
                };
                Arc::new(EmptyExec::new(projected))
            }
            1 => parts.swap_remove(0),
            _ => UnionExec::try_new(parts)?,
        })
    }
}

/// Reads Parquet files, leaving out row groups and pages that cannot match.
fn scan_files(
    state: &dyn Session,
    table: TableId,
    files: &[Arc<DataFile>],
    projection: Option<&Vec<usize>>,
    filters: &[Expr],
    limit: Option<usize>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = table.row_schema();
    let url = ObjectStoreUrl::parse(STORE_URL)?;
    let runtime = state.runtime_env();
    let footers = runtime.cache_manager.get_file_metadata_cache();
    let reader = CachedParquetFileReaderFactory::new(runtime.object_store(&url)?, footers);
    let mut source = ParquetSource::new(Arc::clone(&schema))
        .with_parquet_file_reader_factory(Arc::new(reader))
        .with_pushdown_filters(true)
        .with_reorder_filters(true)
        .with_enable_page_index(true)
        .with_bloom_filter_on_read(true);
    if let Some(predicate) = predicate(state, &schema, filters)? {
        source = source.with_predicate(predicate);
    }
    let groups = files
        .chunks(files.len().div_ceil(FILE_PARTITIONS_MAX))
        .map(|files| FileGroup::new(files.iter().map(|file| PartitionedFile::new_from_meta(meta(file))).collect()));
    let scan = FileScanConfigBuilder::new(url, Arc::new(source))
        .with_file_groups(groups.collect())
        .with_projection_indices(projection.cloned())?
        .with_limit(limit)
        .build();
    Ok(DataSourceExec::from_data_source(scan))
}

#[expect(clippy::default_trait_access, reason = "the type is of a crate that is not ours to name")]
fn meta(file: &DataFile) -> ObjectMeta {
    // Files never change, so any constant time serves the footer cache.
    let last_modified = Default::default();
    ObjectMeta { location: file.path.clone(), last_modified, size: file.bytes, e_tag: None, version: None }
}

/// What `filters` say about time and keys. Filters of other shapes bound nothing.
fn pruning(table: TableId, filters: &[Expr]) -> Pruning {
    let mut pruning = Pruning::none(table);
    for filter in filters.iter().flat_map(split_conjunction) {
        match filter {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                if let (Expr::Column(column), Expr::Literal(value, _)) = (left.as_ref(), right.as_ref()) {
                    bound(table, &mut pruning, &column.name, *op, value);
                }
            }
            Expr::Between(Between { expr, negated: false, low, high }) => {
                if let (Expr::Column(column), Expr::Literal(low, _), Expr::Literal(high, _)) =
                    (expr.as_ref(), low.as_ref(), high.as_ref())
                {
                    bound(table, &mut pruning, &column.name, Operator::GtEq, low);
                    bound(table, &mut pruning, &column.name, Operator::LtEq, high);
                }
            }
            Expr::InList(list) if !list.negated => {
                if let Expr::Column(column) = list.expr.as_ref() {
                    bound_list(table, &mut pruning, &column.name, &list.list);
                }
            }
            _ => {}
        }
    }
    pruning
}

fn bound(table: TableId, pruning: &mut Pruning, column: &str, op: Operator, value: &ScalarValue) {
    if let (true, ScalarValue::Int64(Some(nanos))) = (column == table.time_column(), value) {
        let range = &mut pruning.range;
        let (at, after) = (Timestamp::from_nanos(*nanos), Timestamp::from_nanos(nanos.saturating_add(1)));
        match op {
            Operator::Eq => {
                range.since = range.since.max(at);
                range.until = range.until.min(after);
            }
            Operator::GtEq => range.since = range.since.max(at),
            Operator::Gt => range.since = range.since.max(after),
            Operator::Lt => range.until = range.until.min(at),
            Operator::LtEq => range.until = range.until.min(after),
            _ => {}
        }
    }
    if let (Operator::Eq, ScalarValue::Utf8(Some(text))) = (op, value) {
        narrow(table, pruning, column, text, text);
    }
}

fn bound_list(table: TableId, pruning: &mut Pruning, column: &str, list: &[Expr]) {
    let texts: Option<Vec<&String>> = list
        .iter()
        .map(|item| match item {
            Expr::Literal(ScalarValue::Utf8(Some(text)), _) => Some(text),
            _ => None,
        })
        .collect();
    if let Some(texts) = texts
        && let (Some(min), Some(max)) = (texts.iter().min(), texts.iter().max())
    {
        narrow(table, pruning, column, min, max);
    }
}

/// Two bounds on one column leave the narrower part; it may be empty.
fn narrow(table: TableId, pruning: &mut Pruning, column: &str, min: &str, max: &str) {
    if let Some(index) = table.key_columns().iter().position(|key| *key == column) {
        let KeyRange { min: low, max: high } = &mut pruning.keys[index];
        if low.as_deref().is_none_or(|low| low < min) {
            *low = Some(min.to_owned());
        }
        if high.as_deref().is_none_or(|high| high > max) {
            *high = Some(max.to_owned());
        }
    }
}

/// All of `filters` as one physical predicate over `schema`; `None` without filters.
pub(crate) fn predicate(
    state: &dyn Session,
    schema: &SchemaRef,
    filters: &[Expr],
) -> Result<Option<Arc<dyn PhysicalExpr>>> {
    let Some(filter) = conjunction(filters.to_vec()) else { return Ok(None) };
    let schema = DFSchema::try_from(Arc::clone(schema))?;
    state.create_physical_expr(filter, &schema).map(Some)
}
