//! A process from its start to its end: time, CPU, memory, and what it found.

use std::collections::BTreeSet;
use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Failure;

#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) seconds: f64,
    /// User and system, of all its threads.
    pub(crate) cpu: f64,
    /// The most memory it held.
    pub(crate) peak_mib: f64,
    pub(crate) output: Vec<u8>,
    pub(crate) found: String,
    /// Addresses it calls broken.
    pub(crate) broken: BTreeSet<String>,
}

/// Runs `command` to its end; it exits with 0, 1 or 2.
pub(crate) fn run(mut command: Command) -> Result<Run, Failure> {
    let output = tempfile::NamedTempFile::new()?;
    command.stdin(Stdio::null()).stdout(File::create(output.path())?).stderr(Stdio::null());
    let (before, began) = (children(), Instant::now());
    let mut child = command.spawn()?;
    // The kernel tells peaks of processes that were waited for only as the largest of all, so it is read on the way.
    let status = format!("/proc/{}/status", child.id());
    let mut peak_mib: f64 = 0.0;
    let ended = loop {
        if let Some(ended) = child.try_wait()? {
            break ended;
        }
        peak_mib = peak_mib.max(peak(&status));
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    let seconds = began.elapsed().as_secs_f64();
    match ended.code() {
        Some(0..=2) => {}
        other => return Err(format!("{command:?} ended with {other:?}").into()),
    }
    let output = std::fs::read(output.path())?;
    Ok(Run { seconds, cpu: children() - before, peak_mib, output, found: String::new(), broken: BTreeSet::new() })
}

fn peak(status: &str) -> f64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_ascii_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

/// CPU seconds of children that were waited for.
fn children() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> =
        text.rsplit_once(')').map(|(_, rest)| rest.split_ascii_whitespace().collect()).unwrap_or_default();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    // cutime and cstime of proc(5), in ticks of 10 ms.
    (ticks(13) + ticks(14)) / 100.0
}

/// The run whose time is in the middle.
pub(crate) fn median(mut runs: Vec<Run>) -> Run {
    runs.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
    runs.swap_remove(runs.len() / 2)
}
