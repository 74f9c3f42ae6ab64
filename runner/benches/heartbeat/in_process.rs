//! Runs as the daemon makes them, one after another in one process: with a Chrome each, and on a shared one.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use siskin_blueprints::{Arguments, Blueprint, Canary, Schedule, Subject};
use siskin_runner::browser::InstallOptions;
use siskin_runner::clock::Clock;
use siskin_runner::config::KeepPassed;
use siskin_runner::publish::Origin;
use siskin_runner::run::{BrowserSetup, Isolation, Launch, Scripts, Setting, Threads, launch};
use siskin_runner::visual::VisualSetting;
use tokio_util::sync::CancellationToken;

use crate::contestant::Stage;
use crate::{Failure, cpu, page};

/// What is done after a run shall not count as the next one's: the reaper ends a Chrome, and a shared one makes a context.
const END: Duration = Duration::from_millis(500);

/// Milliseconds: the wall times of the runs, and the CPU time of this process and its reaper for one.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    pub(crate) fresh: Vec<f64>,
    pub(crate) pooled: Vec<f64>,
    pub(crate) fresh_cpu: Cpu,
    pub(crate) pooled_cpu: Cpu,
}

/// Milliseconds of CPU for one run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cpu {
    pub(crate) runner: f64,
    pub(crate) reaper: f64,
}

impl Cpu {
    fn add_part(&mut self, before: Self, after: Self, parts: usize) {
        self.runner += (after.runner - before.runner) / parts as f64;
        self.reaper += (after.reaper - before.reaper) / parts as f64;
    }

    pub(crate) fn whole(self) -> f64 {
        self.runner + self.reaper
    }
}

pub(crate) async fn measure(stage: &Stage, rounds: usize) -> Result<Runs, Failure> {
    let canary = Arc::new(canary(&stage.url)?);
    let setting = |isolation, folder: &str| Setting {
        visual: VisualSetting::beside(Path::new("")),
        clock: Clock::system(),
        artifacts: stage.folder.path().join(folder),
        origin: Origin::default(),
        browser: BrowserSetup::with_isolation(InstallOptions::default(), isolation),
        console: None,
        keep_passed: KeepPassed::Folder,
        scripts: Scripts::default(),
        threads: Threads::new(8),
    };
    let fresh = setting(Isolation::Process, "fresh");
    let pooled = setting(Isolation::Context, "pooled");
    let mut runs = Runs::default();
    // The first run of each finds the browser, and starts the shared one.
    one(&canary, &fresh).await?;
    one(&canary, &pooled).await?;
    let reapers = reapers()?;
    for _ in 0..rounds {
        let before = own_cpu(&reapers)?;
        runs.fresh.push(one(&canary, &fresh).await?);
        tokio::time::sleep(END).await;
        let between = own_cpu(&reapers)?;
        runs.pooled.push(one(&canary, &pooled).await?);
        tokio::time::sleep(END).await;
        runs.fresh_cpu.add_part(before, between, rounds);
        runs.pooled_cpu.add_part(between, own_cpu(&reapers)?, rounds);
    }
    fresh.browser.close().await;
    pooled.browser.close().await;
    Ok(runs)
}

async fn one(canary: &Arc<Canary>, setting: &Setting) -> Result<f64, Failure> {
    let now = setting.clock.now();
    let began = Instant::now();
    let report = Box::pin(launch(Launch::new(Arc::clone(canary), now, now), setting, CancellationToken::new())).await;
    let took = began.elapsed();
    match report.outcome.reason() {
        None => Ok(took.as_secs_f64() * 1000.0),
        Some(reason) => Err(reason.into()),
    }
}

fn canary(url: &str) -> Result<Canary, Failure> {
    let blueprint = Blueprint::named("heartbeat").ok_or("there is no heartbeat")?;
    let given = Map::from_iter([("url".to_owned(), Value::from(url))]);
    let arguments = Arguments::parse(blueprint, given).map_err(|error| error.to_string())?;
    Ok(Canary {
        name: "heartbeat".parse().map_err(|error| format!("{error}"))?,
        subject: Subject::Blueprint { blueprint, arguments },
        schedule: Schedule::Once,
        timeout: Duration::from_secs(30),
        variables: std::collections::BTreeMap::default(),
        hosts: Vec::new(),
        alarm: None,
    })
}

/// CPU that this process and its reapers have used; Chrome's is not among it.
fn own_cpu(reapers: &[u32]) -> Result<Cpu, Failure> {
    let mut used = Cpu { runner: cpu::used_ms(std::process::id())?, reaper: 0.0 };
    for reaper in reapers {
        used.reaper += cpu::used_ms(*reaper)?;
    }
    Ok(used)
}

/// The children of this process but for the page's server.
fn reapers() -> Result<Vec<u32>, Failure> {
    let mut found = Vec::new();
    for thread in fs::read_dir("/proc/self/task")? {
        // A thread that has ended since has none.
        let children = fs::read_to_string(thread?.path().join("children")).unwrap_or_default();
        for child in children.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()) {
            let command = fs::read(format!("/proc/{child}/cmdline"))?;
            if !command.windows(page::SERVE.len()).any(|part| part == page::SERVE.as_bytes()) {
                found.push(child);
            }
        }
    }
    Ok(found)
}
