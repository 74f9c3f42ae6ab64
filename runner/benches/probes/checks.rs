//! The runner's side: whole runs of the `api` blueprint, each with its report and artifacts, in a process of their own.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{ChildStdin, ChildStdout};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Map, json};
use siskin_blueprints::{Arguments, Blueprint, Canary, Schedule, Subject};
use siskin_runner::browser::InstallOptions;
use siskin_runner::clock::Clock;
use siskin_runner::publish::Origin;
use siskin_runner::run::{BrowserSetup, Launch, Setting, launch};
use tokio_util::sync::CancellationToken;

use crate::usage::{cpu_seconds, peak_mib};
use crate::{AT_A_TIME, Beside, ENDPOINTS, Failure};

/// The process that checks, told to by lines on its input.
pub(crate) struct Checks {
    beside: Beside,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Checks {
    pub(crate) fn start(port: u16) -> Result<Self, Failure> {
        let mut beside = Beside::start("checks", &port.to_string())?;
        let orders = beside.0.stdin.take().ok_or("no input")?;
        let answers = BufReader::new(beside.0.stdout.take().ok_or("no output")?);
        Ok(Self { beside, orders, answers })
    }

    /// Checks every endpoint once, and gives the CPU seconds of it.
    pub(crate) fn round(&mut self) -> Result<f64, Failure> {
        let before = cpu_seconds(self.beside.0.id());
        writeln!(self.orders, "round")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.trim() != "done" {
            return Err(format!("the runner's checks: {answer}").into());
        }
        Ok(cpu_seconds(self.beside.0.id()) - before)
    }

    pub(crate) fn peak_mib(&self) -> f64 {
        peak_mib(self.beside.0.id())
    }
}

pub(crate) fn serve() -> Result<(), Failure> {
    let port: u16 = std::env::args().nth(1).ok_or("no port")?.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let artifacts = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let setting = Setting {
        clock: Clock::system(),
        artifacts: artifacts.path().to_owned(),
        origin: Origin::default(),
        browser: BrowserSetup::new(InstallOptions::default()),
        console: None,
    };
    let canaries: Vec<Arc<Canary>> =
        (0..ENDPOINTS).map(|number| canary(port, number).map(Arc::new)).collect::<Result<_, _>>()?;
    for order in io::stdin().lock().lines() {
        order?;
        match runtime.block_on(round(&canaries, &setting)) {
            Ok(()) => println!("done"),
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}

async fn round(canaries: &[Arc<Canary>], setting: &Setting) -> Result<(), Failure> {
    let runs = futures::stream::iter(canaries).map(|canary| async move {
        let now = setting.clock.now();
        Box::pin(launch(Launch::new(Arc::clone(canary), now, now), setting, CancellationToken::new())).await
    });
    let mut runs = runs.buffer_unordered(AT_A_TIME);
    while let Some(report) = runs.next().await {
        if let Some(reason) = report.outcome.reason() {
            return Err(reason.into());
        }
    }
    Ok(())
}

fn canary(port: u16, number: usize) -> Result<Canary, Failure> {
    let blueprint = Blueprint::named("api").ok_or("there is no api")?;
    let step = json!({"url": format!("http://127.0.0.1:{port}/{number}"), "status": 200});
    let given = Map::from_iter([("steps".to_owned(), json!([step]))]);
    let arguments = Arguments::parse(blueprint, given).map_err(|error| error.to_string())?;
    Ok(Canary {
        name: format!("endpoint-{number}").parse().map_err(|error| format!("{error}"))?,
        subject: Subject::Blueprint { blueprint, arguments },
        schedule: Schedule::Once,
        timeout: Duration::from_secs(30),
        variables: std::collections::BTreeMap::default(),
        hosts: Vec::new(),
        alarm: None,
    })
}
