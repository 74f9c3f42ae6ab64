//! SIGTERM ends what runs well; SIGHUP and a changed file are taken in.

use std::fs;

use tokio::io::{AsyncBufReadExt, BufReader};

use crate::backend::Backend;
use crate::program::{canaries, command, ended, signal, until};

#[tokio::test]
async fn a_terminated_runner_finishes_what_runs_and_begins_nothing() {
    let backend = Backend::start().await;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("canaries.toml"), canaries(6, &format!("{}/slow", backend.url))).unwrap();
    let arguments = ["--run-at-start", "--http-runs", "2", "--drain", "30s"];
    let program = command(directory.path(), &backend.url, &arguments).spawn().unwrap();
    until("two runs are under way", || backend.watched() == 2).await;
    signal(&program, "-TERM").await;
    let (code, stdout, stderr) = ended(program).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stdout.matches("PASSED").count(), 2, "{stdout}");
    assert_eq!(stdout.lines().count(), 2, "{stdout}");
    assert_eq!(backend.datapoints("SuccessPercent").len(), 2);
    assert_eq!(fs::read_dir(directory.path().join("data/spool")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_changed_file_is_taken_in_and_a_wrong_one_is_told_and_refused() {
    let backend = Backend::start().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("canaries.toml");
    let url = format!("{}/watched", backend.url);
    fs::write(&file, canaries(1, &url)).unwrap();
    let mut program = command(directory.path(), &backend.url, &["--run-at-start"]).spawn().unwrap();
    let mut stderr = BufReader::new(program.stderr.take().unwrap()).lines();
    let mut line = async || stderr.next_line().await.unwrap().unwrap();
    assert_eq!(line().await, "1 canaries of canaries.toml; Ctrl-C ends");
    until("the first canary has run", || backend.watched() == 1).await;
    fs::write(&file, canaries(3, &url)).unwrap();
    assert_eq!(line().await, "canaries.toml: read again, 3 canaries");
    until("the new ones have run, and they alone", || backend.watched() == 3).await;
    fs::write(&file, canaries(3, &url).replace("rate(1 hour)", "rate(1 hours)")).unwrap();
    let mut told = line().await;
    while !told.contains("canaries.toml:4:12") {
        told = line().await;
    }
    assert!(told.contains("canary[0].schedule = \"rate(1 hours)\": the unit is singular for 1"), "{told}");
    fs::write(&file, canaries(3, &url)).unwrap();
    while !told.contains("read again, 3 canaries") {
        told = line().await;
    }
    signal(&program, "-HUP").await;
    assert_eq!(line().await, "canaries.toml: read again, 3 canaries");
    assert_eq!(backend.watched(), 3, "what did not change keeps its phase");
    signal(&program, "-TERM").await;
    assert_eq!(program.wait().await.unwrap().code(), Some(0));
}
