//! What browsers that show the page hold, in both modes of isolation.

use std::fs;
use std::time::Duration;

use siskin_runner::browser::{Installation, Pool, Reaper, Session, SessionOptions};
use tokio::time::Instant;
use url::Url;

use crate::Failure;
use crate::contestant::Stage;

/// Runs at the same time.
pub(crate) const RUNS: usize = 4;
const PATIENCE: Duration = Duration::from_mins(1);

/// Mebibytes of proportional set size: memory that processes share is counted once.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) one_process: f64,
    pub(crate) per_process: f64,
    pub(crate) pool_idle: f64,
    pub(crate) per_context: f64,
}

pub(crate) async fn measure(stage: &Stage, installation: &Installation) -> Result<Held, Failure> {
    let url: Url = stage.url.parse()?;
    let work_dir = stage.folder.path().to_owned();
    let options = SessionOptions { work_dir: work_dir.clone(), ..SessionOptions::new(installation.clone()) };
    let deadline = || Instant::now() + PATIENCE;

    let reaper = Reaper::spawn_self()?;
    let mut sessions = Vec::new();
    let mut one_process = 0.0;
    for _ in 0..RUNS {
        let session = Session::launch(&reaper, &options, deadline()).await?;
        session.goto(&url, deadline()).await?;
        sessions.push(session);
        if sessions.len() == 1 {
            one_process = below_us();
        }
    }
    let per_process = below_us() / RUNS as f64;
    for session in sessions {
        session.close().await?;
    }

    let pool = Pool::new(reaper.clone(), installation.clone(), work_dir);
    Session::lease(&pool, &options, deadline()).await?.close().await?;
    let pool_idle = below_us();
    let mut sessions = Vec::new();
    for _ in 0..RUNS {
        let session = Session::lease(&pool, &options, deadline()).await?;
        session.goto(&url, deadline()).await?;
        sessions.push(session);
    }
    let per_context = (below_us() - pool_idle) / RUNS as f64;
    for session in sessions {
        session.close().await?;
    }
    pool.close().await?;
    reaper.close().await?;
    Ok(Held { one_process, per_process, pool_idle, per_context })
}

/// What the processes below this one hold.
fn below_us() -> f64 {
    let rows: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let parent = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()?;
            Some((pid, parent))
        })
        .collect();
    let mut below = vec![std::process::id()];
    let mut next = 0;
    while let Some(parent) = below.get(next).copied() {
        next += 1;
        below.extend(rows.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
    }
    below.iter().skip(1).map(|pid| proportional_mib(*pid)).sum()
}

fn proportional_mib(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
    let kib: f64 = line.split_ascii_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or_default();
    kib / 1024.0
}
