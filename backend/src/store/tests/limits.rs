//! Full memory, a locked directory, a foreign one.

use super::*;
use crate::base::Scope;
use crate::store::{FlushPolicy, OpenError, StoreError};

#[tokio::test]
async fn full_memory_refuses_until_a_flush_made_room() {
    let dir = TempDir::new().unwrap();
    let options = StoreOptions {
        memory_bytes_max: 256 << 10,
        flush: FlushPolicy { bytes: usize::MAX, ..FlushPolicy::default() },
        ..StoreOptions::new(dir.path())
    };
    let store = open_with(options).await;
    let append = || async {
        let rows = (0..200).map(|row| log_event("web", seconds(row), "a message of some length")).collect();
        store.logs.append(&Scope::default(), rows).await
    };
    let mut appended = 0;
    let refused = loop {
        match append().await {
            Ok(()) => appended += 1,
            Err(error) => break error,
        }
        assert!(appended < 100, "a quarter of a megabyte is soon full");
    };
    assert!(matches!(refused, StoreError::Overloaded { .. }), "{refused}");
    store.flush().await.unwrap();
    append().await.unwrap();
}

#[tokio::test]
async fn worker_flushes_when_memory_asks_for_it() {
    let dir = TempDir::new().unwrap();
    let options =
        StoreOptions { flush: FlushPolicy { bytes: 1, ..FlushPolicy::default() }, ..StoreOptions::new(dir.path()) };
    let store = open_with(options).await;
    let cancel = tokio_util::sync::CancellationToken::new();
    let stop = cancel.clone();
    let work = async {
        store.logs.append(&Scope::default(), vec![log_event("web", START, "x")]).await.unwrap();
        while store.status().tables[1].1.files == 0 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    tokio::join!(store.run(cancel), work);
}

#[tokio::test]
async fn few_rows_wait_for_company_but_not_for_ever() {
    let dir = TempDir::new().unwrap();
    let clock = ManualClock::at(START);
    let age = std::time::Duration::from_mins(5);
    let options =
        StoreOptions { flush: FlushPolicy { age, ..FlushPolicy::default() }, ..StoreOptions::new(dir.path()) };
    let store = Store::open(options, clock.clone().into()).await.unwrap();
    store.logs.append(&Scope::default(), vec![log_event("web", START, "x")]).await.unwrap();
    clock.advance(age);
    assert!(!store.is_flush_due(clock.now()));
    let rows = (0..300).map(|row| log_event("web", seconds(row), &"x".repeat(20_000))).collect();
    store.logs.append(&Scope::default(), rows).await.unwrap();
    assert!(store.is_flush_due(clock.now()), "enough rows, old enough");
    store.flush().await.unwrap();
    store.logs.append(&Scope::default(), vec![log_event("web", START, "x")]).await.unwrap();
    clock.advance(age * 12);
    assert!(store.is_flush_due(clock.now()), "few rows, but an hour old");
}

#[tokio::test]
async fn second_opening_names_the_process() {
    let dir = TempDir::new().unwrap();
    let _store = open(&dir).await;
    let error = Store::open(StoreOptions::new(dir.path()), clock()).await.unwrap_err();
    assert!(matches!(error, OpenError::Locked { pid: Some(pid), .. } if pid == std::process::id()), "{error}");
    let sentence = error.to_string();
    assert!(sentence.contains(&format!("process {}", std::process::id())), "{sentence}");
}

#[tokio::test]
async fn directory_below_a_file_is_not_writable() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = Store::open(StoreOptions::new(file.join("data")), clock()).await.unwrap_err();
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error}");
}

#[tokio::test]
async fn directory_of_a_later_version_is_left_alone() {
    let dir = TempDir::new().unwrap();
    drop(open(&dir).await);
    let path = dir.path().join("format.json");
    let text = std::fs::read_to_string(&path).unwrap().replace("\"format\": 1", "\"format\": 7");
    std::fs::write(&path, text).unwrap();
    let error = Store::open(StoreOptions::new(dir.path()), clock()).await.unwrap_err();
    assert!(matches!(error, OpenError::Format { ref found, .. } if found == "7"), "{error}");
}

#[tokio::test]
async fn closed_store_refuses_and_has_flushed() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).await;
    store.logs.append(&Scope::default(), vec![log_event("web", START, "x")]).await.unwrap();
    store.close().await.unwrap();
    assert_eq!(store.status().wal_bytes, 0);
    let refused = store.logs.append(&Scope::default(), vec![log_event("web", START, "y")]).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
}
