//! A server that speaks S3.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::{Child, Command};

use crate::program::until;

/// Its extra `server` would bring what all services of AWS need.
const REQUIREMENTS: &[&str] = &["moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5"];

/// A server with one bucket, `runs`; it keeps nothing when it ends.
pub(crate) struct Moto {
    program: Child,
    port: u16,
    client: reqwest::Client,
}

/// A port that nobody listens to yet.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Moto {
    /// Starts it; `None`, with a line that says so, on a machine without Python.
    pub(crate) async fn start(port: u16) -> Option<Self> {
        let program = Command::new(environment().await?.join("bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let moto = Self { program, port, client };
        until("the bucket is made", async || {
            moto.client.put(moto.url("")).send().await.is_ok_and(|answer| answer.status().is_success())
        })
        .await;
        Some(moto)
    }

    fn url(&self, below: &str) -> String {
        format!("http://127.0.0.1:{}/runs{below}", self.port)
    }

    /// Keys of all objects, sorted.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let text = self.client.get(self.url("?list-type=2")).send().await.unwrap().text().await.unwrap();
        let parts = text.split("<Key>").skip(1).filter_map(|part| part.split("</Key>").next());
        let mut keys: Vec<_> = parts.map(str::to_owned).collect();
        keys.sort();
        keys
    }

    pub(crate) async fn get(&self, key: &str) -> reqwest::Response {
        // The server looks whether a request is signed, not how.
        let signature = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/s3/aws4_request, \
                         SignedHeaders=host, Signature=0";
        self.client.get(self.url(&format!("/{key}"))).header("authorization", signature).send().await.unwrap()
    }

    pub(crate) async fn put(&self, key: &str, text: &str) {
        let answer = self.client.put(self.url(&format!("/{key}"))).body(text.to_owned()).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    }

    pub(crate) async fn end(mut self) {
        self.program.kill().await.unwrap();
    }
}

/// The virtual environment, made on first use; safe to call at once from many tests.
async fn environment() -> Option<PathBuf> {
    let is_there = Command::new("python3").args(["-c", "import venv, ensurepip"]).output().await;
    if !is_there.is_ok_and(|output| output.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "CI must have python3 with venv");
        #[expect(clippy::print_stderr, reason = "names the skipped test")]
        {
            eprintln!("skipped: there is no python3 with venv on this machine");
        }
        return None;
    }
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("moto");
    let lock = File::create(environment.with_extension("lock")).unwrap();
    let _held = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await.unwrap().unwrap();
    let mark = environment.join("installed.txt");
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == REQUIREMENTS.join(" ")) {
        return Some(environment);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment)).await;
    let mut pip = Command::new(environment.join("bin/pip"));
    run(pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(REQUIREMENTS)).await;
    std::fs::write(mark, REQUIREMENTS.join(" ")).unwrap();
    Some(environment)
}

async fn run(command: &mut Command) {
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
