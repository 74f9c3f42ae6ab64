//! Reading the log back after a restart.
//!
//! A torn tail of the last segment is cut: it was never acknowledged. Anything else that cannot be read is kept in
//! `quarantine/` and counted, and reading goes on behind it: a damaged record costs its own rows, not the start.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::record::{self, BadRecord, Record};
use super::segment::{self, ClosedSegment, TableMarks};
use crate::store::disk::{Disk, replace};
use crate::store::{OpenError, StoreError};

/// Bytes of a segment that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BadRange {
    /// Where in the segment.
    pub(crate) offset: u64,
    /// How much.
    pub(crate) bytes: u64,
    /// Why.
    pub(crate) reason: String,
}

/// Reads the segments of a directory in order.
#[derive(Debug)]
pub(crate) struct Replay<'a> {
    disk: &'a dyn Disk,
    quarantine: PathBuf,
    /// Paths not read yet, newest first.
    rest: Vec<PathBuf>,
    /// Sequences met so far: records that were written again after a failed sync count once.
    seen: HashSet<u64>,
    next_segment: u64,
    last_sequence: u64,
}

impl<'a> Replay<'a> {
    /// The segments in `dir`; what is unreadable goes to `quarantine`.
    pub(crate) fn new(disk: &'a dyn Disk, dir: &Path, quarantine: PathBuf) -> io::Result<Self> {
        let mut rest: Vec<PathBuf> = Vec::new();
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if segment::number_of(&path).is_some() {
                rest.push(path);
            }
        }
        rest.sort_by_key(|path| std::cmp::Reverse(segment::number_of(path)));
        let next_segment = rest.first().and_then(|path| segment::number_of(path)).map_or(1, |last| last + 1);
        Ok(Self { disk, quarantine, rest, seen: HashSet::new(), next_segment, last_sequence: 0 })
    }

    /// The number for the next segment.
    pub(crate) fn next_segment(&self) -> u64 {
        self.next_segment
    }

    /// The highest sequence met.
    pub(crate) fn last_sequence(&self) -> u64 {
        self.last_sequence
    }

    /// Reads the oldest segment not read yet and hands each record to `visit` once. A record that `visit` refuses is
    /// quarantined like a damaged one. `None` after the last segment.
    pub(crate) fn next_segment_records(
        &mut self,
        mut visit: impl FnMut(&Record<'_>) -> Result<(), StoreError>,
    ) -> Result<Option<ClosedSegment>, OpenError> {
        let Some(path) = self.rest.pop() else { return Ok(None) };
        let failed = |cause: &io::Error| OpenError::Corrupt { path: path.clone(), cause: cause.to_string() };
        let bytes = fs::read(&path).map_err(|error| failed(&error))?;
        let mut read =
            SegmentReader { bytes: &bytes, epoch: 0, bad: Vec::new(), torn: None, marks: TableMarks::default() };
        read.read_header(&path)?;
        read.read_records(|record| {
            self.last_sequence = self.last_sequence.max(record.sequence);
            if self.seen.contains(&record.sequence) {
                return Ok(());
            }
            visit(record)?;
            self.seen.insert(record.sequence);
            Ok(())
        });
        let SegmentReader { bad, torn, marks, .. } = read;
        let mut len = bytes.len() as u64;
        let mut bad = bad;
        if let Some(torn) = torn {
            let is_last = self.rest.is_empty();
            if is_last {
                tracing::warn!(path = %path.display(), offset = torn.offset, bytes = torn.bytes, "cut the torn tail of the log");
            }
            // A record of full length is not what a crash leaves behind on its own: keep it for a look.
            if !is_last || torn.reason != BadRecord::Short.to_string() {
                bad.push(torn.clone());
            }
            if is_last {
                self.quarantine_segment(&path, &bytes, &bad).map_err(|error| failed(&error))?;
                bad.clear();
                cut(&path, torn.offset).map_err(|error| failed(&error))?;
                len = torn.offset;
            }
        }
        self.quarantine_segment(&path, &bytes, &bad).map_err(|error| failed(&error))?;
        Ok(Some(ClosedSegment { path, bytes: len, marks }))
    }

    /// Keeps a copy of a damaged segment with a report of what is wrong with it.
    fn quarantine_segment(&self, path: &Path, bytes: &[u8], bad: &[BadRange]) -> io::Result<()> {
        if bad.is_empty() {
            return Ok(());
        }
        let name = path.file_name().expect("segments are files");
        tracing::error!(path = %path.display(), ranges = bad.len(), "part of the log is unreadable, kept in quarantine");
        let copy = self.quarantine.join(name);
        let report = copy.with_extension(REPORT);
        // The segment may be read again before its rows are flushed and it goes: add to what is known.
        let mut ranges = match fs::read(&report) {
            Ok(known) => serde_json::from_slice::<Vec<BadRange>>(&known).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                replace(self.disk, &copy, bytes)?;
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        ranges.extend(bad.iter().filter(|range| !ranges.contains(range)).cloned().collect::<Vec<_>>());
        replace(self.disk, &report, &serde_json::to_vec_pretty(&ranges).expect("plain fields"))
    }
}

const REPORT: &str = "json";

/// How many unreadable ranges the reports in `quarantine` tell of.
pub(crate) fn count_quarantined(quarantine: &Path) -> io::Result<u64> {
    let mut count = 0;
    for entry in fs::read_dir(quarantine)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == REPORT) {
            let ranges = serde_json::from_slice::<Vec<BadRange>>(&fs::read(&path)?);
            // A report that is itself unreadable still stands for at least one loss.
            count += ranges.map_or(1, |ranges| ranges.len() as u64);
        }
    }
    Ok(count)
}

fn cut(path: &Path, len: u64) -> io::Result<()> {
    let file = fs::OpenOptions::new().write(true).open(path)?;
    file.set_len(len)?;
    file.sync_all()
}

struct SegmentReader<'a> {
    bytes: &'a [u8],
    epoch: u32,
    bad: Vec<BadRange>,
    /// What is behind the last readable record.
    torn: Option<BadRange>,
    marks: TableMarks,
}

impl SegmentReader<'_> {
    fn read_header(&mut self, path: &Path) -> Result<(), OpenError> {
        match segment::parse_header(self.bytes) {
            Some((segment::VERSION, epoch)) => self.epoch = epoch,
            Some((version, _)) => {
                let (path, found) = (path.to_owned(), version.to_string());
                return Err(OpenError::Format { path, found, known: segment::VERSION });
            }
            None if self.bytes.len() < segment::HEADER_LEN => {}
            None => {
                self.bad.push(bad(0, segment::HEADER_LEN, "the segment's header is damaged"));
                // Every record repeats the epoch: the first that is whole by its checksum tells it.
                self.epoch = first_epoch(self.bytes).unwrap_or(0);
            }
        }
        Ok(())
    }

    fn read_records(&mut self, mut visit: impl FnMut(&Record<'_>) -> Result<(), StoreError>) {
        let mut offset = segment::HEADER_LEN.min(self.bytes.len());
        if self.bytes.len() < segment::HEADER_LEN && !self.bytes.is_empty() {
            self.torn = Some(bad(0, self.bytes.len(), &BadRecord::Short.to_string()));
        }
        while offset < self.bytes.len() {
            match record::read(&self.bytes[offset..], self.epoch) {
                Ok((record, len)) => {
                    self.marks.raise(record.table, record.sequence);
                    if let Err(error) = visit(&record) {
                        self.bad.push(bad(offset, len, &error.to_string()));
                    }
                    offset += len;
                }
                Err(reason) => {
                    let next = next_record(self.bytes, offset + 1, self.epoch);
                    let end = next.unwrap_or(self.bytes.len());
                    // Blocks that the file system had added but not filled look like zeros.
                    let unfilled = self.bytes[offset..end].iter().all(|byte| *byte == 0);
                    let reason = if unfilled { BadRecord::Short } else { reason };
                    let range = bad(offset, end - offset, &reason.to_string());
                    if next.is_some() {
                        self.bad.push(range);
                    } else {
                        self.torn = Some(range);
                    }
                    offset = end;
                }
            }
        }
    }
}

fn bad(offset: usize, bytes: usize, reason: &str) -> BadRange {
    BadRange { offset: offset as u64, bytes: bytes as u64, reason: reason.to_owned() }
}

/// Where the next whole record begins, at or behind `from`.
fn next_record(bytes: &[u8], from: usize, epoch: u32) -> Option<usize> {
    magics(bytes, from).find(|&at| record::read(&bytes[at..], epoch).is_ok())
}

fn first_epoch(bytes: &[u8]) -> Option<u32> {
    magics(bytes, 0).find_map(|at| {
        let epoch = u32::from_le_bytes(bytes.get(at + 8..at + 12)?.try_into().ok()?);
        record::read(&bytes[at..], epoch).is_ok().then_some(epoch)
    })
}

fn magics(bytes: &[u8], from: usize) -> impl Iterator<Item = usize> {
    let from = from.min(bytes.len());
    bytes[from..]
        .windows(record::MAGIC.len())
        .enumerate()
        .filter(|(_, four)| **four == record::MAGIC)
        .map(move |(at, _)| from + at)
}
