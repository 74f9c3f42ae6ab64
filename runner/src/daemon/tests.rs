use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, Uri};
use axum::routing::{any, get};
use jiff::SignedDuration;
use parking_lot::Mutex;
use siskin_sdk::id::{SpanId, TraceId};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use super::*;
use crate::clock::ManualClock;
use crate::config::Config;
use crate::run::sample::at;
use crate::run::{Journal, Outcome, RunReport, RunStart};
use crate::schedule::FirstRun;

/// A service to watch and a backend that notes the operations it is called for.
async fn fixture() -> (Url, Arc<Mutex<Vec<String>>>) {
    let called = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&called);
    let note = any(move |headers: HeaderMap, uri: Uri| async move {
        let target =
            headers.get("x-amz-target").map_or_else(|| uri.path().to_owned(), |one| one.to_str().unwrap().to_owned());
        noted.lock().push(target.rsplit('.').next().unwrap().to_owned());
        "{}"
    });
    let router = Router::new()
        .route("/fine", get(|| async { "fine" }))
        .route("/broken", get(|| async { http::StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/slow", get(|| async { tokio::time::sleep(std::time::Duration::from_millis(300)).await }))
        .route("/silent", get(|| async { std::future::pending::<()>().await }))
        .fallback(note);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, called)
}

fn toml(site: &Url, path: &str, more: &str) -> String {
    format!(
        "[[canary]]\nname = \"shop\"\nblueprint = \"api\"\nschedule = \"rate(1 minute)\"\n{more}\n\
         parameters = {{ steps = [{{ url = \"{site}{path}\" }}] }}\nalarm = {{ threshold = 90 }}\n"
    )
}

fn config_with(site: &Url, path: &str, more: &str) -> Config {
    Config::parse(&toml(site, path, more), "canaries.toml", Path::new("")).unwrap()
}

fn config(site: &Url, path: &str) -> Config {
    config_with(site, path, "")
}

struct Running {
    runs: mpsc::Receiver<RunReport>,
    reloads: mpsc::Receiver<Result<usize, String>>,
    clock: ManualClock,
    cancel: CancellationToken,
    board: Board,
    daemon: tokio::task::JoinHandle<Result<(), DaemonError>>,
}

fn start(data: &Path, config: Config, endpoint: Option<Url>) -> Running {
    start_with(data, config, endpoint, |options| options)
}

fn start_with(
    data: &Path,
    config: Config,
    endpoint: Option<Url>,
    change: impl FnOnce(DaemonOptions) -> DaemonOptions,
) -> Running {
    let (sender, runs) = mpsc::channel(100);
    let (told, reloads) = mpsc::channel(100);
    let clock = ManualClock::at(at("08:00:00"));
    let cancel = CancellationToken::new();
    let options = change(DaemonOptions {
        clock: clock.clock(),
        first_run: FirstRun::AtOnce,
        on_run: Arc::new(move |run| sender.try_send(run.clone()).unwrap()),
        on_reload: Arc::new(move |loaded| told.try_send(loaded.map_err(ToString::to_string)).unwrap()),
        ..DaemonOptions::new(data, endpoint)
    });
    let board = options.board.clone();
    let daemon = tokio::spawn(run(config, options, cancel.clone()));
    Running { runs, reloads, clock, cancel, board, daemon }
}

/// Waits until the daemon has taken note of the end of all runs.
async fn idle(board: &Board) {
    while board.state().canaries.values().any(|row| row.runs > 0) {
        tokio::task::yield_now().await;
    }
}

async fn end(running: Running) {
    running.cancel.cancel();
    running.daemon.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn canaries_run_when_they_are_due_and_are_told() {
    let (site, called) = fixture().await;
    let data = tempfile::tempdir().unwrap();
    let mut running = start(data.path(), config(&site, "fine"), Some(site.clone()));
    let first = running.runs.recv().await.unwrap();
    assert_eq!((first.outcome.clone(), first.start.due), (Outcome::Passed, at("08:00:00")));
    assert_eq!(first.requests.len(), 1);
    idle(&running.board).await;
    running.clock.advance(SignedDuration::from_mins(1));
    let second = running.runs.recv().await.unwrap();
    assert!(second.start.due > first.start.due && second.start.due <= at("08:01:00"));
    running.cancel.cancel();
    running.daemon.await.unwrap().unwrap();
    // What the daemon could not tell in its last moments waits on disk.
    assert_eq!(std::fs::read_dir(data.path().join("spool")).unwrap().count(), 0);
    let called = called.lock();
    for operation in ["PutMetricAlarm", "PutMetricData", "PutLogEvents", "/TraceSegments", "PutEvents"] {
        assert!(called.iter().any(|one| one == operation), "{operation}: {called:?}");
    }
    assert_eq!(std::fs::read_dir(data.path().join("runs")).unwrap().count(), 0, "the journal is empty");
    let report = first.directory.unwrap().join("SyntheticsReport-PASSED.json");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!(report["executionStatus"], "PASSED");
    assert_eq!(second.artifacts[0].file_name, "passed.jsonl");
}

/// Paths below the only canary's folder of the hour, sorted.
fn kept(artifacts: &Path) -> Vec<String> {
    let hour = artifacts.join("canary/us-east-1/shop/2026/11/23/08");
    let mut names: Vec<_> =
        std::fs::read_dir(hour).unwrap().flatten().map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_pass_are_packed_until_one_fails_and_the_last_good_one_is_unpacked() {
    let (site, _) = fixture().await;
    let broken = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let answers = Arc::clone(&broken);
    let state = get(move || {
        let broken = answers.load(std::sync::atomic::Ordering::Acquire);
        async move { if broken { http::StatusCode::INTERNAL_SERVER_ERROR } else { http::StatusCode::OK } }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let shop: Url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", state)).await.unwrap() });
    let data = tempfile::tempdir().unwrap();
    let mut running = start(data.path(), config_with(&shop, "", "jitter = \"0s\""), Some(site));
    let mut runs = Vec::new();
    // Good, good, good, bad, good, good.
    for minute in 0..6 {
        if minute > 0 {
            broken.store(minute == 3, std::sync::atomic::Ordering::Release);
            idle(&running.board).await;
            running.clock.advance(SignedDuration::from_mins(1));
        }
        runs.push(running.runs.recv().await.unwrap());
    }
    end(running).await;
    let packed = |run: &RunReport| run.artifacts.iter().any(|artifact| artifact.file_name == "passed.jsonl");
    assert_eq!(runs.iter().map(packed).collect::<Vec<_>>(), [false, true, true, false, false, true]);
    let artifacts = data.path().join("artifacts");
    // 08:02 was the last good run before the bad one.
    assert_eq!(kept(&artifacts), ["00-00-000", "02-00-000", "03-00-000", "04-00-000", "passed.jsonl"]);
    let failed = runs[3].directory.clone().unwrap();
    let page = std::fs::read_to_string(failed.join("report.html")).unwrap();
    assert!(page.contains("2026-11-23 08:02:00"), "compared with the last good run");
    let unpacked = failed.with_file_name("02-00-000");
    for name in ["SyntheticsReport-PASSED.json", "api.rhai", "junit.xml", "log.txt", "report.html", "results.har"] {
        assert!(unpacked.join(name).is_file(), "{name}");
    }
    let pack = std::fs::read_to_string(failed.with_file_name("passed.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = pack.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let scripts: Vec<_> = lines.iter().map(|line| line.get("script").is_some()).collect();
    assert_eq!(scripts, [true, false, false], "the script stands in the pack once");
    assert_eq!(lines[0]["report"]["start"]["run_id"], runs[1].start.run_id.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn runs_that_pass_have_folders_where_that_is_wanted() {
    let (site, _) = fixture().await;
    let data = tempfile::tempdir().unwrap();
    let text = format!("[retention]\npassed = \"folder\"\n{}", toml(&site, "fine", "jitter = \"0s\""));
    let config = Config::parse(&text, "canaries.toml", Path::new("")).unwrap();
    let mut running = start(data.path(), config, None);
    for _ in 0..3 {
        assert!(running.runs.recv().await.unwrap().directory.unwrap().join("report.html").is_file());
        idle(&running.board).await;
        running.clock.advance(SignedDuration::from_mins(1));
    }
    end(running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_under_way_is_stopped_with_the_daemon_and_spooled_without_a_backend() {
    let (site, _) = fixture().await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let data = tempfile::tempdir().unwrap();
    let mut running = start(data.path(), config(&site, "silent"), Some(format!("http://{closed}/").parse().unwrap()));
    let journal = data.path().join("runs");
    while std::fs::read_dir(&journal).map_or(0, Iterator::count) == 0 {
        tokio::task::yield_now().await;
    }
    running.cancel.cancel();
    let stopped = running.runs.recv().await.unwrap();
    assert!(matches!(stopped.outcome, Outcome::Stopped { .. }), "{:?}", stopped.outcome);
    assert!(stopped.directory.unwrap().join("report.html").is_file());
    running.daemon.await.unwrap().unwrap();
    assert_eq!(std::fs::read_dir(data.path().join("spool")).unwrap().count(), 2, "the alarm and the run");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_gets_its_datapoint_at_the_next_start() {
    let data = tempfile::tempdir().unwrap();
    let killed = RunStart {
        canary: "gone".parse().unwrap(),
        kind: "heartbeat".to_owned(),
        run_id: Uuid::new_v4(),
        trace_id: TraceId::random(1),
        segment_id: SpanId::random(),
        due: at("07:59:00"),
        started: at("07:59:01"),
    };
    Journal::open(&data.path().join("runs")).unwrap().begin(&killed).unwrap();
    let mut running = start(data.path(), Config::default(), None);
    let told = running.runs.recv().await.unwrap();
    assert_eq!(told.start.run_id, killed.run_id);
    assert_eq!(told.outcome, Outcome::Broken { reason: "the runner was killed during this run".to_owned() });
    running.cancel.cancel();
    running.daemon.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_data_directory_has_one_runner() {
    let data = tempfile::tempdir().unwrap();
    let running = start(data.path(), Config::default(), None);
    while !data.path().join("spool").exists() && !data.path().join("runs").exists() {
        tokio::task::yield_now().await;
    }
    let second = run(Config::default(), DaemonOptions::new(data.path(), None), CancellationToken::new()).await;
    let message = second.unwrap_err().to_string();
    assert!(message.starts_with("another runner uses ") && message.contains("stop it"), "{message}");
    running.cancel.cancel();
    running.daemon.await.unwrap().unwrap();
    let file = data.path().join("file");
    std::fs::write(&file, "").unwrap();
    let unusable = run(Config::default(), DaemonOptions::new(file, None), CancellationToken::new()).await;
    assert!(matches!(unusable, Err(DaemonError::Directory { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_is_tried_again_and_told_once() {
    let (site, called) = fixture().await;
    let data = tempfile::tempdir().unwrap();
    let config = config_with(&site, "broken", "retries = 2\nretry_backoff = \"10s\"");
    let mut running = start(data.path(), config, Some(site.clone()));
    let first = running.runs.recv().await.unwrap();
    assert!(matches!(first.outcome, Outcome::Failed { .. }), "{:?}", first.outcome);
    // The backoff doubles; the next run of the schedule is not due yet.
    let mut attempts = vec![first];
    for wait in [10, 20] {
        while running.board.state().canaries["shop"].tried_again.is_none() {
            tokio::task::yield_now().await;
        }
        running.clock.advance(SignedDuration::from_secs(wait));
        attempts.push(running.runs.recv().await.unwrap());
    }
    assert!(attempts.iter().all(|attempt| attempt.start.due == at("08:00:00")));
    while running.board.state().canaries["shop"].outcomes.is_empty() {
        tokio::task::yield_now().await;
    }
    end(running).await;
    let count = |operation: &str| called.lock().iter().filter(|one| *one == operation).count();
    assert_eq!((count("PutMetricData"), count("PutEvents")), (1, 3), "{:?}", called.lock());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_replaced_says_so_and_the_next_begins() {
    let (site, _) = fixture().await;
    let data = tempfile::tempdir().unwrap();
    let mut running = start(data.path(), config_with(&site, "silent", "overlap = \"replace\""), None);
    while running.board.state().canaries.get("shop").is_none_or(|row| row.began.is_none()) {
        tokio::task::yield_now().await;
    }
    running.clock.advance(SignedDuration::from_mins(1));
    let replaced = running.runs.recv().await.unwrap();
    assert!(matches!(replaced.outcome, Outcome::Stopped { .. }), "{:?}", replaced.outcome);
    while running.board.state().canaries["shop"].outcomes.is_empty() {
        tokio::task::yield_now().await;
    }
    let row = running.board.state().canaries["shop"].clone();
    let reason = row.outcomes[0].reason().unwrap().to_owned();
    assert!(reason.starts_with("replaced by the run that was due at 2026-11-23T08:0"), "{reason}");
    assert_eq!(row.runs, 1);
    end(running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_is_taken_in_and_a_wrong_one_is_not() {
    let (site, _) = fixture().await;
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("canaries.toml");
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write(&toml(&site, "fine", ""));
    let config = Config::load(&file).unwrap();
    let mut running = start_with(&data.path().join("data"), config, None, |options| DaemonOptions {
        config_file: Some(file.clone()),
        ..options
    });
    running.runs.recv().await.unwrap();
    let next = running.board.state().canaries["shop"].next;
    let second = toml(&site, "fine", "").replace("shop", "cart");
    write(&format!("{}{second}", toml(&site, "fine", "")));
    assert_eq!(running.reloads.recv().await.unwrap(), Ok(2));
    let new = running.runs.recv().await.unwrap();
    assert_eq!(new.start.canary.as_str(), "cart", "what is new runs, what was there waits for its time");
    assert_eq!(running.board.state().canaries["shop"].next, next);
    write("[[canary]]\nname = \"Shop\"\n");
    let refused = running.reloads.recv().await.unwrap().unwrap_err();
    assert!(refused.contains("canaries.toml:2:8: canary[0].name = \"Shop\""), "{refused}");
    while running.board.state().notice.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(running.board.state().canaries.len(), 2, "the old ones go on");
    idle(&running.board).await;
    running.clock.advance(SignedDuration::from_mins(1));
    running.runs.recv().await.unwrap();
    end(running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_ends_finishes_what_runs_and_starts_nothing() {
    let (site, _) = fixture().await;
    let data = tempfile::tempdir().unwrap();
    let two = format!("{}{}", toml(&site, "slow", ""), toml(&site, "slow", "").replace("shop", "cart"));
    let config = Config::parse(&two, "canaries.toml", Path::new("")).unwrap();
    let mut running = start_with(data.path(), config, None, |options| DaemonOptions {
        http_runs_max: 1,
        drain: std::time::Duration::from_mins(1),
        ..options
    });
    while running.board.state().canaries.values().all(|row| row.began.is_none()) {
        tokio::task::yield_now().await;
    }
    running.cancel.cancel();
    running.daemon.await.unwrap().unwrap();
    let finished = running.runs.recv().await.unwrap();
    assert_eq!(finished.outcome, Outcome::Passed);
    assert!(running.runs.try_recv().is_err(), "the run that waited for a place did not begin");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_canaries_run_at_once_up_to_the_limit() {
    let (site, _) = fixture().await;
    let data = tempfile::tempdir().unwrap();
    let each = |number: usize| toml(&site, "fine", "").replace("shop", &format!("shop-{number}"));
    let text: String = (0..60).map(each).collect();
    let config = Config::parse(&text, "canaries.toml", Path::new("")).unwrap();
    let mut running = start_with(data.path(), config, None, |options| DaemonOptions { http_runs_max: 8, ..options });
    for _ in 0..60 {
        let run = running.runs.recv().await.unwrap();
        assert_eq!(run.outcome, Outcome::Passed);
    }
    end(running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_takes_no_artifacts_breaks_the_run_and_not_the_next() {
    let (site, called) = fixture().await;
    let data = tempfile::tempdir().unwrap();
    let artifacts = data.path().join("file");
    std::fs::write(&artifacts, "").unwrap();
    let mut running = start_with(data.path(), config(&site, "fine"), Some(site.clone()), |options| DaemonOptions {
        artifacts: artifacts.clone(),
        ..options
    });
    let broken = running.runs.recv().await.unwrap();
    let reason = broken.outcome.reason().unwrap().to_owned();
    assert!(matches!(broken.outcome, Outcome::Broken { .. }) && reason.contains("Not a directory"), "{reason}");
    std::fs::remove_file(&artifacts).unwrap();
    idle(&running.board).await;
    running.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(running.runs.recv().await.unwrap().outcome, Outcome::Passed);
    end(running).await;
    assert_eq!(called.lock().iter().filter(|one| *one == "PutMetricData").count(), 2);
}
