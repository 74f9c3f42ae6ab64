//! Whether there is room for a browser, asked before one is started: a machine out of memory kills what it likes.

use std::fs;
use std::path::Path;

/// What a fresh Chrome with a page takes in use, in MiB: 200-400 by measurement, more with a heavy page.
pub(crate) const NEEDED_MIB: u64 = 512;
/// Less than this, in MiB, and Chrome or its page is killed at its start.
const REFUSED_BELOW_MIB: u64 = 200;

/// The memory that can still be had, in MiB: the machine's, or what the container's limit leaves; `None` when neither
/// can be read.
pub(crate) fn available_mib() -> Option<u64> {
    let read = |path: &Path| fs::read_to_string(path).ok();
    let machine = read(Path::new("/proc/meminfo")).and_then(|text| of_machine(&text));
    let container = CONTROL_GROUPS.iter().find_map(|(limit, used, cache)| {
        let limit = limit_of_container(&read(Path::new(limit))?)?;
        of_container(limit, &read(Path::new(used))?, &read(Path::new(cache))?)
    });
    machine.into_iter().chain(container).min()
}

/// Says no when a browser has no room.
pub(crate) fn preflight(available_mib: Option<u64>) -> Result<(), String> {
    match available_mib {
        Some(mib) if mib < REFUSED_BELOW_MIB => Err(advice(mib)),
        Some(_) | None => Ok(()),
    }
}

/// What is wrong and what to do.
pub(crate) fn advice(mib: u64) -> String {
    format!(
        "{mib} MiB of memory free, a browser takes {NEEDED_MIB} MiB: run fewer browsers at a time (--browsers), end other \
         programs, or give the machine or container more memory"
    )
}

/// Limit, use and its break-down, of control groups version 2 and 1 as they stand inside a container.
const CONTROL_GROUPS: &[(&str, &str, &str)] = &[
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current", "/sys/fs/cgroup/memory.stat"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
        "/sys/fs/cgroup/memory/memory.stat",
    ),
];

fn of_machine(meminfo: &str) -> Option<u64> {
    let rest = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = rest.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kib / 1024)
}

/// Bytes; `None` without a limit, for which version 2 says `max`, and version 1 a number beyond any machine.
fn limit_of_container(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|limit| *limit < 1 << 62)
}

/// Cached files count as used and are given up when memory is short.
fn of_container(limit: u64, used: &str, stat: &str) -> Option<u64> {
    let used: u64 = used.trim().parse().ok()?;
    let cached = stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.trim().parse().ok()).unwrap_or(0u64);
    Some(limit.saturating_sub(used.saturating_sub(cached)) / (1024 * 1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_memory_is_read_in_mib() {
        assert_eq!(of_machine("MemTotal: 9 kB\nMemAvailable:   2097152 kB\n"), Some(2048));
        assert_eq!(of_machine("MemTotal: 9 kB\n"), None);
    }

    #[test]
    fn a_containers_limit_leaves_what_is_not_in_use() {
        const MIB: u64 = 1024 * 1024;
        let stat = format!("anon 1\ninactive_file {}\n", 100 * MIB);
        assert_eq!(of_container(512 * MIB, &format!("{}\n", 400 * MIB), &stat), Some(212));
        assert_eq!(of_container(512 * MIB, &format!("{}", 600 * MIB), ""), Some(0));
        assert_eq!(limit_of_container(&format!("{}\n", 512 * MIB)), Some(512 * MIB));
        assert_eq!(limit_of_container("max\n"), None);
        assert_eq!(limit_of_container("9223372036854771712\n"), None);
    }

    #[test]
    fn too_little_is_refused_with_what_to_do() {
        assert!(preflight(Some(199)).unwrap_err().starts_with("199 MiB of memory free, a browser takes 512 MiB: run"));
        assert_eq!(preflight(Some(200)), Ok(()));
        assert_eq!(preflight(None), Ok(()));
    }
}
