//! Python: a virtual environment.

use std::path::PathBuf;
use std::process::Command;

use super::{clients_dir, installed, is_there, run};

/// A Python with boto3, the AWS CLI, the X-Ray SDK and OpenTelemetry.
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
        if !is_there(Command::new("python3").args(["-c", "import venv, ensurepip"]), "python3 with venv") {
            return None;
        }
        let requirements = clients_dir().join("requirements.txt");
        let wanted = std::fs::read_to_string(&requirements).expect("the requirements are part of the project");
        let environment = installed("clients", &wanted, |environment| {
            run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(environment));
            let mut pip = Command::new(environment.join("bin/pip"));
            run(pip.args(["install", "--quiet", "--disable-pip-version-check", "-r"]).arg(&requirements));
        });
        Some(Self { bin: environment.join("bin") })
    }

    /// A program of the environment: `python`, `aws`.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            // The scripts lie among the sources.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env_remove("AWS_PROFILE");
        command
    }

    /// A script from `tests/clients`.
    pub fn script(&self, name: &str) -> Command {
        let mut command = self.command("python");
        command.arg(clients_dir().join(name));
        command
    }
}
