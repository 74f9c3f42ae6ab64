//! Runs the program and takes what it leaves.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The working directory of the program, with its artifacts.
    pub(crate) directory: Arc<TempDir>,
}

/// Runs `siskin-runner` in a directory of its own that holds `files`.
pub(crate) async fn run_with(files: &[(&str, &str)], arguments: &[&str]) -> Ended {
    run_under(&[], files, arguments).await
}

/// As [`run_with`], under an environment with more `variables`.
pub(crate) async fn run_under(variables: &[(&str, &str)], files: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    run_in(Arc::new(directory), variables, arguments).await
}

/// Runs it once more, where another run has left its artifacts.
pub(crate) async fn again(before: &Ended, arguments: &[&str]) -> Ended {
    run_in(Arc::clone(&before.directory), &[], arguments).await
}

/// Runs another program that in the end becomes `siskin-runner`.
pub(crate) async fn run_program(program: &str, arguments: &[&str]) -> Ended {
    collect(Command::new(program), Arc::new(tempfile::tempdir().unwrap()), &[], arguments).await
}

async fn run_in(directory: Arc<TempDir>, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    collect(Command::new(env!("CARGO_BIN_EXE_siskin-runner")), directory, variables, arguments).await
}

async fn collect(
    mut command: Command,
    directory: Arc<TempDir>,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> Ended {
    // What this very test may run under.
    for name in ["AWS_ENDPOINT_URL", "RUST_LOG", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "TF_BUILD"] {
        command.env_remove(name);
    }
    command.args(arguments).current_dir(directory.path()).envs(variables.iter().copied()).kill_on_drop(true);
    let Output { status, stdout, stderr } = command.output().await.unwrap();
    Ended {
        code: status.code().unwrap_or(-1),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
        directory,
    }
}

pub(crate) async fn run(arguments: &[&str]) -> Ended {
    run_with(&[], arguments).await
}

impl Ended {
    /// The report that `--output json` prints.
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.stdout, self.stderr))
    }

    /// The run's directory below the artifacts.
    pub(crate) fn run_directory(&self) -> PathBuf {
        let below = self.report()["directory"].as_str().unwrap().to_owned();
        self.directory.path().join(below)
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.file(name)).unwrap()
    }

    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        let path = self.run_directory().join(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = names_in(&self.run_directory());
        names.sort();
        names
    }

    /// File names of the run's pictures, in order.
    pub(crate) fn pictures(&self) -> Vec<String> {
        let mut names = self.names();
        names.retain(|name| Path::new(name).extension().is_some_and(|ending| ending == "png"));
        names
    }
}

fn names_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
