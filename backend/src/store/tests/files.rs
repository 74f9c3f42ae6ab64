//! What flushes leave on disk: checkpoints, no orphans, and catalogues that leave out what cannot match.

use std::path::Path;

use super::*;
use crate::base::Scope;
use crate::store::limits::CHECKPOINT_COMMITS;
use crate::store::schema::TableId;
use crate::store::table::{DataFile, FileSet, KeyRange, Pruning};
use crate::store::{LogScan, Order};

fn file_names(dir: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            names.extend(file_names(&entry.path()));
        } else {
            names.push(entry.file_name().into_string().unwrap());
        }
    }
    names
}

fn whole_day() -> LogScan {
    LogScan {
        group: "/shop".into(),
        streams: None,
        since: seconds(0),
        until: seconds(86_400),
        order: Order::OldestFirst,
        after: None,
        limit: 1_000,
    }
}

#[tokio::test]
async fn many_commits_make_a_checkpoint_and_reopen() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).await;
    let commits = i64::from(CHECKPOINT_COMMITS) + 2;
    for commit in 0..commits {
        store.logs.append(&Scope::default(), vec![log_event("web", seconds(commit), "x")]).await.unwrap();
        store.flush().await.unwrap();
    }
    drop(store);
    let names = file_names(&dir.path().join("tables/logs/_delta_log"));
    assert!(names.iter().any(|name| name.contains(".checkpoint.parquet")), "{names:?}");
    let store = open(&dir).await;
    let rows = store.logs.scan(&Scope::default(), whole_day()).await.unwrap();
    assert_eq!(rows.len(), usize::try_from(commits).unwrap());
    let (_, logs) = store.status().tables[1];
    assert_eq!((logs.files, logs.file_rows), (rows.len(), rows.len() as u64), "read back from the checkpoint");
    assert!(rows.is_sorted_by_key(|row| row.id), "sequences go on after reopening");
}

#[tokio::test]
async fn directory_may_have_any_name() {
    let root = TempDir::new().unwrap();
    let dir = root.path().join("my data é%20 #1");
    for opened in 1..=2 {
        let store = open_with(StoreOptions::new(&dir)).await;
        store.logs.append(&Scope::default(), vec![log_event("web", seconds(opened), "x")]).await.unwrap();
        store.flush().await.unwrap();
        let rows = store.logs.scan(&Scope::default(), whole_day()).await.unwrap();
        assert_eq!(rows.len(), usize::try_from(opened).unwrap());
    }
}

#[tokio::test]
async fn unfinished_files_are_removed_at_opening() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir).await;
    store.logs.append(&Scope::default(), vec![log_event("web", START, "x")]).await.unwrap();
    store.flush().await.unwrap();
    drop(store);
    let table = dir.path().join("tables/logs");
    let partition = table.join("account=123456789012/region=us-east-1");
    let own = file_names(&partition).remove(0);
    let node = own.split('-').next().unwrap();
    std::fs::write(partition.join(format!("{node}-deadbeef.parquet")), "half").unwrap();
    std::fs::write(partition.join(".tmp-1"), "half").unwrap();
    std::fs::write(partition.join("of-someone-else.parquet"), "not ours").unwrap();
    drop(open(&dir).await);
    let mut left = file_names(&partition);
    left.sort();
    let mut expected = vec![own, "of-someone-else.parquet".to_owned()];
    expected.sort();
    assert_eq!(left, expected);
}

fn file(first: i64, last: i64, groups: (&str, &str)) -> DataFile {
    let key = |(min, max): (&str, &str)| KeyRange { min: Some(min.to_owned()), max: Some(max.to_owned()) };
    DataFile {
        path: format!("{first}-{last}").into(),
        bytes: 1,
        rows: 1,
        first: seconds(first),
        last: seconds(last),
        keys: vec![key(groups), KeyRange::default()],
    }
}

fn matching(files: &FileSet, since: i64, until: i64, group: Option<&str>) -> Vec<String> {
    let mut pruning = Pruning::none(TableId::Logs);
    (pruning.range.since, pruning.range.until) = (seconds(since), seconds(until));
    let group = group.map(str::to_owned);
    pruning.keys[0] = KeyRange { min: group.clone(), max: group };
    files.matching(&Scope::default(), &pruning).iter().map(|file| file.path.to_string()).collect()
}

#[test]
fn planning_leaves_out_files_of_other_times_and_keys() {
    let files = [file(0, 9, ("a", "c")), file(10, 19, ("b", "d")), file(0, 100, ("x", "z"))];
    let files = FileSet::default().with(files.map(|file| (Scope::default(), file)));
    assert_eq!(matching(&files, 0, 10, None), ["0-9", "0-100"]);
    assert_eq!(matching(&files, 9, 11, Some("b")), ["0-9", "10-19"]);
    assert_eq!(matching(&files, 10, 1_000, Some("y")), ["0-100"]);
    assert!(matching(&files, 101, 200, None).is_empty());
    assert!(matching(&files, 0, 200, Some("e")).is_empty());
}
