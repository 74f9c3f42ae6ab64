use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::*;
use crate::run::sample::failed_run;

const SHORT: outbox::Waits = outbox::Waits { min: Duration::from_millis(1), max: Duration::from_millis(10) };

fn unavailable() -> PublishError {
    PublishError::Unavailable { operation: "x".to_owned(), reason: "away".to_owned() }
}

fn outbox(publisher: Arc<dyn Publisher>, directory: &Path) -> Arc<Outbox> {
    outbox_with(publisher, directory, Settled::new(|_| {}))
}

fn outbox_with(publisher: Arc<dyn Publisher>, directory: &Path, settled: Settled) -> Arc<Outbox> {
    Arc::new(Outbox::with_waits(publisher, Spool::open(directory).unwrap(), settled, SHORT).unwrap())
}

/// Notes which publications cannot be lost any more.
fn noting() -> (Settled, Arc<Mutex<Vec<Uuid>>>) {
    let ids = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&ids);
    (Settled::new(move |id| noted.lock().push(id)), ids)
}

/// A publication of two calls, which tell its canary, its time and their number.
fn publication(canary: &str, second: i64) -> Publication {
    let call = |number: u32| {
        Call::new(Service::Metrics, "PutMetricData", json!({"of": canary, "at": second, "number": number}))
    };
    Publication {
        id: Uuid::new_v4(),
        canary: canary.parse().unwrap(),
        at: Timestamp::from_second(second).unwrap(),
        calls: vec![call(1), call(2)],
    }
}

fn told(calls: &[Call], canary: &str) -> Vec<String> {
    let of = calls.iter().filter(|call| call.input["of"] == canary);
    of.map(|call| format!("{}.{}", call.input["at"], call.input["number"])).collect()
}

/// Delivers until nothing waits.
async fn deliver_all(outbox: &Outbox) {
    let stop = CancellationToken::new();
    let empty = async {
        while !outbox.is_empty() {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    tokio::join!(outbox.run(stop.clone()), empty);
}

fn files(directory: &Path) -> usize {
    std::fs::read_dir(directory).unwrap().count()
}

#[tokio::test]
async fn a_publication_is_on_disk_before_it_is_sent_and_gone_after() {
    let directory = tempfile::tempdir().unwrap();
    let memory = Arc::new(Memory::default());
    let (settled, ids) = noting();
    let outbox = outbox_with(memory.clone(), directory.path(), settled);
    let publication = Publication::of(&failed_run(), &Origin::default());
    outbox.put(publication.clone()).await;
    assert_eq!(*ids.lock(), [publication.id]);
    assert_eq!((files(directory.path()), memory.calls().len()), (1, 0));
    assert!(outbox.has(publication.id));
    deliver_all(&outbox).await;
    assert_eq!(memory.calls(), publication.calls);
    assert_eq!(files(directory.path()), 0);
}

#[tokio::test]
async fn what_waited_goes_out_in_order_for_each_canary_also_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let memory = Arc::new(Memory::default());
    memory.fail_with(Some(unavailable()));
    let before = outbox(memory.clone(), directory.path());
    for second in [3, 1, 2] {
        for canary in ["one", "two"] {
            before.put(publication(canary, second)).await;
        }
    }
    drop(before);
    memory.fail_with(None);
    let after = outbox(memory.clone(), directory.path());
    assert_eq!(after.len(), 6);
    deliver_all(&after).await;
    for canary in ["one", "two"] {
        assert_eq!(told(&memory.calls(), canary), ["1.1", "1.2", "2.1", "2.2", "3.1", "3.2"]);
    }
}

/// Takes every call, but fails at each `n`th first.
#[derive(Debug, Default)]
struct Shaky {
    calls: Mutex<Vec<Call>>,
    tries: Mutex<u32>,
}

impl Publisher for Shaky {
    fn send<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<(), PublishError>> {
        let mut tries = self.tries.lock();
        *tries += 1;
        let fails = *tries % 3 == 2;
        if !fails {
            self.calls.lock().push(call.clone());
        }
        async move { if fails { Err(unavailable()) } else { Ok(()) } }.boxed()
    }
}

#[tokio::test]
async fn a_backend_that_comes_and_goes_gets_each_call_once_and_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let shaky = Arc::new(Shaky::default());
    let outbox = outbox(shaky.clone(), directory.path());
    let mut expected = Vec::new();
    for second in 1..=20 {
        outbox.put(publication("one", second)).await;
        expected.extend([format!("{second}.1"), format!("{second}.2")]);
    }
    deliver_all(&outbox).await;
    assert_eq!(told(&shaky.calls.lock(), "one"), expected);
}

#[test]
fn calls_that_were_answered_are_not_sent_again_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let spool = Spool::open(directory.path()).unwrap();
    let publication = publication("one", 1);
    let waiting = spool.put(&publication).unwrap();
    spool.answered(&waiting.name).unwrap();
    let left = Spool::open(directory.path()).unwrap().load(&waiting.name).unwrap();
    assert_eq!(left.calls, publication.calls[1..]);
    // Killed between the two removals, and in the middle of a write.
    std::fs::remove_file(directory.path().join(format!("{}.json", waiting.name))).unwrap();
    std::fs::write(directory.path().join("half.partial"), "{").unwrap();
    std::fs::write(directory.path().join("bad.json"), "{").unwrap();
    assert_eq!(spool.waiting().unwrap(), []);
    assert_eq!(files(directory.path()), 0);
}

#[tokio::test]
async fn a_refused_call_is_counted_and_keeps_nothing_back() {
    let directory = tempfile::tempdir().unwrap();
    let memory = Arc::new(Memory::default());
    let refused = PublishError::Refused { operation: "x".to_owned(), code: "Bad".to_owned(), message: String::new() };
    memory.fail_with(Some(refused));
    let outbox = outbox(memory.clone(), directory.path());
    outbox.put(publication("one", 1)).await;
    deliver_all(&outbox).await;
    assert_eq!(outbox.refused(), 2);
    assert_eq!(send_now(&*memory, &publication("one", 1)).await, Ok(2));
    memory.fail_with(Some(unavailable()));
    assert_eq!(send_now(&*memory, &publication("one", 1)).await, Err(unavailable()));
}

#[tokio::test]
async fn a_disk_that_takes_nothing_loses_nothing_while_the_runner_lives() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("spool");
    let memory = Arc::new(Memory::default());
    let (settled, ids) = noting();
    let outbox = outbox_with(memory.clone(), &folder, settled);
    std::fs::remove_dir(&folder).unwrap();
    let publication = publication("one", 1);
    outbox.put(publication.clone()).await;
    assert_eq!((outbox.len(), ids.lock().len()), (1, 0), "it is not on disk");
    deliver_all(&outbox).await;
    assert_eq!(*ids.lock(), [publication.id]);
    assert_eq!(memory.calls(), publication.calls);
}

#[test]
fn a_full_queue_drops_the_oldest() {
    let mut queue = queue::Queue::default();
    let item = |second: usize, bytes: u64| {
        let name = format!("{second:020}");
        let waiting = Waiting { name, id: Uuid::new_v4(), canary: "one".parse().unwrap(), bytes };
        queue::Item { waiting, unspooled: None }
    };
    for second in 0..limits::SPOOL_FILES_MAX {
        assert_eq!(queue.push(item(second, 1)).len(), 0);
    }
    let dropped = queue.push(item(limits::SPOOL_FILES_MAX, 1));
    assert_eq!(dropped.iter().map(|item| item.waiting.name.as_str()).collect::<Vec<_>>(), ["00000000000000000000"]);
    let dropped = queue.push(item(limits::SPOOL_FILES_MAX + 1, limits::SPOOL_BYTES_MAX - 10));
    assert_eq!(queue.len() + dropped.len(), limits::SPOOL_FILES_MAX + 1);
    assert_eq!(queue.len(), 11, "what fits beside the large one");
}

#[tokio::test]
async fn an_alarm_that_waits_is_replaced_by_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let memory = Arc::new(Memory::default());
    let outbox = outbox(memory.clone(), directory.path());
    let (old, mut new) = (publication("one", 1), publication("one", 2));
    new.id = old.id;
    outbox.put(old).await;
    outbox.forget(new.id);
    outbox.put(new.clone()).await;
    deliver_all(&outbox).await;
    assert_eq!(memory.calls(), new.calls);
}
