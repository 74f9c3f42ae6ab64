//! The program as its users run it.

use std::path::Path;

use tempfile::TempDir;
use tokio::process::Command;

use crate::site::Shop;

/// What is typed into the shop's field for a password.
pub(crate) const PASSWORD: &str = "hush-hush-42";

/// How a run of the program ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program, in a directory of its own.
pub(crate) fn program(directory: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siskin-runner"));
    command.current_dir(directory.path()).env_remove("AWS_ENDPOINT_URL").env_remove("RUST_LOG").kill_on_drop(true);
    command
}

/// Waits for the end of a command.
pub(crate) async fn ended(mut command: Command) -> Ended {
    let output = command.output().await.unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs a script of the directory as its first lines say.
pub(crate) async fn replay(directory: &TempDir, shop: &Shop, script: &str) -> Ended {
    let mut command = program(directory);
    command.args(["run", script, "--allow-host", &shop.host, "--timeout", "2m"]);
    command.args(["--secret", "password=SHOP_PASSWORD"]).env("SHOP_PASSWORD", PASSWORD);
    ended(command).await
}

/// Fails with all that is known of a run that did not pass.
pub(crate) fn assert_passed(run: &Ended, script: &Path) {
    let source = std::fs::read_to_string(script).unwrap_or_default();
    assert_eq!(run.code, 0, "{}\n{}\n{source}", run.stdout, run.stderr);
}
