//! Other people's clients: a Python environment under `target/`, made on first use from pinned requirements.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python with boto3, the AWS CLI and the X-Ray SDK.
#[derive(Clone, Debug)]
pub struct Python {
    bin: PathBuf,
}

impl Python {
    /// The environment; `None`, with a line that says so, on a machine without Python.
    ///
    /// # Panics
    /// In CI, where a missing Python is a failure; anywhere, when the requirements cannot be installed.
    pub fn environment() -> Option<Self> {
        let has_python = Command::new("python3").args(["-c", "import venv, ensurepip"]).output();
        if !has_python.is_ok_and(|output| output.status.success()) {
            assert!(std::env::var_os("CI").is_none(), "CI must have python3 with venv");
            #[expect(clippy::print_stderr, reason = "names the skipped test")]
            {
                eprintln!("skipped: there is no python3 with venv on this machine");
            }
            return None;
        }
        Some(Self { bin: installed() })
    }

    /// A program of the environment: `python`, `aws`.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env_remove("AWS_PROFILE");
        command
    }

    /// A script from `tests/clients`, with the backend's address in `SISKIN_ENDPOINT`.
    pub fn script(&self, name: &str, endpoint: &str) -> Command {
        let mut command = self.command("python");
        command.arg(clients_dir().join(name)).env("SISKIN_ENDPOINT", endpoint);
        command
    }
}

fn clients_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}

/// Makes the environment unless it is there already for these very requirements. Safe to call at once from many tests.
fn installed() -> PathBuf {
    let requirements = clients_dir().join("requirements.txt");
    let wanted = std::fs::read_to_string(&requirements).expect("the requirements are part of the project");
    let target = target_dir();
    let environment = target.join("clients");
    let lock = File::create(target.join("clients.lock")).expect("target/ can be written");
    lock.lock().expect("target/ supports file locks");
    let mark = environment.join("installed.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return environment.join("bin");
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
    let pip = environment.join("bin/pip");
    run(Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&requirements));
    std::fs::write(mark, wanted).expect("target/ can be written");
    environment.join("bin")
}

/// The folder that cargo builds into: two levels above the test binary.
fn target_dir() -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    let target = test.ancestors().nth(3).expect("tests run from target/PROFILE/deps");
    target.to_path_buf()
}

fn run(command: &mut Command) {
    let output = command.output().expect("the command starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
