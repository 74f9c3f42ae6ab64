//! Runs kept on an object store.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use object_store::ObjectMeta;
use object_store::path::Path;

use super::kept::{Kept, Swept, protect, take_over, time_of, too_large};
use crate::config::RetentionLimits;
use crate::publish::ArtifactStore;
use crate::publish::objects::pack_runs;

/// Names of the path of an hour below its canary.
const HOUR_PARTS: usize = 4;

/// Removes what is over the limits from a store, oldest first.
///
/// # Errors
/// What the store says; what was removed before stays removed.
pub(in crate::daemon) async fn sweep_store(
    store: &ArtifactStore,
    limits: RetentionLimits,
    now: Timestamp,
) -> object_store::Result<Swept> {
    let mut swept = Swept::default();
    if limits == RetentionLimits::default() {
        return Ok(swept);
    }
    let mut all = Vec::new();
    for region in below(store, store.path(["canary"])).await? {
        for canary in below(store, region).await? {
            let mut runs = runs_of(store, &canary).await?;
            protect(&mut runs);
            for run in take_over(&mut runs, limits, now) {
                remove(store, &run, &mut swept).await?;
            }
            if limits.bytes.is_some() {
                all.extend(runs);
            }
        }
    }
    if let Some(most) = limits.bytes {
        for run in too_large(all, most, now) {
            remove(store, &run, &mut swept).await?;
        }
    }
    Ok(swept)
}

async fn below(store: &ArtifactStore, prefix: Path) -> object_store::Result<Vec<Path>> {
    Ok(store.objects().list_with_delimiter(Some(&prefix)).await?.common_prefixes)
}

/// All runs of a canary with the paths of their objects, oldest first.
async fn runs_of(store: &ArtifactStore, canary: &Path) -> object_store::Result<Vec<Kept<Vec<Path>>>> {
    let mut runs: BTreeMap<String, Kept<Vec<Path>>> = BTreeMap::new();
    let mut objects = store.objects().list(Some(canary));
    while let Some(object) = objects.try_next().await? {
        add(&mut runs, canary, object);
    }
    let mut runs: Vec<_> = runs.into_values().collect();
    runs.sort_by_key(|run| run.started);
    Ok(runs)
}

fn add(runs: &mut BTreeMap<String, Kept<Vec<Path>>>, canary: &Path, object: ObjectMeta) {
    let Some(parts) = object.location.prefix_match(canary) else { return };
    let parts: Vec<String> = parts.map(|part| part.as_ref().to_owned()).collect();
    let Some(name) = parts.last().filter(|_| parts.len() > HOUR_PARTS) else { return };
    let packed = if parts.len() == HOUR_PARTS + 1 { pack_runs(name) } else { None };
    let timed = if packed.is_some() { HOUR_PARTS } else { HOUR_PARTS + 1 };
    // What else lies there is not ours.
    let Some(started) = time_of(parts.iter().take(timed).map(String::as_str)) else { return };
    let key = if packed.is_some() { parts.join("/") } else { parts[..timed].join("/") };
    let passed = match name.as_str() {
        _ if packed.is_some() => Some(true),
        "SyntheticsReport-PASSED.json" => Some(true),
        "SyntheticsReport-FAILED.json" => Some(false),
        _ => None,
    };
    let run = runs.entry(key).or_insert_with(|| Kept {
        place: Vec::new(),
        started,
        bytes: 0,
        passed: None,
        packed,
        protected: false,
    });
    run.passed = run.passed.or(passed);
    run.bytes += object.size;
    run.place.push(object.location);
}

async fn remove(store: &ArtifactStore, run: &Kept<Vec<Path>>, swept: &mut Swept) -> object_store::Result<()> {
    let paths = stream::iter(run.place.clone()).map(Ok).boxed();
    store.objects().delete_stream(paths).try_for_each(|_| async { Ok(()) }).await?;
    swept.add(run);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use object_store::ObjectStoreExt;
    use object_store::memory::InMemory;

    use super::*;

    const CANARY: &str = "prod/canary/us-east-1/shop/2026/11";

    /// A folder each on the 18th to 20th at 8:00, `+` passed and `-` failed, and packs of 3 runs at 9:00.
    async fn store(outcomes: &str) -> ArtifactStore {
        let store = ArtifactStore::of(InMemory::new(), "s3://runs/prod");
        let put = async |path: String, bytes: usize| {
            store.objects().put(&Path::from(path), vec![b'x'; bytes].into()).await.unwrap();
        };
        for (day, outcome) in (18..).zip(outcomes.chars()) {
            let word = if outcome == '+' { "PASSED" } else { "FAILED" };
            put(format!("{CANARY}/{day}/08/00-00-000/log.txt"), 900).await;
            put(format!("{CANARY}/{day}/08/00-00-000/downloads/list.pdf"), 90).await;
            put(format!("{CANARY}/{day}/08/00-00-000/SyntheticsReport-{word}.json"), 10).await;
            put(format!("{CANARY}/{day}/09/passed-3.jsonl"), 100).await;
        }
        put("prod/canary/readme.txt".to_owned(), 1).await;
        put("prod/canary/us-east-1/shop/notes/a/b/c/d/e".to_owned(), 1).await;
        store
    }

    async fn left(store: &ArtifactStore) -> String {
        let runs = runs_of(store, &store.path(["canary", "us-east-1", "shop"])).await.unwrap();
        let days = runs.iter().map(|run| {
            let mark = run.passed.map_or('.', |passed| if passed { '+' } else { '-' });
            let packed = run.packed.map(|runs| format!("*{runs}")).unwrap_or_default();
            format!("{}{mark}{packed}", run.started.strftime("%d"))
        });
        days.collect::<Vec<_>>().join(" ")
    }

    #[tokio::test]
    async fn the_store_keeps_what_a_directory_would() {
        let none = RetentionLimits::default();
        let age = |days: u64| RetentionLimits { age: Some(Duration::from_hours(24 * days)), ..none };
        let count = |runs| RetentionLimits { runs: Some(runs), ..none };
        let bytes = |bytes| RetentionLimits { bytes: Some(bytes), ..none };
        let cases = [
            ("+++", none, "18+ 18+*3 19+ 19+*3 20+ 20+*3", 0),
            ("+++", age(1), "20+ 20+*3", 8),
            ("+++", count(7), "19+*3 20+ 20+*3", 5),
            ("+--", count(1), "18+ 19- 20+*3", 7),
            ("+++", bytes(2150), "19+*3 20+ 20+*3", 5),
        ];
        for (outcomes, limits, expected, gone) in cases {
            let store = store(outcomes).await;
            let swept = sweep_store(&store, limits, "2026-11-20T12:00:00Z".parse().unwrap()).await.unwrap();
            assert_eq!(left(&store).await, expected, "{outcomes} {limits:?}");
            assert_eq!(swept.runs, gone, "{outcomes} {limits:?}");
            let others: Vec<_> = store.objects().list(None).try_collect().await.unwrap();
            assert_eq!(others.iter().filter(|one| one.size == 1).count(), 2, "what is not ours stays");
        }
    }
}
