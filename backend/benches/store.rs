//! Durable appends against what the disk allows: the same records, the same number of callers, written and synced in
//! groups by one thread that does nothing else. Prints `ratio durable_over_disk_limit VALUE`.
//!
//! Both sides run in turns on the same directory's disk; the best round of each counts, for the disk is shared.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::time::{Duration, Instant};

use siskin_backend::base::{Clock, Scope};
use siskin_backend::store::{LogRow, RowId, Store, StoreError, StoreOptions};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

const CALLERS: usize = 64;
const RECORD_BYTES: usize = 16 << 10;
const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;

fn main() {
    // Beside the build, not in /tmp, which may be memory.
    let dir = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("the build directory is writable");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads can be started");
    let (mut disk, mut store): (f64, f64) = (0.0, 0.0);
    for round in 0..ROUNDS {
        let limit = disk_limit(&dir.path().join(format!("disk-{round}")));
        let durable = runtime.block_on(durable_appends(&dir.path().join(format!("store-{round}"))));
        println!("round {round}: disk {limit:.0} acks/s, store {durable:.0} acks/s");
        disk = disk.max(limit);
        store = store.max(durable);
    }
    println!("{CALLERS} callers, {RECORD_BYTES} bytes per record");
    println!("ratio durable_over_disk_limit {:.2}", store / disk);
}

/// One record and whom to tell when it is on disk.
type Request = (Vec<u8>, SyncSender<()>);

/// Acknowledgements per second of a bare group commit.
fn disk_limit(path: &Path) -> f64 {
    let (queue, requests) = mpsc::sync_channel::<Request>(CALLERS);
    let file = File::create(path).expect("the directory is writable");
    let committer = std::thread::spawn(move || group_commit(file, &requests));
    let started = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let queue = queue.clone();
            std::thread::spawn(move || {
                let record = noise(caller);
                let (done, acknowledged) = mpsc::sync_channel(1);
                let mut acks = 0u32;
                while started.elapsed() < ROUND {
                    queue.send((record.clone(), done.clone())).expect("the committer outlives its callers");
                    acknowledged.recv().expect("the committer answers");
                    acks += 1;
                }
                acks
            })
        })
        .collect();
    drop(queue);
    let acks: u32 = callers.into_iter().map(|caller| caller.join().expect("callers do not panic")).sum();
    committer.join().expect("the committer does not panic");
    fs::remove_file(path).expect("just created");
    f64::from(acks) / started.elapsed().as_secs_f64()
}

fn group_commit(mut file: File, requests: &Receiver<Request>) {
    while let Ok(first) = requests.recv() {
        let group: Vec<Request> = std::iter::once(first).chain(requests.try_iter()).collect();
        let bytes: Vec<u8> = group.iter().flat_map(|(record, _)| record).copied().collect();
        file.write_all(&bytes).and_then(|()| file.sync_data()).expect("the disk has room");
        for (_, done) in group {
            done.send(()).expect("the caller waits");
        }
    }
}

/// Acknowledgements per second of the store, its flushes running beside.
async fn durable_appends(dir: &Path) -> f64 {
    let options = StoreOptions { memory_bytes_max: 1 << 30, ..StoreOptions::new(dir) };
    let store = Store::open(options, Clock::system()).await.expect("a new directory");
    let cancel = CancellationToken::new();
    let (worker, stop) = (store.clone(), cancel.clone());
    let mut flushes = JoinSet::new();
    flushes.spawn(async move { worker.run(stop).await });
    let started = Instant::now();
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(append(store.clone(), caller, started));
    }
    let acks: u32 = callers.join_all().await.into_iter().sum();
    let per_second = f64::from(acks) / started.elapsed().as_secs_f64();
    cancel.cancel();
    flushes.join_all().await;
    store.close().await.expect("the disk has room");
    per_second
}

async fn append(store: Store, caller: usize, started: Instant) -> u32 {
    let scope = Scope::default();
    let message: String = noise(caller).into_iter().map(|byte| char::from(b' ' + byte % 90)).collect();
    let mut acks = 0;
    while started.elapsed() < ROUND {
        let now = Clock::system().now();
        let row = LogRow {
            id: RowId::default(),
            group: "/bench".into(),
            stream: format!("caller-{caller}").into(),
            at: now,
            ingested_at: now,
            message: message.clone(),
            trace_id: None,
        };
        match store.logs.append(&scope, vec![row]).await {
            Ok(()) => acks += 1,
            Err(StoreError::Overloaded { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(error) => panic!("{error}"),
        }
    }
    acks
}

/// Bytes that do not compress.
fn noise(seed: usize) -> Vec<u8> {
    let mut state = seed as u64 + 1;
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    });
    bytes.take(RECORD_BYTES).collect()
}
