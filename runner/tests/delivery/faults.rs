//! Folders that take nothing and disks that are full: an outcome of its own, and the next run is on time.

use std::fs;
use std::process::Stdio;

use tokio::process::Command;

use crate::backend::Backend;
use crate::program::{canaries, command, ended, signal, until};

const PROGRAM: &str = env!("CARGO_BIN_EXE_siskin-runner");

#[tokio::test]
async fn a_file_in_place_of_the_artifacts_folder_is_told_and_ends_with_4() {
    let backend = Backend::start().await;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("canaries.toml"), canaries(1, &format!("{}/watched", backend.url))).unwrap();
    fs::write(directory.path().join("file"), "").unwrap();
    let run = Command::new(PROGRAM)
        .args(["run", "c000", "--artifacts", "file"])
        .current_dir(directory.path())
        .env_remove("AWS_ENDPOINT_URL")
        .output()
        .await
        .unwrap();
    let stdout = String::from_utf8(run.stdout).unwrap();
    assert_eq!(run.status.code(), Some(4), "{stdout}");
    assert!(stdout.contains("BROKEN") && stdout.contains("artifacts directory file: Not a directory"), "{stdout}");
    assert_eq!(backend.watched(), 0);
}

/// A limit on the size of files stands in for a full disk: writing stops in the middle, with an error.
#[tokio::test]
async fn a_disk_that_is_full_in_the_middle_breaks_the_run_and_still_has_its_datapoint() {
    let backend = Backend::start().await;
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("canaries.toml"), canaries(2, &format!("{}/watched", backend.url))).unwrap();
    // 4 blocks of 512 bytes: the script and the journal fit, the reports and the publication do not.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 4; exec {PROGRAM} runner --data data --run-at-start --endpoint-url {}",
        backend.url
    );
    let program = Command::new("sh")
        .args(["-c", &limited])
        .current_dir(directory.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    until("both runs are told", || backend.datapoints("SuccessPercent").len() == 2).await;
    until("the journal knows", || fs::read_dir(directory.path().join("data/runs")).unwrap().count() == 0).await;
    signal(&program, "-TERM").await;
    let (code, stdout, stderr) = ended(program).await;
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stdout.matches("BROKEN").count(), 2, "{stdout}");
    assert!(stdout.contains("artifacts not written: File too large"), "{stdout}");
    assert!(stderr.contains("spool not writable, publication kept in memory"), "{stderr}");
    assert!(backend.datapoints("SuccessPercent").iter().all(|(_, value)| *value == 0.0));
}

#[tokio::test]
async fn a_missing_secret_is_told_with_its_place_and_ends_with_2() {
    let directory = tempfile::tempdir().unwrap();
    let text = canaries(1, "http://127.0.0.1:9/") + "secrets = { token = { env = \"SISKIN_NO_SUCH_SECRET\" } }\n";
    fs::write(directory.path().join("canaries.toml"), text).unwrap();
    let program = command(directory.path(), "http://127.0.0.1:9", &[]).spawn().unwrap();
    let (code, _, stderr) = ended(program).await;
    assert_eq!(code, Some(2));
    let expected = "canaries.toml:7:21: canary[0].secrets.token.env = \"SISKIN_NO_SUCH_SECRET\": \
                    the environment has no variable SISKIN_NO_SUCH_SECRET";
    assert!(stderr.contains(expected), "{stderr}");
}

#[tokio::test]
async fn the_schema_is_written_for_editors() {
    let ended = Command::new(PROGRAM).arg("schema").output().await.unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(schema["properties"]["canary"]["items"]["properties"]["overlap"]["enum"][1], "queue");
    assert_eq!(schema["properties"]["canary"]["items"]["required"][0], "name");
    assert_eq!(schema["additionalProperties"], false);
}
