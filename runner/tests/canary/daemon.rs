//! `siskin-runner runner`: runs on schedule, and ends with everything it started.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::site;

/// How long a condition may take to come true on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let held = timeout(PATIENCE, async {
        while !holds() {
            sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(held.await.is_ok(), "{what}");
}

/// Processes that inherited `mark` in their environment.
fn marked(mark: &str) -> usize {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let environments = processes.filter_map(|process| fs::read(process.path().join("environ")).ok());
    environments.filter(|environment| String::from_utf8_lossy(environment).contains(mark)).count()
}

#[tokio::test]
async fn browser_daemon_is_interrupted_in_a_run_and_leaves_nothing() {
    let site = site::start().await;
    let directory = tempfile::tempdir().unwrap();
    let config = format!(
        "[[canary]]\nname = \"half\"\nblueprint = \"heartbeat\"\nschedule = \"rate(1 minute)\"\n\
         timeout = \"50s\"\nparameters = {{ url = \"{}/half\" }}\n",
        site.url
    );
    fs::write(directory.path().join("canaries.toml"), config).unwrap();
    let mark = format!("SISKIN_MARK={}", directory.path().display());
    let (name, value) = mark.split_once('=').unwrap();
    let program = Command::new(env!("CARGO_BIN_EXE_siskin-runner"))
        .args(["runner", "--run-at-start", "--data", "data"])
        .current_dir(directory.path())
        .env(name, value)
        .env_remove("AWS_ENDPOINT_URL")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    until("the page is asked for", || site.seen.lock().unwrap().iter().any(|(path, _)| path == "/silent")).await;
    assert!(marked(&mark) > 2, "the program, its helper and a browser run");
    let interrupted = Command::new("kill").args(["-INT", &program.id().unwrap().to_string()]).status().await.unwrap();
    assert!(interrupted.success());
    let ended = timeout(PATIENCE, program.wait_with_output()).await.unwrap().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert_eq!(ended.status.code(), Some(0), "{stdout}\n{stderr}");
    assert!(stdout.contains("STOPPED  half") && stdout.contains("the runner was stopped during the run"), "{stdout}");
    until("no process is left", || marked(&mark) == 0).await;
    let left: Vec<_> = fs::read_dir(directory.path().join("data/runs")).unwrap().collect();
    assert!(left.is_empty(), "the journal is empty: {left:?}");
}
