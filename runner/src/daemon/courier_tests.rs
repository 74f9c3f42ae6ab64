use std::fs;
use std::path::Path;

use futures::TryStreamExt;
use jiff::Timestamp;
use object_store::memory::InMemory;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::courier::Courier;
use super::retention::{Role, Sweeper};
use super::{DaemonOptions, tree};
use crate::clock::ManualClock;
use crate::config::RetentionLimits;
use crate::publish::ArtifactStore;
use crate::run::sample::{at, failed_run, with_outcome};
use crate::run::{Artifact, ArtifactKind, Outcome, RunReport};

const SHOP: &str = "canary/us-east-1/shop-home/2026/11/23";

/// A run that began at this time, with its folder or as a line of the pack.
fn run(root: &Path, at: &str, passed: bool, packed: bool) -> RunReport {
    let mut report = if passed { with_outcome(Outcome::Passed) } else { failed_run() };
    let (hour, rest) = at.split_once('/').unwrap();
    let hour = root.join(SHOP).join(hour);
    report.artifacts.clear();
    if packed {
        fs::create_dir_all(&hour).unwrap();
        let pack = hour.join("passed.jsonl");
        let before = fs::read_to_string(&pack).unwrap_or_default();
        fs::write(&pack, format!("{before}{{}}\n")).unwrap();
        report.artifacts.push(Artifact { file_name: "passed.jsonl".to_owned(), kind: ArtifactKind::Pack, bytes: 3 });
        report.directory = Some(hour);
    } else {
        let folder = hour.join(rest);
        fs::create_dir_all(&folder).unwrap();
        let word = if passed { "PASSED" } else { "FAILED" };
        fs::write(folder.join(format!("SyntheticsReport-{word}.json")), "{}").unwrap();
        fs::write(folder.join("report.html"), "<html>").unwrap();
        report.directory = Some(folder);
    }
    report
}

async fn on_store(store: &ArtifactStore) -> Vec<String> {
    let listed: Vec<_> = store.objects().list(None).try_collect().await.unwrap();
    let below = format!("prod/{SHOP}/");
    let mut names: Vec<_> =
        listed.iter().filter_map(|object| Some(object.location.as_ref().strip_prefix(&below)?.to_owned())).collect();
    names.retain(|name| !name.contains(".html"));
    names.sort();
    names
}

async fn until(store: &ArtifactStore, expected: &[&str]) {
    while on_store(store).await != expected {
        tokio::task::yield_now().await;
    }
}

/// Folders and packs that are still on the disk.
fn on_disk(root: &Path) -> Vec<String> {
    let canary = root.join("canary/us-east-1/shop-home");
    let mut names = Vec::new();
    for hour in tree::hours(&canary).unwrap() {
        for entry in fs::read_dir(&hour).unwrap() {
            let path = entry.unwrap().path();
            names.push(path.strip_prefix(root.join(SHOP)).unwrap().display().to_string());
        }
    }
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_are_sent_at_once_and_packs_when_their_hour_is_over_or_a_run_fails() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("artifacts");
    let clock = ManualClock::at(at("08:00:00"));
    let options = DaemonOptions { clock: clock.clock(), ..DaemonOptions::new(data.path(), None) };
    let store = ArtifactStore::of(InMemory::new(), "s3://runs/prod");
    // Left by a process that was killed.
    run(&root, "07/59-00-000", true, false);
    let courier = Courier::new(&root, store.clone(), &options).unwrap();
    let (mut sending, stop) = (JoinSet::new(), CancellationToken::new());
    courier.begin(&mut sending, stop.clone());
    until(&store, &["07/59-00-000/SyntheticsReport-PASSED.json"]).await;

    let mut first = run(&root, "08/00-00-000", true, false);
    courier.take(&mut first).await;
    assert_eq!(first.directory.unwrap(), Path::new("s3://runs/prod").join(SHOP).join("08/00-00-000"));
    for minute in 1..=2 {
        courier.take(&mut run(&root, &format!("08/0{minute}-00-000"), true, true)).await;
    }
    let folders = ["07/59-00-000/SyntheticsReport-PASSED.json", "08/00-00-000/SyntheticsReport-PASSED.json"];
    until(&store, &folders).await;
    // The hour is over with the next one's first run.
    courier.take(&mut run(&root, "09/00-00-000", true, true)).await;
    until(&store, &[folders[0], folders[1], "08/passed-2.jsonl"]).await;
    courier.take(&mut run(&root, "09/01-00-000", false, false)).await;
    let failed = ["09/01-00-000/SyntheticsReport-FAILED.json", "09/passed-1.jsonl"];
    until(&store, &[folders[0], folders[1], "08/passed-2.jsonl", failed[0], failed[1]]).await;
    // What grew since is sent at the end.
    courier.take(&mut run(&root, "09/02-00-000", true, true)).await;
    courier.end().await;
    until(&store, &[folders[0], folders[1], "08/passed-2.jsonl", failed[0], "09/passed-2.jsonl"]).await;
    stop.cancel();
    while sending.join_next().await.is_some() {}
    assert_eq!(fs::read_dir(data.path().join("uploads")).unwrap().count(), 0);

    let now: Timestamp = at("10:00:00");
    Sweeper::default().sweep(&root, Role::Sends, RetentionLimits::default(), now).unwrap();
    let left = on_disk(&root);
    assert_eq!(
        left,
        ["08/00-00-000", "09/01-00-000", "09/passed.jsonl", "09/passed.jsonl.sent"],
        "what is compared with"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_sent_yet_stays_on_the_disk() {
    let data = tempfile::tempdir().unwrap();
    let root = data.path().join("artifacts");
    for run_at in ["07/00-00-000", "07/01-00-000", "07/02-00-000"] {
        run(&root, run_at, true, false);
    }
    let now: Timestamp = at("10:00:00");
    Sweeper::default().sweep(&root, Role::Sends, RetentionLimits::default(), now).unwrap();
    assert_eq!(on_disk(&root).len(), 3);
    let limits = RetentionLimits { runs: Some(2), ..RetentionLimits::default() };
    Sweeper::default().sweep(&root, Role::Sends, limits, now).unwrap();
    assert_eq!(on_disk(&root), ["07/01-00-000", "07/02-00-000"], "but within the limits");
}
