//! The resident file catalogue: planning a scan looks only here and costs what matches.

use std::collections::BTreeMap;
use std::sync::Arc;

use object_store::path::Path;

use crate::base::{Scope, Timestamp};
use crate::store::memtable::TimeRange;
use crate::store::schema::TableId;

/// The smallest and largest value of a key column in a file; `None` when the file does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KeyRange {
    pub(crate) min: Option<String>,
    pub(crate) max: Option<String>,
}

/// One Parquet file of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DataFile {
    /// Where it is in the object store.
    pub(crate) path: Path,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    /// One per key column of the table, in their order.
    pub(crate) keys: Vec<KeyRange>,
}

/// What the filters of a scan say about time and keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pruning {
    pub(crate) range: TimeRange,
    /// Per key column, the smallest and largest value that can match; `None` is no bound.
    pub(crate) keys: Vec<KeyRange>,
}

impl Pruning {
    /// No bounds.
    pub(crate) fn none(table: TableId) -> Self {
        Self { range: TimeRange::ALL, keys: vec![KeyRange::default(); table.key_columns().len()] }
    }
}

impl DataFile {
    fn may_match(&self, pruning: &Pruning) -> bool {
        let apart = |max: &Option<String>, min: &Option<String>| match (max, min) {
            (Some(max), Some(min)) => max < min,
            _ => false,
        };
        pruning.range.overlaps(self.first, self.last)
            && self
                .keys
                .iter()
                .zip(&pruning.keys)
                .all(|(file, wanted)| !apart(&file.max, &wanted.min) && !apart(&wanted.max, &file.min))
    }
}

/// The files of a table; replaced as a whole, so a scan keeps the set it began with.
#[derive(Clone, Debug, Default)]
pub(crate) struct FileSet {
    /// Per scope, by the time of their first row.
    scopes: BTreeMap<Scope, Vec<Arc<DataFile>>>,
}

impl FileSet {
    /// This set with `files` added.
    pub(crate) fn with(&self, files: impl IntoIterator<Item = (Scope, DataFile)>) -> Self {
        let mut scopes = self.scopes.clone();
        for (scope, file) in files {
            scopes.entry(scope).or_default().push(Arc::new(file));
        }
        for files in scopes.values_mut() {
            files.sort_by_key(|file| file.first);
        }
        Self { scopes }
    }

    /// The files of `scope` that may hold matching rows, oldest first.
    pub(crate) fn matching(&self, scope: &Scope, pruning: &Pruning) -> Vec<Arc<DataFile>> {
        let files = self.scopes.get(scope).map_or(&[][..], Vec::as_slice);
        // Sorted by their first row: behind this point none begins early enough.
        let end = files.partition_point(|file| file.first <= pruning.range.until);
        files[..end].iter().filter(|file| file.may_match(pruning)).map(Arc::clone).collect()
    }

    /// The scopes that have files.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.scopes.keys()
    }

    /// Every file.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<DataFile>> {
        self.scopes.values().flatten()
    }

    pub(crate) fn count(&self) -> usize {
        self.scopes.values().map(Vec::len).sum()
    }
}
