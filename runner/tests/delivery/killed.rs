//! SIGKILL in the middle of everything: each run that began is told exactly once.

use std::fs;

use crate::backend::Backend;
use crate::program::{canaries, command, ended, listens, signal, until};

/// Runs under way, results on disk and not sent, results half sent: wherever the kill falls.
#[tokio::test]
async fn runs_are_told_exactly_once_however_often_the_runner_is_killed() {
    const CANARIES: usize = 60;
    const ANSWERED: usize = 40;
    const UNDER_WAY: usize = 4;
    let backend = Backend::start().await;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("canaries.toml"), canaries(CANARIES, &format!("{}/watched", backend.url))).unwrap();
    backend.set_away(true);
    backend.hold_after(ANSWERED);
    let first = command(directory.path(), &backend.url, &["--run-at-start", "--http-runs", "4"]).spawn().unwrap();
    until("every place has a run that hangs", || backend.watched() == ANSWERED + UNDER_WAY).await;
    signal(&first, "-KILL").await;
    ended(first).await;
    backend.set_away(false);
    // Each start gets a little further.
    let mut kills = 0;
    for more in [5, 17, 31, 47] {
        let before = backend.told().len();
        let program = command(directory.path(), &backend.url, &[]).spawn().unwrap();
        let spool = directory.path().join("data/spool");
        let is_done = || fs::read_dir(&spool).map_or(0, Iterator::count) == 0;
        until("some calls are answered", || backend.told().len() >= before + more || is_done()).await;
        signal(&program, "-KILL").await;
        ended(program).await;
        kills += 1;
    }
    let mut last = command(directory.path(), &backend.url, &[]).spawn().unwrap();
    listens(&mut last).await;
    let data = directory.path().join("data");
    let left = |name: &str| fs::read_dir(data.join(name)).map_or(1, Iterator::count);
    until("nothing waits", || left("spool") == 0 && left("runs") == 0).await;
    signal(&last, "-TERM").await;
    assert_eq!(ended(last).await.0, Some(0));

    let points = backend.datapoints("SuccessPercent");
    let mut canaries: Vec<_> = points.iter().map(|(canary, _)| canary.clone()).collect();
    canaries.dedup();
    assert_eq!((points.len(), canaries.len()), (ANSWERED + UNDER_WAY, ANSWERED + UNDER_WAY), "{points:?}");
    assert!(points.iter().filter(|(_, percent)| *percent < 1.0).count() >= UNDER_WAY, "{points:?}");
    let (told, once) = (backend.told().len(), backend.told_once().len());
    // Answered, and killed before that was noted: at most one call for each canary that is on its way.
    assert!(told - once <= kills * 8, "{} calls came again after {kills} kills", told - once);
}

#[tokio::test]
async fn results_wait_while_the_backend_is_away_and_go_out_in_order() {
    let backend = Backend::start().await;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("canaries.toml"), canaries(10, &format!("{}/watched", backend.url))).unwrap();
    backend.set_away(true);
    let program = command(directory.path(), &backend.url, &["--run-at-start"]).spawn().unwrap();
    let spool = directory.path().join("data/spool");
    let waiting = || {
        fs::read_dir(&spool).map_or(0, |files| {
            files.flatten().filter(|file| file.path().extension().is_some_and(|ending| ending == "json")).count()
        })
    };
    until("all results are on disk", || waiting() == 10).await;
    assert_eq!(backend.told().len(), 0);
    backend.set_away(false);
    until("all results are told", || fs::read_dir(&spool).map_or(1, Iterator::count) == 0).await;
    signal(&program, "-TERM").await;
    assert_eq!(ended(program).await.0, Some(0));
    assert_eq!(backend.datapoints("SuccessPercent").len(), 10);
    assert_eq!(backend.told().len(), backend.told_once().len());
    for canary in 0..10 {
        let group = format!("/aws/lambda/cwsyn-c{canary:03}");
        let told = backend.told();
        let at = |operation: &str, field: &str, value: &str| {
            told.iter().position(|call| {
                call.operation == operation
                    && call.input.to_string().contains(field)
                    && call.input.to_string().contains(value)
            })
        };
        let metrics = at("PutMetricData", "CanaryName", &format!("c{canary:03}")).unwrap();
        assert!(Some(metrics) < at("PutLogEvents", "logGroupName", &group), "metrics first, then the log");
    }
}
