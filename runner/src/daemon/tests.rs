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
        .route("/silent", get(|| async { std::future::pending::<()>().await }))
        .fallback(note);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (url, called)
}

fn config(site: &Url, path: &str) -> Config {
    let text = format!(
        "[[canary]]\nname = \"shop\"\nblueprint = \"api\"\nschedule = \"rate(1 minute)\"\n\
         parameters = {{ steps = [{{ url = \"{site}{path}\" }}] }}\nalarm = {{ threshold = 90 }}\n"
    );
    Config::parse(&text, "canaries.toml", Path::new("")).unwrap()
}

struct Running {
    runs: mpsc::Receiver<RunReport>,
    clock: ManualClock,
    cancel: CancellationToken,
    daemon: tokio::task::JoinHandle<Result<(), DaemonError>>,
}

fn start(data: &Path, config: Config, endpoint: Option<Url>) -> Running {
    let (sender, runs) = mpsc::channel(100);
    let clock = ManualClock::at(at("08:00:00"));
    let cancel = CancellationToken::new();
    let options = DaemonOptions {
        clock: clock.clock(),
        first_run: FirstRun::AtOnce,
        on_run: Arc::new(move |run| sender.try_send(run.clone()).unwrap()),
        ..DaemonOptions::new(data, endpoint)
    };
    let daemon = tokio::spawn(run(config, options, cancel.clone()));
    Running { runs, clock, cancel, daemon }
}

#[tokio::test(flavor = "multi_thread")]
async fn canaries_run_when_they_are_due_and_are_told() {
    let (site, called) = fixture().await;
    let data = tempfile::tempdir().unwrap();
    let mut running = start(data.path(), config(&site, "fine"), Some(site.clone()));
    let first = running.runs.recv().await.unwrap();
    assert_eq!((first.outcome.clone(), first.start.due), (Outcome::Passed, at("08:00:00")));
    assert_eq!(first.requests.len(), 1);
    running.clock.advance(SignedDuration::from_mins(1));
    let second = running.runs.recv().await.unwrap();
    assert!(second.start.due > first.start.due && second.start.due <= at("08:01:00"));
    running.cancel.cancel();
    running.daemon.await.unwrap().unwrap();
    let called = called.lock();
    for operation in ["PutMetricAlarm", "PutMetricData", "PutLogEvents", "/TraceSegments", "PutEvents"] {
        assert!(called.iter().any(|one| one == operation), "{operation}: {called:?}");
    }
    assert_eq!(std::fs::read_dir(data.path().join("runs")).unwrap().count(), 0, "the journal is empty");
    let report = second.directory.unwrap().join("SyntheticsReport-PASSED.json");
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(report).unwrap()).unwrap();
    assert_eq!(report["executionStatus"], "PASSED");
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
