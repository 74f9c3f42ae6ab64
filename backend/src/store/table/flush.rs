//! From memory to files: sorted Parquet, then one Delta commit, then the swap that readers see.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use object_store::{ObjectStoreExt as _, PutPayload};
use uuid::Uuid;

use super::delta::{DeltaLog, NewFile, objects, partition_dir};
use super::parquet::{Encoded, delta_stats, encode};
use super::{DataFile, Table};
use crate::base::{Clock, Scope};
use crate::store::StoreError;
use crate::store::memtable::{Generation, Slot};

/// Files that one flush makes per scope: rows of more hours share files, so that a backfill does not leave hundreds
/// of small ones.
const FILES_PER_SCOPE_MAX: usize = 16;

/// Flushes one table; flushes of one table never run together.
#[derive(Debug)]
pub(crate) struct Flush {
    table: Arc<Table>,
    log: DeltaLog,
    /// The last commit failed or was given up, so it may have happened or not.
    uncertain: bool,
    /// The files of that commit: they are not written twice.
    stored: Vec<Stored>,
}

/// A durable file that no commit names yet.
#[derive(Clone, Debug)]
struct Stored {
    shown: DataFile,
    new: NewFile,
}

impl Flush {
    pub(crate) fn new(table: Arc<Table>, log: DeltaLog) -> Self {
        Self { table, log, uncertain: false, stored: Vec::new() }
    }

    /// Every row of a record up to this sequence is in files.
    pub(crate) fn committed(&self) -> u64 {
        self.log.committed()
    }

    /// Moves the rows in memory to files; without rows it does nothing.
    ///
    /// # Errors
    /// Then the rows stay in memory and in the write-ahead log, and the next flush takes them up again.
    pub(crate) async fn run(&mut self, clock: &Clock) -> Result<(), StoreError> {
        let Some(sealed) = self.table.seal() else { return Ok(()) };
        let Some(sealed) = self.settle(sealed).await? else { return Ok(()) };
        if self.stored.is_empty() {
            self.stored = self.store_files(&sealed).await?;
        }
        let new: Vec<NewFile> = self.stored.iter().map(|file| file.new.clone()).collect();
        // Also when this future is dropped half way.
        self.uncertain = true;
        self.log.commit(&new, sealed.through(), clock.now()).await?;
        self.uncertain = false;
        let shown = std::mem::take(&mut self.stored).into_iter().map(|file| (file.new.scope, file.shown));
        self.table.replace_sealed(shown.collect());
        Ok(())
    }

    /// Finds out what became of a commit that failed. The rows still to be flushed, if any.
    async fn settle(&mut self, sealed: Arc<Generation>) -> Result<Option<Arc<Generation>>, StoreError> {
        if !self.uncertain {
            return Ok(Some(sealed));
        }
        // A write of a commit that was given up may still be under way.
        self.log.home().objects.settle().await;
        self.log.reload().await?;
        self.uncertain = false;
        if self.log.committed() < sealed.through() {
            return Ok(Some(sealed));
        }
        tracing::warn!(table = self.table.id().name(), "a commit that was reported as failed had happened");
        self.table.show_files(self.log.files()?);
        self.stored.clear();
        Ok(self.table.seal())
    }

    async fn store_files(&self, sealed: &Generation) -> Result<Vec<Stored>, StoreError> {
        let mut stored = Vec::new();
        for (scope, batches) in file_parts(sealed) {
            match self.store_rows(scope, batches).await {
                Ok(file) => stored.push(file),
                Err(error) => {
                    // Otherwise every attempt on a full disk would leave files behind.
                    for Stored { shown, .. } in stored {
                        if let Err(error) = self.log.home().objects.delete(&shown.path).await {
                            tracing::warn!(%error, path = %shown.path, "could not remove a file of a failed flush");
                        }
                    }
                    return Err(error);
                }
            }
        }
        Ok(stored)
    }

    async fn store_rows(&self, scope: Scope, batches: Vec<RecordBatch>) -> Result<Stored, StoreError> {
        let id = self.table.id();
        let encoded = tokio::task::spawn_blocking(move || encode(id, &batches))
            .await
            .map_err(|error| StoreError::Internal(format!("encoding a file: {error}")))??;
        self.store_file(scope, encoded).await
    }

    async fn store_file(&self, scope: Scope, encoded: Encoded) -> Result<Stored, StoreError> {
        let home = self.log.home();
        // The node's name in front tells whose orphan it is, should the commit never come.
        let name = format!("{}/{}-{}.parquet", partition_dir(&scope), home.node.simple(), Uuid::new_v4().simple());
        let path = self.log.object_path(&name);
        let stats = delta_stats(self.table.id(), &encoded);
        let Encoded { bytes, rows, first, last, keys } = encoded;
        let size = bytes.len() as u64;
        home.objects.put(&path, PutPayload::from(bytes)).await.map_err(objects)?;
        let shown = DataFile { path, bytes: size, rows, first, last, keys };
        Ok(Stored { shown, new: NewFile { scope, name, bytes: size, stats } })
    }
}

/// The batches of each file: one per scope and hour, neighbouring hours together when there are many.
fn file_parts(sealed: &Generation) -> Vec<(Scope, Vec<RecordBatch>)> {
    let slots: Vec<(&Scope, &Slot)> = sealed.slots().collect();
    let mut parts = Vec::new();
    for of_scope in slots.chunk_by(|left, right| left.0 == right.0) {
        for chunk in of_scope.chunks(of_scope.len().div_ceil(FILES_PER_SCOPE_MAX)) {
            let batches = chunk.iter().flat_map(|(_, slot)| slot.batches()).cloned().collect();
            parts.push((chunk[0].0.clone(), batches));
        }
    }
    parts
}
