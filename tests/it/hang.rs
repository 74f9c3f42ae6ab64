//! A page that never answers ends its run at the timeout, with what was seen; the next run is on time.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

use siskin_tests::{Running, Stack, until};

use crate::siskin;

/// Two runs of a canary with a rate of one minute, on a busy machine.
const TWO_RUNS_TIME: Duration = Duration::from_mins(3);

#[tokio::test(flavor = "multi_thread")]
async fn browser_page_that_never_answers_fails_at_its_timeout_and_the_next_run_is_on_time() {
    let (dir, _) = Stack::data_dir();
    // Connections are taken by the kernel and never read.
    let silent = TcpListener::bind("127.0.0.1:0").expect("loopback has free ports");
    let address = silent.local_addr().expect("a bound socket has an address");
    let canaries = format!(
        "[[canary]]\nname = \"silent\"\nblueprint = \"heartbeat\"\nschedule = \"rate(1 minute)\"\n\
         timeout = \"5s\"\nparameters = {{ url = \"http://{address}/\" }}\n"
    );
    fs::write(dir.path().join("canaries.toml"), canaries).expect("the temporary directory is ours");
    let args = ["runner", "--data", "runner", "--artifacts", "artifacts", "--run-at-start"];
    let runner = Running::spawn(siskin().command(dir.path(), &args));
    until("two failed runs", TWO_RUNS_TIME, || {
        let failed = runner.output().lines().filter(|line| line.contains("FAILED")).count();
        async move { (failed >= 2).then_some(()) }
    })
    .await;
    assert_eq!(runner.stop().await, 0);
    let artifacts = files_below(&dir.path().join("artifacts"));
    for ending in [".png", ".har", "SyntheticsReport-FAILED.json", "report.html", "log.txt"] {
        let count = artifacts.iter().filter(|file| file.to_string_lossy().ends_with(ending)).count();
        assert!(count >= 2, "{count} files end in {ending}: {artifacts:?}");
    }
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).expect("the directory is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}
