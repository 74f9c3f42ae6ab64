//! Files of the write-ahead log.
//!
//! A segment starts with 20 bytes: magic (8), format version (4), epoch (4), CRC32C of these (4); records follow.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::record;
use crate::store::disk::{Disk, DiskFile};
use crate::store::schema::TableId;

pub(crate) const MAGIC: [u8; 8] = *b"SISKWAL\n";
pub(crate) const VERSION: u32 = 1;
pub(crate) const HEADER_LEN: usize = 20;
const SUFFIX: &str = ".wal";

/// One sequence per table: up to where something holds, inclusive; 0 is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TableMarks([u64; TableId::COUNT]);

impl TableMarks {
    pub(crate) fn get(&self, table: TableId) -> u64 {
        self.0[table.index()]
    }

    /// Moves the table's mark forward to `sequence`; never back.
    pub(crate) fn raise(&mut self, table: TableId, sequence: u64) {
        let mark = &mut self.0[table.index()];
        *mark = (*mark).max(sequence);
    }

    /// Whether every mark is at or past that of `other`.
    pub(crate) fn cover(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(own, other)| own >= other)
    }

    pub(crate) fn max(&self) -> u64 {
        self.0.into_iter().max().unwrap_or(0)
    }
}

/// A record that waits to be written or synced.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) sequence: u64,
    pub(crate) table: TableId,
    pub(crate) scope: String,
    pub(crate) body: Vec<u8>,
}

/// The first bytes of a segment.
pub(crate) fn header(epoch: u32) -> [u8; HEADER_LEN] {
    let mut bytes = [0; HEADER_LEN];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[12..16].copy_from_slice(&epoch.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..16]);
    bytes[16..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The version and epoch in a segment's first bytes; `None` when they are damaged.
pub(crate) fn parse_header(bytes: &[u8]) -> Option<(u32, u32)> {
    let bytes = bytes.first_chunk::<HEADER_LEN>()?;
    let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    (bytes[..8] == MAGIC && crc32c::crc32c(&bytes[..16]) == word(16)).then(|| (word(8), word(12)))
}

/// The file of segment `number` in `dir`.
pub(crate) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:016}{SUFFIX}"))
}

/// The number in a segment's file name.
pub(crate) fn number_of(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_suffix(SUFFIX)?.parse().ok()
}

/// The segment that is written to.
#[derive(Debug)]
pub(crate) struct Segment {
    file: Box<dyn DiskFile>,
    path: PathBuf,
    epoch: u32,
    len: u64,
    marks: TableMarks,
    synced_len: u64,
    synced_marks: TableMarks,
}

impl Segment {
    /// Creates segment `number` and makes its existence durable.
    pub(crate) fn create(disk: &dyn Disk, dir: &Path, number: u64) -> io::Result<Self> {
        let path = path(dir, number);
        let epoch = rand::random();
        let mut file = disk.create(&path)?;
        let started = file.write(&header(epoch)).and_then(|()| file.sync()).and_then(|()| disk.sync_dir(dir));
        if let Err(error) = started {
            // Best effort: an empty segment left behind is skipped by the next replay.
            if let Err(error) = disk.remove(&path) {
                tracing::warn!(path = %path.display(), %error, "could not remove a segment that was not started");
            }
            return Err(error);
        }
        let len = HEADER_LEN as u64;
        let marks = TableMarks::default();
        Ok(Self { file, path, epoch, len, marks, synced_len: len, synced_marks: marks })
    }

    /// Appends records, unsynced.
    pub(crate) fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(
            entries.iter().map(|entry| record::HEADER_LEN + entry.scope.len() + entry.body.len()).sum(),
        );
        for entry in entries {
            record::write(&mut bytes, self.epoch, entry.sequence, entry.table, &entry.scope, &entry.body);
            self.marks.raise(entry.table, entry.sequence);
        }
        self.file.write(&bytes)?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Makes all appended records durable.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.file.sync()?;
        self.synced_len = self.len;
        self.synced_marks = self.marks;
        Ok(())
    }

    /// Cuts off what was appended since the last successful sync.
    pub(crate) fn cut_unsynced(&mut self) {
        let cut = self.file.truncate(self.synced_len).and_then(|()| self.file.sync());
        match cut {
            Ok(()) => {
                self.len = self.synced_len;
                self.marks = self.synced_marks;
            }
            // Replay copes: what cannot be read is quarantined, what was written twice counts once.
            Err(error) => tracing::warn!(path = %self.path.display(), %error, "could not cut a failed segment"),
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn has_records(&self) -> bool {
        self.len > HEADER_LEN as u64
    }

    pub(crate) fn close(self) -> ClosedSegment {
        ClosedSegment { path: self.path, bytes: self.len, marks: self.marks }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// A segment that is only kept until all its rows are in files.
#[derive(Clone, Debug)]
pub(crate) struct ClosedSegment {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) marks: TableMarks,
}

/// The closed segments, oldest first.
#[derive(Debug)]
pub(crate) struct ClosedSegments {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    list: Mutex<Vec<ClosedSegment>>,
}

impl ClosedSegments {
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: PathBuf, list: Vec<ClosedSegment>) -> Self {
        Self { disk, dir, list: Mutex::new(list) }
    }

    pub(crate) fn push(&self, segment: ClosedSegment) {
        self.list.lock().push(segment);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.list.lock().iter().map(|segment| segment.bytes).sum()
    }

    pub(crate) fn count(&self) -> usize {
        self.list.lock().len()
    }

    /// Removes the segments whose rows are all in files up to `flushed`. One that cannot be removed is tried again.
    pub(crate) fn remove_covered(&self, flushed: &TableMarks) -> io::Result<()> {
        let covered: Vec<PathBuf> = {
            let list = self.list.lock();
            list.iter().filter(|segment| flushed.cover(&segment.marks)).map(|segment| segment.path.clone()).collect()
        };
        if covered.is_empty() {
            return Ok(());
        }
        for path in &covered {
            match self.disk.remove(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => self.list.lock().retain(|segment| segment.path != *path),
            }
        }
        self.disk.sync_dir(&self.dir)
    }
}
