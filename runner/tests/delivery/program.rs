//! Starts the program.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

/// How long a condition may take to come true on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let held = timeout(PATIENCE, async {
        while !holds() {
            sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(held.await.is_ok(), "{what}");
}

/// `count` canaries that ask `url` once a minute.
pub(crate) fn canaries(count: usize, url: &str) -> String {
    let each = |number: usize| {
        format!(
            "[[canary]]\nname = \"c{number:03}\"\nblueprint = \"api\"\nschedule = \"rate(1 hour)\"\n\
             parameters = {{ steps = [{{ url = \"{url}\" }}] }}\n\n"
        )
    };
    (0..count).map(each).collect()
}

/// `siskin-runner runner` in `directory`, with `more` arguments.
pub(crate) fn command(directory: &Path, endpoint: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siskin-runner"));
    command
        .args(["runner", "--data", "data", "--endpoint-url", endpoint])
        .args(more)
        .current_dir(directory)
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

pub(crate) async fn signal(program: &Child, signal: &str) {
    let id = program.id().unwrap().to_string();
    assert!(Command::new("kill").args([signal, &id]).status().await.unwrap().success());
}

/// Waits until the program listens to signals.
pub(crate) async fn listens(program: &mut Child) {
    let mut stderr = BufReader::new(program.stderr.as_mut().unwrap());
    let mut line = String::new();
    assert!(timeout(PATIENCE, stderr.read_line(&mut line)).await.unwrap().unwrap() > 0);
}

/// What the program said, once it has ended.
pub(crate) async fn ended(program: Child) -> (Option<i32>, String, String) {
    let ended = timeout(PATIENCE, program.wait_with_output()).await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ended.status.code(), text(&ended.stdout), text(&ended.stderr))
}
