//! How much memory is left, for this machine or this container.
//!
//! Sources: `man 5 proc_meminfo`, and "Memory" in the kernel's `admin-guide/cgroup-v2`.

use std::fs;
use std::path::{Path, PathBuf};

/// Bytes that can still be used: the smaller of the machine's and of every control group above this process.
///
/// `None` where neither tells, as outside of Linux.
pub(super) fn available() -> Option<u64> {
    let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| of_meminfo(&text));
    let groups =
        fs::read_to_string("/proc/self/cgroup").ok().and_then(|text| of_groups(&text, Path::new("/sys/fs/cgroup")));
    [machine, groups].into_iter().flatten().min()
}

fn of_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The least that a group above the process leaves, for version 2 of control groups.
fn of_groups(text: &str, root: &Path) -> Option<u64> {
    let own = text.lines().find_map(|line| line.strip_prefix("0::"))?.trim_start_matches('/');
    let below: PathBuf = root.join(own);
    below.ancestors().take_while(|group| group.starts_with(root)).filter_map(of_group).min()
}

fn of_group(group: &Path) -> Option<u64> {
    let number = |name: &str| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    // "max" is no number: then the group sets no limit.
    let free = number("memory.max")?.saturating_sub(number("memory.current")?);
    // The page cache goes when it must.
    let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let cache = stat.lines().find_map(|line| line.strip_prefix("inactive_file ")?.parse::<u64>().ok());
    Some(free + cache.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells_what_is_available() {
        assert_eq!(of_meminfo("MemTotal: 100 kB\nMemAvailable:     42 kB\n"), Some(43_008));
        assert_eq!(of_meminfo("MemTotal: 100 kB\n"), None);
        assert!(available().is_some_and(|bytes| bytes > 0));
    }

    #[test]
    fn the_tightest_group_counts() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("pods/one");
        fs::create_dir_all(&own).unwrap();
        let set = |group: &Path, max: &str, current: &str| {
            fs::write(group.join("memory.max"), max).unwrap();
            fs::write(group.join("memory.current"), current).unwrap();
        };
        set(&own, "1000\n", "300\n");
        set(&root.path().join("pods"), "max\n", "900\n");
        assert_eq!(of_groups("0::/pods/one\n", root.path()), Some(700));
        fs::write(own.join("memory.stat"), "anon 5\ninactive_file 100\n").unwrap();
        assert_eq!(of_groups("0::/pods/one\n", root.path()), Some(800));
        set(&root.path().join("pods"), "1000\n", "900\n");
        assert_eq!(of_groups("0::/pods/one\n", root.path()), Some(100));
        assert_eq!(of_groups("4:memory:/pods\n", root.path()), None);
    }
}
