//! Starting the program under test, and ending it: gently, or as a power switch does.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::Value;
use tempfile::TempDir;

use crate::{Aws, until};

/// How long a start may take: an unoptimised build on a busy machine.
const START_TIME: Duration = Duration::from_mins(2);
/// How long a gentle end may take.
const STOP_TIME: Duration = Duration::from_secs(20);

/// Where the program under test lies; each test binary knows it from cargo.
#[derive(Clone, Debug)]
pub struct Siskin(pub PathBuf);

/// The program while it runs; ended when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    output: Arc<Mutex<String>>,
}

/// A running system on ports of its own.
#[derive(Debug)]
pub struct Stack {
    running: Running,
    endpoints: Value,
    /// Its data directory.
    pub data: PathBuf,
}

/// How a command ended.
#[derive(Debug)]
pub struct Exit {
    /// Exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Siskin {
    /// A command with its arguments, to be run in `dir`.
    pub fn command(&self, dir: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        command.args(args).current_dir(dir).env_remove("SISKIN_CONFIG").env_remove("SISKIN_DATA");
        command
    }

    /// Starts `siskin MODE --data DIR ARGS...` on free ports and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready; shows what it printed.
    pub async fn start(&self, mode: &str, data: &Path, args: &[&str]) -> Stack {
        let endpoints_file = data.join("endpoints.json");
        if endpoints_file.exists() {
            std::fs::remove_file(&endpoints_file).expect("the data directory is ours");
        }
        let parent = data.parent().expect("data lies in a temporary directory");
        let mut command = self.command(parent, &[mode]);
        command.arg("--data").arg(data);
        for listener in ["--listen", "--xray-listen", "--otlp-listen"] {
            command.args([listener, "127.0.0.1:0"]);
        }
        command.args(args);
        let mut running = Running::spawn(command);
        let started = Instant::now();
        let endpoints = loop {
            let written = std::fs::read(&endpoints_file).ok().and_then(|text| serde_json::from_slice(&text).ok());
            if let Some(endpoints) = written {
                break endpoints;
            }
            let ended = running.child.try_wait().expect("the child is ours");
            assert!(ended.is_none(), "ended with {ended:?}: {}", running.output());
            assert!(started.elapsed() < START_TIME, "not ready: {}", running.output());
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let stack = Stack { running, endpoints, data: data.to_path_buf() };
        let ready = format!("{}/ready", stack.url());
        until("the system to be ready", START_TIME, || async {
            reqwest::get(&ready).await.ok().filter(|answer| answer.status().is_success())
        })
        .await;
        stack
    }
}

impl Stack {
    /// Base URL of the AWS APIs and the console.
    pub fn url(&self) -> String {
        format!("http://{}", self.address("api"))
    }

    /// The address of a listener: `api`, `xray`, `otlp` or `shop`.
    ///
    /// # Panics
    /// When there is none of that name.
    pub fn address(&self, listener: &str) -> String {
        self.endpoints[listener].as_str().unwrap_or_else(|| panic!("no {listener} in {}", self.endpoints)).to_owned()
    }

    /// A client of the AWS APIs.
    pub fn aws(&self) -> Aws {
        Aws::at(self.url())
    }

    /// All it has printed so far.
    pub fn output(&self) -> String {
        self.running.output()
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.running.child.id()
    }

    /// Ends it as a power switch does, and waits until it is gone.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn kill(mut self) {
        self.running.child.kill().expect("the child is ours");
        self.running.child.wait().expect("the child is ours");
    }

    /// Sends SIGTERM and returns the exit code.
    ///
    /// # Panics
    /// When it has not ended in time.
    pub async fn stop(self) -> i32 {
        self.running.stop().await
    }
}

impl Running {
    /// Starts a command and collects what it prints.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let output = Arc::new(Mutex::new(String::new()));
        collect(child.stdout.take().expect("stdout is a pipe"), &output);
        collect(child.stderr.take().expect("stderr is a pipe"), &output);
        Self { child, output }
    }

    /// All it has printed so far.
    pub fn output(&self) -> String {
        self.output.lock().clone()
    }

    /// Sends SIGTERM and returns the exit code.
    ///
    /// # Panics
    /// When it has not ended in time.
    pub async fn stop(mut self) -> i32 {
        signal(self.child.id(), "TERM");
        let child = &mut self.child;
        let status = until("a gentle end", STOP_TIME, || {
            let ended = child.try_wait().expect("the child is ours");
            async move { ended }
        })
        .await;
        status.code().unwrap_or(-1)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // SIGTERM first: its own children end with it either way, but the coverage of a gentle end is free.
            signal(self.child.id(), "TERM");
            let started = Instant::now();
            while matches!(self.child.try_wait(), Ok(None)) {
                if started.elapsed() > STOP_TIME {
                    drop(self.child.kill());
                    break;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        drop(self.child.wait());
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "shown with the failed test")]
            {
                eprintln!("--- output of the system under test ---\n{}", self.output.lock());
            }
        }
    }
}

/// Runs a command to its end, within a minute.
///
/// # Panics
/// When it does not end.
pub async fn run_to_end(mut command: Command) -> Exit {
    let ended = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output());
    let output = tokio::time::timeout(START_TIME, ended)
        .await
        .expect("the command ends in time")
        .expect("the waiting thread lives")
        .expect("the command starts");
    Exit {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A data directory that does not exist yet, inside a temporary one.
impl Stack {
    /// Makes the temporary directory and names the data directory in it.
    ///
    /// # Panics
    /// When there is no room for a directory.
    pub fn data_dir() -> (TempDir, PathBuf) {
        let dir = TempDir::new().expect("a temporary directory can be made");
        let data = dir.path().join("data");
        (dir, data)
    }
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status();
    assert!(sent.is_ok(), "kill is part of every Unix");
}

fn collect(from: impl Read + Send + 'static, into: &Arc<Mutex<String>>) {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut output = into.lock();
            output.push_str(&line);
            output.push('\n');
        }
    });
}
