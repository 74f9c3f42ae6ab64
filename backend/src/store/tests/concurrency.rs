//! Appending, flushing and scanning at the same time: every acknowledged row is seen exactly once, always.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::base::Scope;
use crate::store::{LogScan, Order};

const WRITERS: usize = 3;
const APPENDS: usize = 40;
const ROWS: usize = 5;

fn everything() -> LogScan {
    LogScan {
        group: "/shop".into(),
        streams: None,
        since: seconds(-60),
        until: seconds(86_400),
        order: Order::OldestFirst,
        after: None,
        limit: 10_000,
    }
}

async fn write(store: Store, writer: usize, acknowledged: Arc<AtomicUsize>) {
    for append in 0..APPENDS {
        let at = seconds(i64::try_from(append).unwrap() * 200);
        let rows = (0..ROWS).map(|row| log_event("web", at, &format!("{writer}-{append}-{row}"))).collect();
        store.logs.append(&Scope::default(), rows).await.unwrap();
        acknowledged.fetch_add(ROWS, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_row_is_visible_exactly_once_while_flushes_run() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).await;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(store.clone(), writer, Arc::clone(&acknowledged)));
    }
    let flushing = store.clone();
    let mut flusher = tokio::task::JoinSet::new();
    flusher.spawn(async move {
        loop {
            // Half of the flushes are given up somewhere on their way.
            let patience = std::time::Duration::from_millis(rand::random_range(0..60));
            if let Ok(flushed) = tokio::time::timeout(patience, flushing.flush()).await {
                flushed.unwrap();
            }
        }
    });
    let all = WRITERS * APPENDS * ROWS;
    let mut scans = 0;
    loop {
        let before = acknowledged.load(Ordering::SeqCst);
        let rows = store.logs.scan(&Scope::default(), everything()).await.unwrap();
        let distinct: HashSet<&str> = rows.iter().map(|row| row.message.as_str()).collect();
        assert_eq!(distinct.len(), rows.len(), "a row was seen twice");
        assert!(rows.len() >= before, "{} rows seen of {before} acknowledged", rows.len());
        let ids: HashSet<_> = rows.iter().map(|row| row.id).collect();
        assert_eq!(ids.len(), rows.len(), "two rows have one id");
        scans += 1;
        if rows.len() == all {
            break;
        }
    }
    assert!(scans > 1, "scans ran beside the writers");
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    assert!(flusher.try_join_next().is_none(), "a flush failed");
    flusher.shutdown().await;
    drop(store);
    let store = open(&dir).await;
    assert_eq!(store.logs.scan(&Scope::default(), everything()).await.unwrap().len(), all);
}

#[tokio::test]
async fn followers_get_every_batch_with_its_ids() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).await;
    let mut tail = store.logs.subscribe();
    for batch in 0..3 {
        store.logs.append(&Scope::default(), vec![log_event("web", seconds(batch), "x")]).await.unwrap();
    }
    let mut ids = Vec::new();
    for batch in 0..3 {
        let appended = tail.recv().await.unwrap();
        assert_eq!(appended.scope, Scope::default());
        assert_eq!(appended.rows[0].at, seconds(batch));
        ids.push(appended.rows[0].id);
    }
    assert!(ids.is_sorted());
    let stored = store.logs.scan(&Scope::default(), everything()).await.unwrap();
    assert_eq!(stored.iter().map(|row| row.id).collect::<Vec<_>>(), ids);
    assert_eq!(tail.lost(), 0);
}
