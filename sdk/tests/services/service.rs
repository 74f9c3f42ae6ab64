//! A started example, and the daemon that its traces go to.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use siskin_sdk::id::TraceId;
use siskin_sdk::propagation::xray;
use siskin_sdk::segment::Segment;
use siskin_sdk::testing::Daemon;

/// An example that runs; it is killed when this is dropped.
pub(crate) struct Service {
    child: Child,
    address: String,
    daemon: Daemon,
    client: Client,
}

/// An answer, and the trace it belongs to.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) trace_id: TraceId,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl Service {
    /// Starts the example and waits until it listens.
    pub(crate) fn start(example: &str) -> Self {
        let daemon = Daemon::start().unwrap();
        let mut child = Command::new(path(example))
            .env("PORT", "0")
            .env("AWS_XRAY_DAEMON_ADDRESS", daemon.address())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, address, daemon, client: Client::new() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    /// Sends a request that asks to be traced.
    pub(crate) async fn ask(&self, request: RequestBuilder) -> Answer {
        let trace_id = TraceId::random(0x64f0_c1aa);
        let response = request.header("x-amzn-trace-id", format!("Root={trace_id};Sampled=1")).send().await.unwrap();
        let answered = response.headers()["x-amzn-trace-id"].to_str().unwrap();
        assert_eq!(xray::parse(answered).unwrap().root, Some(trace_id));
        Answer { status: response.status().as_u16(), text: response.text().await.unwrap(), trace_id }
    }

    /// Waits for as many segments of the trace; ports are written as PORT.
    pub(crate) fn documents(&self, trace_id: TraceId, segments: usize) -> Vec<Segment> {
        self.daemon.wait_for(trace_id, segments)
    }

    /// Puts PORT where this start's port is.
    pub(crate) fn without_port(&self, text: &str) -> String {
        text.replace(self.address.rsplit(':').next().unwrap(), "PORT")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Already gone is gone.
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Where cargo puts an example: it builds them with the tests.
fn path(example: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().unwrap().parent().unwrap().join("examples").join(example);
    assert!(
        path.exists(),
        "{} is not built; `cargo build -p siskin-sdk --all-features --examples` does",
        path.display()
    );
    path
}
