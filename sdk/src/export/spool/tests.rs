//! What is put into a spool comes out of it, or is counted.

use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::super::{Batch, BatchMax, Format};
use super::{Spool, SpoolSettings};
use crate::DropReason;

const MAX: BatchMax = BatchMax { documents: 3, bytes: 1_000_000, linger: std::time::Duration::ZERO };

fn open(dir: &Path) -> Spool {
    let mut spool = Spool::open(SpoolSettings::new(dir), Format::XRay).unwrap();
    spool.adopt();
    spool
}

fn texts(batch: &Batch) -> Vec<String> {
    batch.documents().map(|document| String::from_utf8(document.to_vec()).unwrap()).collect()
}

/// Takes out everything.
fn drain(spool: &mut Spool) -> Vec<String> {
    let mut all = Vec::new();
    let mut batch = Batch::default();
    while let Some(ticket) = spool.read(&mut batch, MAX) {
        all.extend(texts(&batch));
        spool.settle(&ticket, batch.len());
        batch.clear();
    }
    all
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in fs::read_dir(dir).unwrap() {
        let entries = fs::read_dir(folder.unwrap().path()).unwrap().map(|entry| entry.unwrap().path());
        found.extend(entries.filter(|path| path.extension().is_some()));
    }
    found.sort();
    found
}

#[test]
fn what_a_process_leaves_the_next_one_sends_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = open(dir.path());
    (0..5).for_each(|number| first.append(format!("d{number}").as_bytes()));
    let mut batch = Batch::default();
    let ticket = first.read(&mut batch, MAX).unwrap();
    assert_eq!(texts(&batch), ["d0", "d1", "d2"]);
    // Two of the three arrived.
    first.settle(&ticket, 2);
    drop(first);
    let mut second = open(dir.path());
    assert_eq!(second.documents(), 3);
    assert_eq!(drain(&mut second), ["d2", "d3", "d4"]);
    drop(second);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn living_processes_keep_their_folders_to_themselves() {
    let dir = tempfile::tempdir().unwrap();
    let mut one = open(dir.path());
    one.append(b"one");
    let mut two = open(dir.path());
    two.append(b"two");
    let mut other_format = Spool::open(SpoolSettings::new(dir.path()), Format::Otlp).unwrap();
    other_format.append(b"otlp");
    drop(other_format);
    two.adopt();
    assert_eq!((drain(&mut one), drain(&mut two)), (vec!["one".to_owned()], vec!["two".to_owned()]));
}

#[test]
fn a_full_spool_drops_its_oldest_file_and_counts() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(SpoolSettings::new(dir.path()).bytes_max(65_536).files_max(4), Format::XRay).unwrap();
    let document = |number: usize| format!("{number:04}{}", "x".repeat(996));
    for number in 0..100 {
        spool.append(document(number).as_bytes());
        let bytes: u64 = files(dir.path()).iter().map(|file| fs::metadata(file).unwrap().len()).sum();
        assert!(bytes <= 65_536 && files(dir.path()).len() <= 4);
    }
    let dropped = spool.take_dropped().count(DropReason::SpoolFull) as usize;
    let kept = drain(&mut spool);
    assert_eq!(dropped + kept.len(), 100);
    assert_eq!(kept, (dropped..100).map(document).collect::<Vec<_>>(), "the newest stay");
    assert!(kept.len() > 40);
}

#[test]
fn documents_with_a_receiver_are_not_dropped_for_room() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(SpoolSettings::new(dir.path()).bytes_max(65_536).files_max(2), Format::XRay).unwrap();
    spool.append(b"oldest");
    let mut batch = Batch::default();
    let ticket = spool.read(&mut batch, MAX).unwrap();
    (0..100).for_each(|_| spool.append(&[b'x'; 10_000]));
    spool.settle(&ticket, 1);
    let dropped = spool.take_dropped().total();
    assert_eq!(dropped + spool.documents(), 100, "the oldest was sent, and is not among the dropped");
}

/// Damages the only file of a spool whose process is gone.
fn damaged(damage: impl FnOnce(&Path)) -> (Vec<String>, u64) {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    for document in ["first", "second", "third"] {
        spool.append(document.as_bytes());
    }
    drop(spool);
    damage(&files(dir.path())[0]);
    let mut spool = open(dir.path());
    let kept = drain(&mut spool);
    (kept, spool.take_dropped().count(DropReason::SpoolCorrupt))
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
fn damage_costs_what_it_touches_and_is_counted() {
    let second = 16 + 8 + 5;
    let cut = |by: u64| {
        move |path: &Path| {
            let file = OpenOptions::new().write(true).open(path).unwrap();
            file.set_len(file.metadata().unwrap().len() - by).unwrap();
        }
    };
    assert_eq!(damaged(|_| ()), (vec!["first".to_owned(), "second".to_owned(), "third".to_owned()], 0));
    assert_eq!(damaged(|path| overwrite(path, second + 8, b"S")), (vec!["first".to_owned(), "third".to_owned()], 1));
    assert_eq!(damaged(|path| overwrite(path, 24, b"F")), (vec!["second".to_owned(), "third".to_owned()], 1));
    // A length that cannot be: what follows cannot be found.
    assert_eq!(damaged(|path| overwrite(path, second, &[0xff; 4])), (vec!["first".to_owned()], 1));
    // A write that was cut off by a crash.
    assert_eq!(damaged(cut(2)), (vec!["first".to_owned(), "second".to_owned()], 1));
    assert_eq!(damaged(cut(12)), (vec!["first".to_owned(), "second".to_owned()], 1));
    // Not our file at all.
    assert_eq!(damaged(|path| overwrite(path, 0, b"X")), (vec![], 1));
    // A position that cannot be: everything is sent again.
    assert_eq!(damaged(|path| overwrite(path, 8, &[0xff; 8])).0.len(), 3);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Spool::open(SpoolSettings::new(file.join("spool")), Format::XRay).unwrap_err().to_string();
    assert!(error.contains("file/spool: "), "{error}");
}

#[test]
fn a_folder_that_vanishes_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    for folder in fs::read_dir(dir.path()).unwrap() {
        fs::remove_dir_all(folder.unwrap().path()).unwrap();
    }
    spool.append(b"kept");
    assert_eq!(spool.take_dropped().total(), 0);
    assert_eq!(drain(&mut spool), ["kept"]);
    let root = dir.path().join("spool");
    let mut spool = Spool::open(SpoolSettings::new(&root), Format::XRay).unwrap();
    fs::remove_dir_all(&root).unwrap();
    fs::write(&root, "a file where the folder was").unwrap();
    spool.append(b"lost");
    assert_eq!(spool.take_dropped().count(DropReason::SpoolFailed), 1);
}

#[derive(Debug, Clone)]
enum Step {
    Append(usize),
    Read { settled: usize },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..2_000_usize).prop_map(Step::Append),
        2 => (0..4_usize).prop_map(|settled| Step::Read { settled }),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_spool_is_a_queue_that_outlives_its_process(steps in prop::collection::vec(step(), 1..60)) {
        let dir = tempfile::tempdir().unwrap();
        let settings = || SpoolSettings::new(dir.path()).bytes_max(1 << 20).files_max(100);
        let mut spool = Spool::open(settings(), Format::XRay).unwrap();
        let mut model: VecDeque<String> = VecDeque::new();
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Append(bytes) => {
                    let document = format!("{number}{}", "x".repeat(bytes));
                    spool.append(document.as_bytes());
                    model.push_back(document);
                }
                Step::Read { settled } => {
                    let mut batch = Batch::default();
                    let Some(ticket) = spool.read(&mut batch, MAX) else {
                        prop_assert!(model.is_empty());
                        continue;
                    };
                    let read = texts(&batch);
                    prop_assert_eq!(&read, &model.iter().take(read.len()).cloned().collect::<Vec<_>>());
                    let settled = settled.min(read.len());
                    spool.settle(&ticket, settled);
                    model.drain(..settled);
                }
                Step::Restart => {
                    drop(spool);
                    spool = Spool::open(settings(), Format::XRay).unwrap();
                    spool.adopt();
                }
            }
            prop_assert_eq!(spool.documents(), model.len() as u64);
        }
        prop_assert_eq!(drain(&mut spool), Vec::from(model));
        prop_assert_eq!(spool.take_dropped().total(), 0);
    }
}
