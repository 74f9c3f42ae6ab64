//! What a process has used so far.

use std::fs;

/// Seconds of CPU, of all its threads.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> =
        text.rsplit_once(')').map(|(_, rest)| rest.split_ascii_whitespace().collect()).unwrap_or_default();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    // utime and stime of proc(5), in ticks of 10 ms.
    (ticks(11) + ticks(12)) / 100.0
}

/// The most memory it ever held, in MiB.
pub(crate) fn peak_mib(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kib: f64 = line.split_ascii_whitespace().next().and_then(|text| text.parse().ok()).unwrap_or_default();
    kib / 1024.0
}
