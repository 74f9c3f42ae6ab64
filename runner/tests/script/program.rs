//! Runs a script as its users do.

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::site::Shop;

pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) directory: TempDir,
}

const CERTIFICATE: &str = include_str!("../browser/cert.pem");
const KEY: &str = include_str!("../browser/key.pem");

/// The program, in a directory of its own.
pub(crate) fn program(directory: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_siskin-runner"));
    command.current_dir(directory.path()).env_remove("AWS_ENDPOINT_URL").env_remove("RUST_LOG").kill_on_drop(true);
    command
}

/// Runs a script that calls the shop `https://shop.example`.
pub(crate) async fn run(shop: &Shop, script: &str) -> Ended {
    let directory = tempfile::tempdir().unwrap();
    let source = script.replace("https://shop.example", &shop.url);
    std::fs::write(directory.path().join("shop.rhai"), source).unwrap();
    let output = program(&directory)
        .args(["run", "shop.rhai", "--url", &format!("{}/", shop.url), "--timeout", "4m", "--output", "json"])
        .args(["--secret", "password=SHOP_PASSWORD", "--secret", "certificate=SHOP_CERTIFICATE"])
        .args(["--secret", "key=SHOP_KEY"])
        // There is no picture that was approved before, and this may be CI.
        .args(["--update", "--update"])
        .env("SHOP_PASSWORD", "hush-hush")
        .env("SHOP_CERTIFICATE", CERTIFICATE)
        .env("SHOP_KEY", KEY)
        .output()
        .await
        .unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        directory,
    }
}

impl Ended {
    pub(crate) fn report(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.stdout, self.stderr))
    }

    pub(crate) fn log(&self) -> String {
        self.file("log.txt")
    }

    pub(crate) fn file(&self, name: &str) -> String {
        let report = self.report();
        let path = self.directory.path().join(report["directory"].as_str().unwrap()).join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}
