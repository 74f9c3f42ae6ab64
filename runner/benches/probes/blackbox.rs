//! The exporter's side: its `http_2xx` module, asked for each endpoint as Prometheus asks.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures::StreamExt;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::usage::{cpu_seconds, peak_mib};
use crate::{AT_A_TIME, ENDPOINTS, Failure};

const PROGRAM: &str = "prometheus-blackbox-exporter";
const READY_WITHIN: u32 = 200;
const LOOK_EVERY: Duration = Duration::from_millis(50);
const CONFIG: &str =
    "modules:\n  http_2xx:\n    prober: http\n    timeout: 30s\n    http:\n      preferred_ip_protocol: ip4\n";

pub(crate) struct Blackbox {
    program: Child,
    port: u16,
    endpoints: u16,
    client: reqwest::Client,
    runtime: Runtime,
    _config: TempDir,
}

impl Blackbox {
    /// Starts it; `None` when it is not installed.
    pub(crate) fn start(endpoints: u16) -> Result<Option<Self>, Failure> {
        let config = tempfile::tempdir()?;
        let file = config.path().join("blackbox.yml");
        fs::write(&file, CONFIG)?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let program = Command::new(PROGRAM)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let program = match program {
            Ok(program) => program,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let client = reqwest::Client::new();
        let this = Self { program, port, endpoints, client, runtime, _config: config };
        this.runtime.block_on(this.ready())?;
        Ok(Some(this))
    }

    async fn ready(&self) -> Result<(), Failure> {
        for _ in 0..READY_WITHIN {
            if self.client.get(format!("http://127.0.0.1:{}/-/healthy", self.port)).send().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(format!("{PROGRAM} does not answer").into())
    }

    /// Has every endpoint checked once, and gives the CPU seconds of it.
    pub(crate) fn round(&mut self) -> Result<f64, Failure> {
        let before = cpu_seconds(self.program.id());
        self.runtime.block_on(async {
            let probes = futures::stream::iter(0..ENDPOINTS).map(|number| self.probe(number));
            let mut probes = probes.buffer_unordered(AT_A_TIME);
            while let Some(probed) = probes.next().await {
                probed?;
            }
            Ok::<(), Failure>(())
        })?;
        Ok(cpu_seconds(self.program.id()) - before)
    }

    async fn probe(&self, number: usize) -> Result<(), Failure> {
        let target = format!("http://127.0.0.1:{}/{number}", self.endpoints);
        let probe = format!("http://127.0.0.1:{}/probe?module=http_2xx&target={target}", self.port);
        let text = self.client.get(probe).send().await?.text().await?;
        if text.contains("\nprobe_success 1") { Ok(()) } else { Err(format!("{target}: {text}").into()) }
    }

    pub(crate) fn peak_mib(&self) -> f64 {
        peak_mib(self.program.id())
    }
}

impl Drop for Blackbox {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.program.kill());
        drop(self.program.wait());
    }
}
