//! Whether this machine can run browser canaries, tried out.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::install::{InstallOptions, Installation};
use super::memory;
use super::os;
use super::reaper::Reaper;
use super::session::{Session, SessionOptions};
use super::still::Area;

/// A profile has some 10 MB, a full-page picture and a download more.
const DISK_MIB_MIN: u64 = 200;
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

/// Looks at memory and disk, finds the browser and whether its driver fits, and opens a session that takes a picture.
pub async fn doctor(options: &InstallOptions, reaper: &Reaper, work_dir: &Path) -> DoctorReport {
    let mut checks = vec![
        Check { name: "memory", finding: memory(memory::available_mib()) },
        Check { name: "disk", finding: disk(work_dir, os::free_bytes(work_dir)) },
    ];
    let installation = match Installation::find(options).await {
        Ok(installation) => installation,
        Err(error) => {
            checks.push(Check { name: "browser", finding: Finding::Problem(error.to_string()) });
            return DoctorReport { checks };
        }
    };
    checks.push(Check {
        name: "browser",
        finding: Finding::Fine(format!("{} {}", installation.programs.browser.display(), installation.browser_version)),
    });
    checks.push(Check {
        name: "driver",
        finding: Finding::Fine(format!("{} {}", installation.programs.driver.display(), installation.driver_version)),
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

fn memory(available_mib: Option<u64>) -> Finding {
    match available_mib {
        None => Finding::Warning("free memory is unknown".to_owned()),
        Some(mib) if memory::preflight(available_mib).is_err() => Finding::Problem(memory::advice(mib)),
        Some(mib) if mib < memory::NEEDED_MIB => Finding::Warning(memory::advice(mib)),
        Some(mib) => Finding::Fine(format!("{mib} MiB free, room for {} browsers", mib / memory::NEEDED_MIB)),
    }
}

fn disk(folder: &Path, free: io::Result<u64>) -> Finding {
    let folder = folder.display();
    match free.map(|bytes| bytes / (1024 * 1024)) {
        Err(error) => Finding::Problem(format!("{folder}: {error}; name a folder that can be written in TMPDIR")),
        Ok(mib) if mib < DISK_MIB_MIN => Finding::Warning(format!(
            "{mib} MiB free in {folder}, a browser takes up to {DISK_MIB_MIN} MiB: make room, or name another folder in \
             TMPDIR"
        )),
        Ok(mib) => Finding::Fine(format!("{mib} MiB free in {folder}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_fine_tight_or_too_little() {
        assert_eq!(memory(Some(2048)), Finding::Fine("2048 MiB free, room for 4 browsers".to_owned()));
        assert!(matches!(memory(Some(511)), Finding::Warning(text) if text.contains("--browsers")));
        assert!(matches!(memory(Some(100)), Finding::Problem(_)));
        assert!(matches!(memory(None), Finding::Warning(_)));
    }

    #[test]
    fn a_full_or_missing_folder_is_told_with_what_to_do() {
        let folder = Path::new("/work");
        assert_eq!(disk(folder, Ok(300 << 20)), Finding::Fine("300 MiB free in /work".to_owned()));
        assert!(matches!(disk(folder, Ok(0)), Finding::Warning(text) if text.contains("TMPDIR")));
        let missing = disk(folder, os::free_bytes(Path::new("/no/such/folder")));
        assert!(matches!(missing, Finding::Problem(text) if text.contains("No such file")));
    }
}
