//! Reading a damaged log: what is whole is found, what is not is kept and counted.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use proptest::prelude::*;
use tempfile::TempDir;

use super::record;
use super::replay::{Replay, count_quarantined};
use super::segment;
use super::{Wal, WalOptions};
use crate::base::Scope;
use crate::store::SyncMode;
use crate::store::disk::LocalDisk;
use crate::store::schema::TableId;

struct Directory {
    _root: TempDir,
    wal: PathBuf,
    quarantine: PathBuf,
}

/// What a replay found.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    sequences: BTreeSet<u64>,
    quarantined: u64,
}

impl Directory {
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        let (wal, quarantine) = (root.path().join("wal"), root.path().join("quarantine"));
        fs::create_dir(&wal).unwrap();
        fs::create_dir(&quarantine).unwrap();
        Self { _root: root, wal, quarantine }
    }

    fn start(&self) -> Wal {
        let replay = Replay::new(&LocalDisk, &self.wal, self.quarantine.clone()).unwrap();
        Wal::start(WalOptions {
            disk: Arc::new(LocalDisk),
            dir: self.wal.clone(),
            sync: SyncMode::Sync,
            disk_reserve_bytes: 0,
            next_sequence: 1,
            next_segment: replay.next_segment(),
            closed: Vec::new(),
        })
        .unwrap()
    }

    /// Writes a segment with records of these body sizes.
    fn write(&self, bodies: &[usize]) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let wal = self.start();
        runtime.block_on(async {
            for size in bodies {
                wal.append(TableId::Logs, &Scope::default(), vec![0x5a; *size], |_| ()).await.unwrap();
            }
        });
    }

    fn first_segment(&self) -> PathBuf {
        segment::path(&self.wal, 1)
    }

    fn replay(&self) -> Found {
        let mut replay = Replay::new(&LocalDisk, &self.wal, self.quarantine.clone()).unwrap();
        let mut sequences = BTreeSet::new();
        while replay
            .next_segment_records(|record| {
                assert!(record.body.iter().all(|byte| *byte == 0x5a), "a damaged body passed for a whole one");
                assert!(sequences.insert(record.sequence), "a record came twice");
                Ok(())
            })
            .unwrap()
            .is_some()
        {}
        Found { sequences, quarantined: count_quarantined(&self.quarantine).unwrap() }
    }
}

const RECORD_OVERHEAD: usize = record::HEADER_LEN + "123456789012/us-east-1".len();

/// Where each record ends in the file.
fn ends(bodies: &[usize]) -> Vec<usize> {
    let ends = bodies.iter().scan(segment::HEADER_LEN, |end, body| {
        *end += RECORD_OVERHEAD + body;
        Some(*end)
    });
    ends.collect()
}

fn sequences(records: impl Iterator<Item = usize>) -> BTreeSet<u64> {
    records.map(|record| record as u64 + 1).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn torn_tail_is_cut_and_costs_nothing_else(
        bodies in proptest::collection::vec(0usize..400, 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let dir = Directory::new();
        dir.write(&bodies);
        let ends = ends(&bodies);
        let len = cut.index(ends[ends.len() - 1] + 1);
        fs::OpenOptions::new().write(true).open(dir.first_segment()).unwrap().set_len(len as u64).unwrap();
        let whole = ends.iter().filter(|end| **end <= len).count();
        let expected = Found { sequences: sequences(0..whole), quarantined: 0 };
        prop_assert_eq!(&dir.replay(), &expected);
        // Cut for good: with a segment behind it, it would no longer count as a torn tail.
        fs::write(segment::path(&dir.wal, 2), segment::header(7)).unwrap();
        prop_assert_eq!(&dir.replay(), &expected);
    }

    #[test]
    fn flipped_bit_costs_its_record_and_is_reported(
        bodies in proptest::collection::vec(0usize..400, 1..8),
        place in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let dir = Directory::new();
        dir.write(&bodies);
        let mut bytes = fs::read(dir.first_segment()).unwrap();
        let at = place.index(bytes.len());
        bytes[at] ^= 1 << bit;
        fs::write(dir.first_segment(), &bytes).unwrap();
        // Behind another segment it cannot be a torn tail.
        fs::write(segment::path(&dir.wal, 2), segment::header(7)).unwrap();
        let damaged = ends(&bodies).iter().position(|end| at < *end).filter(|_| at >= segment::HEADER_LEN);
        let expected = sequences((0..bodies.len()).filter(|record| Some(*record) != damaged));
        let found = dir.replay();
        prop_assert_eq!(&found.sequences, &expected);
        prop_assert_eq!(found.quarantined, 1);
        // Reading again before the segment goes adds nothing.
        prop_assert_eq!(dir.replay(), found);
        let kept = dir.quarantine.join(dir.first_segment().file_name().unwrap());
        prop_assert_eq!(fs::read(kept).unwrap(), bytes);
    }
}

#[test]
fn damaged_last_record_of_full_length_is_kept_in_quarantine() {
    let dir = Directory::new();
    dir.write(&[10, 10]);
    let mut bytes = fs::read(dir.first_segment()).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(dir.first_segment(), &bytes).unwrap();
    assert_eq!(dir.replay(), Found { sequences: sequences(0..1), quarantined: 1 });
    assert_eq!(dir.replay(), Found { sequences: sequences(0..1), quarantined: 1 });
}

#[test]
fn space_that_was_never_filled_is_a_torn_tail() {
    let dir = Directory::new();
    dir.write(&[10]);
    let mut bytes = fs::read(dir.first_segment()).unwrap();
    bytes.resize(bytes.len() + 4_096, 0);
    fs::write(dir.first_segment(), &bytes).unwrap();
    assert_eq!(dir.replay(), Found { sequences: sequences(0..1), quarantined: 0 });
}

#[test]
fn records_of_another_segment_do_not_pass() {
    let dir = Directory::new();
    dir.write(&[10]);
    let other = fs::read(dir.first_segment()).unwrap();
    let mut bytes = segment::header(1).to_vec();
    record::write(&mut bytes, 1, 5, TableId::Logs, "123456789012/us-east-1", &[0x5a; 3]);
    bytes.extend_from_slice(&other[segment::HEADER_LEN..]);
    fs::write(dir.first_segment(), &bytes).unwrap();
    assert_eq!(dir.replay(), Found { sequences: BTreeSet::from([5]), quarantined: 1 });
}

#[test]
fn appends_are_applied_in_the_order_of_their_sequences() {
    let dir = Directory::new();
    let wal = Arc::new(dir.start());
    let applied = Arc::new(Mutex::new(Vec::new()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    runtime.block_on(async {
        let mut appends = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (wal, applied) = (Arc::clone(&wal), Arc::clone(&applied));
            appends.spawn(async move {
                let apply = move |sequence| applied.lock().push(sequence);
                wal.append(TableId::Logs, &Scope::default(), vec![0x5a; 50], apply).await.unwrap();
            });
        }
        while let Some(append) = appends.join_next().await {
            append.unwrap();
        }
    });
    assert_eq!(*applied.lock(), (1..=100).collect::<Vec<_>>());
    wal.stop();
    assert_eq!(dir.replay().sequences, (1..=100).collect());
}
