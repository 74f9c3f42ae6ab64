//! What was acknowledged is there exactly once, wherever the process or the power stopped.

use std::collections::BTreeSet;

use super::faulty_disk::{Faults, FaultyDisk};
use super::*;
use crate::base::Scope;
use crate::store::{LogScan, Order, StoreError};

async fn append(store: &Store, message: &str) -> Result<(), StoreError> {
    // Half of the rows in another hour, so that a flush makes two files.
    let at = seconds(if message.ends_with(['1', '3', '5', '7', '9']) { 0 } else { 7_200 });
    store.logs.append(&Scope::default(), vec![log_event("web", at, message)]).await
}

async fn messages(store: &Store) -> Vec<String> {
    let scan = LogScan {
        group: "/shop".into(),
        streams: None,
        since: seconds(-60),
        until: seconds(86_400),
        order: Order::OldestFirst,
        after: None,
        limit: 10_000,
    };
    let mut messages: Vec<String> =
        store.logs.scan(&Scope::default(), scan).await.unwrap().into_iter().map(|row| row.message).collect();
    messages.sort();
    messages
}

/// Appends and flushes until something fails; what was acknowledged.
async fn work(store: &Store) -> BTreeSet<String> {
    let mut acknowledged = BTreeSet::new();
    for round in 0..2 {
        for row in 0..3 {
            let message = format!("{round}-{row}");
            if append(store, &message).await.is_ok() {
                acknowledged.insert(message);
            }
        }
        if store.flush().await.is_err() {
            break;
        }
    }
    if append(store, "last").await.is_ok() {
        acknowledged.insert("last".to_owned());
    }
    acknowledged
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// The process is killed: the kernel still has what was written.
    Kill,
    /// The power goes: only what was synced stays.
    PowerCut,
}

/// Stops the same work in the middle of a call to the disk: of every `step`th, beginning anywhere.
async fn stop_everywhere(stop: Stop, step: u64) {
    let mut at = rand::random_range(1..=step);
    loop {
        let dir = TempDir::new().unwrap();
        let disk = FaultyDisk::new();
        let store = Store::open_on(Arc::new(disk.clone()), StoreOptions::new(dir.path()), clock()).await.unwrap();
        let started = disk.calls();
        disk.set(Faults { dies_at: Some(started + at), ..Faults::default() });
        let acknowledged = work(&store).await;
        let finished = disk.calls() < started + at;
        drop(store);
        if stop == Stop::PowerCut {
            disk.cut_power();
        }
        let store = open(&dir).await;
        let found = messages(&store).await;
        let distinct: BTreeSet<String> = found.iter().cloned().collect();
        assert_eq!(found.len(), distinct.len(), "a row twice, stopped at call {at}: {found:?}");
        let lost: Vec<_> = acknowledged.difference(&distinct).collect();
        assert!(lost.is_empty(), "lost {lost:?}, stopped at call {at}");
        append(&store, "after").await.unwrap();
        store.flush().await.unwrap();
        assert_eq!(messages(&store).await.len(), found.len() + 1, "after stopping at call {at}");
        if finished {
            assert!(at > 40, "the work makes more calls than {at}");
            return;
        }
        at += step;
    }
}

#[tokio::test]
async fn killed_at_any_call_nothing_acknowledged_is_lost() {
    stop_everywhere(Stop::Kill, 13).await;
}

#[tokio::test]
async fn power_cut_at_any_call_nothing_acknowledged_is_lost() {
    stop_everywhere(Stop::PowerCut, 8).await;
}

#[tokio::test]
async fn failed_sync_is_written_again_and_acknowledged() {
    let dir = TempDir::new().unwrap();
    let disk = FaultyDisk::new();
    let store = Store::open_on(Arc::new(disk.clone()), StoreOptions::new(dir.path()), clock()).await.unwrap();
    append(&store, "1").await.unwrap();
    disk.set(Faults { failing_syncs: 1, ..Faults::default() });
    append(&store, "2").await.unwrap();
    append(&store, "3").await.unwrap();
    assert_eq!(messages(&store).await, ["1", "2", "3"]);
    drop(store);
    disk.cut_power();
    assert_eq!(messages(&open(&dir).await).await, ["1", "2", "3"]);
}

#[tokio::test]
async fn refused_rows_are_not_acknowledged_and_the_store_recovers() {
    let dir = TempDir::new().unwrap();
    let disk = FaultyDisk::new();
    let store = Store::open_on(Arc::new(disk.clone()), StoreOptions::new(dir.path()), clock()).await.unwrap();
    append(&store, "1").await.unwrap();
    for faults in [
        Faults { full: true, ..Faults::default() },
        Faults { failing_syncs: 9, ..Faults::default() },
        Faults { free_bytes: Some(1 << 20), ..Faults::default() },
    ] {
        disk.set(faults);
        let refused = append(&store, "no").await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
        disk.set(Faults::default());
    }
    append(&store, "2").await.unwrap();
    assert_eq!(messages(&store).await, ["1", "2"]);
    drop(store);
    disk.cut_power();
    assert_eq!(messages(&open(&dir).await).await, ["1", "2"]);
}

#[tokio::test]
async fn commit_that_happened_but_was_reported_as_failed_is_not_repeated() {
    let dir = TempDir::new().unwrap();
    let disk = FaultyDisk::new();
    let store = Store::open_on(Arc::new(disk.clone()), StoreOptions::new(dir.path()), clock()).await.unwrap();
    append(&store, "1").await.unwrap();
    disk.set(Faults { lying_links: true, ..Faults::default() });
    store.flush().await.unwrap_err();
    assert_eq!(messages(&store).await, ["1"], "still from memory");
    append(&store, "2").await.unwrap();
    disk.set(Faults::default());
    store.flush().await.unwrap();
    assert_eq!(messages(&store).await, ["1", "2"]);
    assert_eq!(store.status().memory_bytes, 0);
    drop(store);
    assert_eq!(messages(&open(&dir).await).await, ["1", "2"]);
}

#[tokio::test]
async fn flush_on_a_full_disk_keeps_the_rows_and_leaves_no_files() {
    let dir = TempDir::new().unwrap();
    let disk = FaultyDisk::new();
    let store = Store::open_on(Arc::new(disk.clone()), StoreOptions::new(dir.path()), clock()).await.unwrap();
    append(&store, "1").await.unwrap();
    disk.set(Faults { full: true, ..Faults::default() });
    let error = store.flush().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert_eq!(messages(&store).await, ["1"]);
    disk.set(Faults::default());
    store.flush().await.unwrap();
    assert_eq!(messages(&store).await, ["1"]);
    assert_eq!(store.status().tables[1].1.files, 1);
}

#[tokio::test]
async fn interval_mode_loses_at_a_power_cut_only_what_was_not_synced() {
    let dir = TempDir::new().unwrap();
    let disk = FaultyDisk::new();
    let options = StoreOptions {
        sync: crate::store::SyncMode::Interval(std::time::Duration::from_hours(1)),
        ..StoreOptions::new(dir.path())
    };
    let store = Store::open_on(Arc::new(disk.clone()), options, clock()).await.unwrap();
    append(&store, "1").await.unwrap();
    store.flush().await.unwrap();
    append(&store, "2").await.unwrap();
    assert_eq!(messages(&store).await, ["1", "2"]);
    // The process dies with the power on: nothing else syncs.
    disk.set(Faults { dies_at: Some(0), ..Faults::default() });
    drop(store);
    disk.cut_power();
    assert_eq!(messages(&open(&dir).await).await, ["1"]);
}
