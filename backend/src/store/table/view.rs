//! What a scan of a table sees: files and memory at one moment, each row once.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use parking_lot::RwLock;

use super::{DataFile, FileSet, Pruning};
use crate::base::{Scope, Timestamp};
use crate::store::StoreError;
use crate::store::budget::Reservation;
use crate::store::memtable::{Generation, Slot, seal};
use crate::store::schema::TableId;

/// A table of this process.
#[derive(Debug)]
pub(crate) struct Table {
    id: TableId,
    view: RwLock<View>,
}

/// The places where rows are. A row moves between them only under the write lock, so that a reader of all three
/// under one read lock sees it exactly once.
#[derive(Debug)]
struct View {
    active: Generation,
    /// Being flushed, or waiting for a flush that failed.
    sealed: Option<Arc<Generation>>,
    files: Arc<FileSet>,
}

/// What one scan reads.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) batches: Vec<RecordBatch>,
    pub(crate) files: Vec<Arc<DataFile>>,
}

/// Sizes of a table, for the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableStatus {
    /// Rows not yet in files.
    pub memory_rows: usize,
    /// What they take.
    pub memory_bytes: usize,
    /// Files.
    pub files: usize,
    /// Rows in files.
    pub file_rows: u64,
    /// Size of the files.
    pub file_bytes: u64,
}

impl Table {
    pub(crate) fn new(id: TableId, files: FileSet) -> Self {
        Self { id, view: RwLock::new(View { active: Generation::new(id), sealed: None, files: Arc::new(files) }) }
    }

    pub(crate) fn id(&self) -> TableId {
        self.id
    }

    /// Makes the rows of a durable record visible.
    pub(crate) fn insert(
        &self,
        scope: &Scope,
        sequence: u64,
        body: &RecordBatch,
        reservation: Reservation,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.view.write().active.insert(scope, sequence, body, reservation, now)
    }

    /// What a scan of `scope` within `pruning` reads.
    pub(crate) fn snapshot(&self, scope: &Scope, pruning: &Pruning) -> Snapshot {
        let view = self.view.read();
        let sealed = view.sealed.iter().flat_map(|sealed| sealed.slots_in(scope, pruning.range));
        let slots = sealed.chain(view.active.slots_in(scope, pruning.range));
        let batches = slots.flat_map(Slot::batches).cloned().collect();
        let files = Arc::clone(&view.files);
        drop(view);
        Snapshot { batches, files: files.matching(scope, pruning) }
    }

    /// The scopes that have rows.
    pub(crate) fn scopes(&self) -> BTreeSet<Scope> {
        let view = self.view.read();
        let sealed = view.sealed.iter().flat_map(|sealed| sealed.slots());
        let in_memory = sealed.chain(view.active.slots()).map(|(scope, _)| scope);
        in_memory.chain(view.files.scopes()).cloned().collect()
    }

    /// The rows to flush: those of a flush that failed, else all that are active now. `None` when there are none.
    pub(crate) fn seal(&self) -> Option<Arc<Generation>> {
        let mut view = self.view.write();
        if view.sealed.is_none() && !view.active.is_empty() {
            view.sealed = Some(Arc::new(seal(&mut view.active)));
        }
        view.sealed.clone()
    }

    /// Shows the sealed rows from `files` instead of from memory.
    pub(crate) fn replace_sealed(&self, files: Vec<(Scope, DataFile)>) {
        // Built outside of the lock: only flushes change the files, and they run one at a time.
        let files = Arc::new(Arc::clone(&self.view.read().files).with(files));
        let mut view = self.view.write();
        view.files = files;
        view.sealed = None;
    }

    /// As [`Table::replace_sealed`], with all files as the table's log names them.
    pub(crate) fn show_files(&self, files: FileSet) {
        let files = Arc::new(files);
        let mut view = self.view.write();
        view.files = files;
        view.sealed = None;
    }

    /// When the oldest row in memory came.
    pub(crate) fn opened_at(&self) -> Option<Timestamp> {
        let view = self.view.read();
        view.sealed.as_ref().and_then(|sealed| sealed.opened_at()).or(view.active.opened_at())
    }

    pub(crate) fn status(&self) -> TableStatus {
        let view = self.view.read();
        let generations = || view.sealed.iter().map(Arc::as_ref).chain([&view.active]);
        TableStatus {
            memory_rows: generations().map(Generation::rows).sum(),
            memory_bytes: generations().map(Generation::bytes).sum(),
            files: view.files.count(),
            file_rows: view.files.iter().map(|file| file.rows).sum(),
            file_bytes: view.files.iter().map(|file| file.bytes).sum(),
        }
    }
}
