//! A table's Delta log: which files there are, and through which sequence of the write-ahead log they reach.
//!
//! delta-rs commits, resolves conflicts and writes checkpoints; scans are planned from [`FileSet`] instead. See the
//! [protocol](https://github.com/delta-io/delta/blob/master/PROTOCOL.md).

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::datatypes;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::kernel::{Action, Add, DataType, PrimitiveType, StructField, Transaction};
use deltalake_core::logstore::{StorageConfig, default_logstore};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::table::state::DeltaTableState;
use deltalake_core::{DeltaTable, DeltaTableError};
use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt as _};
use url::Url;
use uuid::Uuid;

use super::parquet::parse_stats;
use super::{DataFile, FileSet, STORE_URL, SyncingStore};
use crate::base::{AccountId, Region, Scope, Timestamp};
use crate::store::StoreError;
use crate::store::disk::Disk;
use crate::store::limits::{CHECKPOINT_COMMITS, LOG_RETENTION};
use crate::store::schema::TableId;

const ACCOUNT: &str = "account";
const REGION: &str = "region";
/// One node commits at a time here, so a conflict is an outside writer: try long.
const COMMIT_RETRIES: usize = 50;

/// Where a table is and who writes it.
#[derive(Clone, Debug)]
pub(crate) struct DeltaHome {
    pub(crate) table: TableId,
    /// Where `root` is on disk.
    pub(crate) dir: PathBuf,
    /// Where the table is in `objects`; plain letters only.
    pub(crate) root: Path,
    pub(crate) node: Uuid,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) objects: Arc<SyncingStore>,
}

/// A file to be committed.
#[derive(Clone, Debug)]
pub(crate) struct NewFile {
    pub(crate) scope: Scope,
    /// Under the table's root.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) stats: String,
}

/// The log of one table.
pub(crate) struct DeltaLog {
    home: DeltaHome,
    table: DeltaTable,
    /// What the last commit of this node reaches.
    committed: u64,
}

impl std::fmt::Debug for DeltaLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeltaLog")
            .field("table", &self.home.table)
            .field("committed", &self.committed)
            .finish_non_exhaustive()
    }
}

impl DeltaLog {
    /// Opens the table in `home.dir`; creates it when there is none.
    pub(crate) async fn open(home: DeltaHome) -> Result<Self, StoreError> {
        let url = Url::parse(&format!("{STORE_URL}{}/", home.root))
            .map_err(|error| StoreError::Internal(format!("table {}: {error}", home.root)))?;
        let objects: Arc<dyn ObjectStore> = Arc::clone(&home.objects) as _;
        let of_table = Arc::new(PrefixStore::new(Arc::clone(&objects), home.root.clone()));
        let mut table = DeltaTable::new(default_logstore(of_table, objects, &url, &StorageConfig::default()));
        if table.verify_deltatable_existence().await.map_err(delta)? {
            table.load().await.map_err(delta)?;
        } else {
            table = Box::pin(create(&home, table)).await.map_err(delta)?;
        }
        let mut log = Self { home, table, committed: 0 };
        log.committed = log.read_committed().await?;
        Ok(log)
    }

    /// Every row of a record up to this sequence is in files.
    pub(crate) fn committed(&self) -> u64 {
        self.committed
    }

    pub(crate) fn home(&self) -> &DeltaHome {
        &self.home
    }

    /// Where in the object store a file of this table is.
    pub(crate) fn object_path(&self, name: &str) -> Path {
        name.split('/').fold(self.home.root.clone(), Path::join)
    }

    /// Adds `files` and notes that they reach `through`, in one commit.
    ///
    /// # Errors
    /// When the commit is not durable. Whether it happened is then for [`DeltaLog::reload`] to say.
    pub(crate) async fn commit(&mut self, files: &[NewFile], through: u64, now: Timestamp) -> Result<(), StoreError> {
        let adds = files.iter().map(|file| {
            Action::Add(Add {
                path: file.name.clone(),
                partition_values: partition_values(&file.scope),
                size: file.bytes.cast_signed(),
                modification_time: now.as_millis(),
                data_change: true,
                stats: Some(file.stats.clone()),
                ..Add::default()
            })
        });
        let transaction =
            Transaction::new_with_last_update(self.app_id(), through.cast_signed(), Some(now.as_millis()));
        let properties =
            CommitProperties::default().with_max_retries(COMMIT_RETRIES).with_application_transaction(transaction);
        let operation = DeltaOperation::Write {
            mode: SaveMode::Append,
            partition_by: Some(vec![ACCOUNT.to_owned(), REGION.to_owned()]),
            predicate: None,
        };
        let state = self.state()?.clone();
        let commit = CommitBuilder::from(properties).with_actions(adds.collect()).build(
            Some(&state),
            self.table.log_store(),
            operation,
        );
        let committed = commit.await.map_err(delta)?;
        self.table.state = Some(committed.snapshot());
        self.committed = through;
        Ok(())
    }

    /// Reads the log again after a commit of unknown outcome, and makes durable what it says.
    pub(crate) async fn reload(&mut self) -> Result<(), StoreError> {
        self.table.update_state().await.map_err(delta)?;
        let (disk, log_dir) = (Arc::clone(&self.home.disk), self.home.dir.join("_delta_log"));
        tokio::task::spawn_blocking(move || disk.sync_dir(&log_dir))
            .await
            .map_err(|error| StoreError::Internal(error.to_string()))?
            .map_err(|error| StoreError::Unavailable(format!("the table's log cannot be synced: {error}")))?;
        self.committed = self.read_committed().await?;
        Ok(())
    }

    /// The files that the log names.
    pub(crate) fn files(&self) -> Result<FileSet, StoreError> {
        let mut files = Vec::new();
        for view in self.state()?.log_data().iter() {
            let partition = view.partition_values_map();
            let value = |name: &str| partition.get(name).and_then(Option::as_deref);
            let scope = value(ACCOUNT).and_then(AccountId::parse).zip(value(REGION).and_then(Region::parse));
            let Some((account, region)) = scope else {
                tracing::warn!(file = %view.path(), "a file without account and region is left out");
                continue;
            };
            let stats = parse_stats(self.home.table, view.stats().as_deref());
            let file = DataFile {
                path: self.object_path(&view.path()),
                bytes: view.size().unsigned_abs(),
                rows: stats.rows,
                first: stats.first,
                last: stats.last,
                keys: stats.keys,
            };
            files.push((Scope { account, region }, file));
        }
        Ok(FileSet::default().with(files))
    }

    /// Removes files of this node that no commit names: a crash came between writing and committing them.
    pub(crate) async fn remove_orphans(&self) -> Result<usize, StoreError> {
        let mut named: HashSet<Path> = self.files()?.iter().map(|file| file.path.clone()).collect();
        let log_store = self.table.log_store();
        let removed: Vec<_> = self.state()?.all_tombstones(log_store.as_ref()).try_collect().await.map_err(delta)?;
        // Files that a commit removed stay for readers of earlier versions until they are vacuumed.
        named.extend(removed.iter().map(|file| self.object_path(&file.path())));
        let own = self.home.node.simple().to_string();
        let mut listed = self.home.objects.list(Some(&self.home.root));
        let mut orphans = 0;
        while let Some(object) = listed.try_next().await.map_err(objects)? {
            let is_own = object.location.filename().is_some_and(|name| name.starts_with(&own));
            if is_own && !named.contains(&object.location) {
                self.home.objects.delete(&object.location).await.map_err(objects)?;
                orphans += 1;
            }
        }
        Ok(orphans)
    }

    fn state(&self) -> Result<&DeltaTableState, StoreError> {
        self.table.snapshot().map_err(delta)
    }

    fn app_id(&self) -> String {
        format!("siskin/{}", self.home.node)
    }

    async fn read_committed(&self) -> Result<u64, StoreError> {
        let log_store = self.table.log_store();
        let version = self.state()?.transaction_version(log_store.as_ref(), self.app_id()).await.map_err(delta)?;
        Ok(version.map_or(0, i64::cast_unsigned))
    }
}

/// The directory of a scope's files under the table's root.
pub(crate) fn partition_dir(scope: &Scope) -> String {
    format!("{ACCOUNT}={}/{REGION}={}", scope.account, scope.region)
}

fn partition_values(scope: &Scope) -> HashMap<String, Option<String>> {
    [(ACCOUNT, scope.account.to_string()), (REGION, scope.region.to_string())]
        .map(|(name, value)| (name.to_owned(), Some(value)))
        .into()
}

async fn create(home: &DeltaHome, table: DeltaTable) -> Result<DeltaTable, DeltaTableError> {
    let partition = [ACCOUNT, REGION].map(|name| StructField::new(name, DataType::STRING, false));
    let schema = home.table.row_schema();
    let columns = schema.fields().iter().map(|field| delta_field(field)).collect::<Result<Vec<_>, _>>()?;
    let retention = format!("interval {} seconds", LOG_RETENTION.as_secs());
    let settings = [
        ("delta.checkpointInterval", CHECKPOINT_COMMITS.to_string()),
        ("delta.logRetentionDuration", retention),
        ("delta.enableExpiredLogCleanup", "true".to_owned()),
        ("delta.appendOnly", "false".to_owned()),
    ];
    CreateBuilder::new()
        .with_log_store(table.log_store())
        .with_table_name(home.table.name())
        .with_columns(partition.into_iter().chain(columns))
        .with_partition_columns([ACCOUNT, REGION])
        .with_configuration(settings.map(|(name, value)| (name.to_owned(), Some(value))))
        .await
}

fn delta_field(field: &datatypes::Field) -> Result<StructField, DeltaTableError> {
    let kind = match field.data_type() {
        datatypes::DataType::Utf8 => PrimitiveType::String,
        datatypes::DataType::Int64 => PrimitiveType::Long,
        datatypes::DataType::Int32 => PrimitiveType::Integer,
        datatypes::DataType::Float64 => PrimitiveType::Double,
        datatypes::DataType::Boolean => PrimitiveType::Boolean,
        datatypes::DataType::Binary => PrimitiveType::Binary,
        other => return Err(DeltaTableError::Generic(format!("column type {other} has no Delta type"))),
    };
    Ok(StructField::new(field.name(), DataType::Primitive(kind), field.is_nullable()))
}

fn delta(error: DeltaTableError) -> StoreError {
    match error {
        DeltaTableError::ObjectStore { source } => objects(source),
        error => StoreError::Internal(format!("delta table: {error}")),
    }
}

pub(crate) fn objects(error: object_store::Error) -> StoreError {
    match error {
        object_store::Error::Generic { source, .. } => {
            StoreError::Unavailable(format!("files cannot be written: {source}"))
        }
        error => StoreError::Internal(format!("object store: {error}")),
    }
}
