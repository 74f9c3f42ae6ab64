//! Whether this machine can run browser canaries, tried out.

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::install::{InstallOptions, Installation};
use super::reaper::Reaper;
use super::session::{Area, Session, SessionOptions};

/// A fresh Chrome takes 200-400 MiB.
const MEMORY_MIB_MIN: u64 = 512;
/// A first start reads some 300 MB from disk.
const LAUNCH_PATIENCE: Duration = Duration::from_secs(30);

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub finding: Finding,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    Fine(String),
    /// Works, but not for long or not well.
    Warning(String),
    /// Browser canaries cannot run.
    Problem(String),
}

/// All checks, in the order they were made; a problem ends them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoctorReport {
    pub checks: Vec<Check>,
}

impl DoctorReport {
    /// Whether browser canaries can run here.
    pub fn is_healthy(&self) -> bool {
        !self.checks.iter().any(|check| matches!(check.finding, Finding::Problem(_)))
    }
}

/// Finds the browser, looks at the memory, and opens a session that takes a picture.
pub async fn doctor(options: &InstallOptions, reaper: &Reaper, work_dir: &Path) -> DoctorReport {
    let mut checks =
        vec![Check { name: "memory", finding: memory(std::fs::read_to_string("/proc/meminfo").ok().as_deref()) }];
    let installation = match Installation::find(options).await {
        Ok(installation) => installation,
        Err(error) => {
            checks.push(Check { name: "browser", finding: Finding::Problem(error.to_string()) });
            return DoctorReport { checks };
        }
    };
    checks.push(Check {
        name: "browser",
        finding: Finding::Fine(format!("{} {}", installation.browser.display(), installation.browser_version)),
    });
    checks.push(Check {
        name: "driver",
        finding: Finding::Fine(format!("{} {}", installation.driver.display(), installation.driver_version)),
    });
    let options = SessionOptions { work_dir: work_dir.to_owned(), ..SessionOptions::new(installation) };
    checks.push(Check { name: "launch", finding: launch(reaper, &options).await });
    DoctorReport { checks }
}

async fn launch(reaper: &Reaper, options: &SessionOptions) -> Finding {
    let began = Instant::now();
    let deadline = began + LAUNCH_PATIENCE;
    let session = match Session::launch(reaper, options, deadline).await {
        Ok(session) => session,
        Err(error) => return Finding::Problem(error.to_string()),
    };
    let started = began.elapsed();
    let pictured = session.screenshot(Area::Viewport, deadline).await;
    let closed = session.close().await;
    match pictured.map(|_| ()).and(closed) {
        Ok(()) => Finding::Fine(format!(
            "started in {} ms, picture taken after {} ms",
            started.as_millis(),
            began.elapsed().as_millis()
        )),
        Err(error) => Finding::Problem(error.to_string()),
    }
}

/// Reads the memory that can still be had from the text of `/proc/meminfo`.
fn memory(meminfo: Option<&str>) -> Finding {
    let available = meminfo
        .and_then(|text| text.lines().find_map(|line| line.strip_prefix("MemAvailable:")))
        .and_then(|rest| rest.split_ascii_whitespace().next()?.parse::<u64>().ok())
        .map(|kib| kib / 1024);
    match available {
        None => Finding::Warning("free memory is unknown".to_owned()),
        Some(mib) if mib < MEMORY_MIB_MIN => {
            Finding::Warning(format!("{mib} MiB free: a browser takes up to {MEMORY_MIB_MIN} MiB"))
        }
        Some(mib) => Finding::Fine(format!("{mib} MiB free")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_mib() {
        let text = "MemTotal: 9 kB\nMemAvailable:   2097152 kB\n";
        assert_eq!(memory(Some(text)), Finding::Fine("2048 MiB free".to_owned()));
        assert!(matches!(memory(Some("MemAvailable: 1024 kB")), Finding::Warning(_)));
        assert!(matches!(memory(None), Finding::Warning(_)));
    }
}
