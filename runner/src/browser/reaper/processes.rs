//! Which processes descend from the reaper, read from `/proc`.

use std::collections::{HashMap, HashSet};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::browser::os::{self, Pid, Reaped};

/// How long a kill loop goes on. `SIGKILL` takes milliseconds; only a process in the kernel's
/// uninterruptible sleep (a dead network disk) needs longer, and no one can wait for that.
const KILL_PATIENCE: Duration = Duration::from_secs(5);
/// Between two looks: at first, and at most.
const KILL_PAUSE: Duration = Duration::from_millis(2);
const KILL_PAUSE_MAX: Duration = Duration::from_millis(16);
/// A killed Chrome is gone after some 30 ms, and its crash handlers with it.
const GROUPS_PATIENCE: Duration = Duration::from_millis(100);

/// One row of the process table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Process {
    pid: Pid,
    parent: Pid,
    group: Pid,
    dead: bool,
}

/// Kills everything below the reaper until nothing is left, reaping as it goes.
///
/// Returns how many would not die.
pub(super) fn kill_all() -> usize {
    kill_until_gone(descendants)
}

/// Kills what belongs to one browser: the groups of its `leaders`, their descendants, and orphans marked by its folder.
/// The reaper has no other browser if it is `alone`.
///
/// Returns how many would not die.
pub(super) fn kill_session(leaders: &[Pid], work_dir: &Path, alone: bool) -> usize {
    if alone && kill_groups(leaders) {
        return 0;
    }
    kill_until_gone(|table, reaper| session_members(table, reaper, leaders, work_dir))
}

/// Kills groups, and tells whether the reaper has no child any more soon after: then nothing at all is below it, since
/// whatever loses its parent becomes its child, and nobody has to look through the table of all processes.
fn kill_groups(leaders: &[Pid]) -> bool {
    // The number of one that was collected may be another process's by now, and nobody's child of ours.
    if !leaders.iter().all(|leader| child(*leader).is_some()) {
        return false;
    }
    for leader in leaders {
        // A refusal shows: something is left then.
        drop(os::kill_group(*leader));
    }
    let until = Instant::now() + GROUPS_PATIENCE;
    let mut pause = KILL_PAUSE;
    loop {
        thread::sleep(pause);
        if reap_dead() == Reaped::Childless {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        pause = KILL_PAUSE_MAX.min(pause * 2);
    }
}

/// Collects the children that have died, and tells whether there are others.
pub(super) fn reap_dead() -> Reaped {
    loop {
        match os::reap() {
            Reaped::Dead(_) => {}
            others => return others,
        }
    }
}

/// Kills what a reaper that was itself killed left running in `work_dir`.
pub(super) fn kill_strays(work_dir: &Path) -> usize {
    kill_until_gone(|table, _| strays(table, |pid| environment_names(pid, work_dir)))
}

/// The marked processes with their groups: Chrome's children overwrite the environment that marks
/// them, but stay in Chrome's group.
fn strays(table: &[Process], is_marked: impl Fn(Pid) -> bool) -> Vec<Pid> {
    let groups: HashSet<Pid> = table.iter().filter(|row| is_marked(row.pid)).map(|row| row.group).collect();
    table.iter().filter(|row| !row.dead && groups.contains(&row.group)).map(|row| row.pid).collect()
}

/// Whether `pid` is a child of the reaper that still runs.
pub(super) fn is_running_child(pid: Pid) -> bool {
    child(pid).is_some_and(|row| !row.dead)
}

/// The row of a child of the reaper, which may be dead and not collected.
fn child(pid: Pid) -> Option<Process> {
    let row = row_of(pid)?;
    (row.parent == std::process::id() as Pid).then_some(row)
}

fn row_of(pid: Pid) -> Option<Process> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn kill_until_gone(select: impl Fn(&[Process], Pid) -> Vec<Pid>) -> usize {
    let reaper = std::process::id() as Pid;
    let until = Instant::now() + KILL_PATIENCE;
    loop {
        reap_dead();
        let targets = select(&process_table(), reaper);
        if targets.is_empty() || Instant::now() >= until {
            // Those that died since: no one after the reaper would collect them soon.
            reap_dead();
            return targets.len();
        }
        for pid in &targets {
            // A refusal shows in the next round: the process is still there and gets counted.
            drop(os::kill(*pid));
        }
        // The whole table again only when these are gone: it has hundreds of rows, and dying takes many looks.
        let mut left: HashSet<Pid> = targets.into_iter().collect();
        let mut pause = KILL_PAUSE;
        while !left.is_empty() && Instant::now() < until {
            thread::sleep(pause);
            // Whoever loses its parent becomes the reaper's child, so that collecting them tells of most.
            while let Reaped::Dead(dead) = os::reap() {
                left.remove(&dead);
            }
            if pause == KILL_PAUSE_MAX {
                left.retain(|pid| still_runs(*pid));
            }
            pause = KILL_PAUSE_MAX.min(pause * 2);
        }
    }
}

fn still_runs(pid: Pid) -> bool {
    row_of(pid).is_some_and(|row| !row.dead)
}

fn session_members(table: &[Process], reaper: Pid, leaders: &[Pid], work_dir: &Path) -> Vec<Pid> {
    let below: HashSet<Pid> = leaders.iter().flat_map(|leader| descendants(table, *leader)).collect();
    let groups: HashMap<Pid, Pid> = table.iter().map(|row| (row.pid, row.group)).collect();
    descendants(table, reaper)
        .into_iter()
        .filter(|pid| {
            leaders.contains(pid)
                || below.contains(pid)
                // Chrome's children stay in its group ...
                || groups.get(pid).is_some_and(|group| leaders.contains(group))
                // ... its crash handlers leave it, but keep the environment.
                || environment_names(*pid, work_dir)
        })
        .collect()
}

/// Everything below `root` that still runs, children before grandchildren.
fn descendants(table: &[Process], root: Pid) -> Vec<Pid> {
    let mut children: HashMap<Pid, Vec<&Process>> = HashMap::new();
    for row in table {
        children.entry(row.parent).or_default().push(row);
    }
    let mut found = Vec::new();
    let mut next = vec![root];
    while let Some(parent) = next.pop() {
        for row in children.get(&parent).into_iter().flatten() {
            next.push(row.pid);
            if !row.dead {
                found.push(row.pid);
            }
        }
    }
    found
}

fn process_table() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<Pid>().ok())
        // A process that ends while we look has no row any more.
        .filter_map(row_of)
        .collect()
}

/// Reads pid, state, parent and group of one `/proc/PID/stat` line (proc(5)).
fn parse_stat(stat: &str) -> Option<Process> {
    // The name is in brackets and may itself hold brackets and blanks: what counts is the last one.
    let (head, tail) = stat.rsplit_once(')')?;
    let pid = head.split(' ').next()?.parse().ok()?;
    let mut fields = tail.split_ascii_whitespace();
    let state = fields.next()?;
    Some(Process {
        pid,
        parent: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
        dead: state == "Z" || state == "X",
    })
}

fn environment_names(pid: Pid, work_dir: &Path) -> bool {
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else {
        return false;
    };
    environment
        .split(|byte| *byte == 0)
        .filter_map(|variable| variable.strip_prefix(b"TMPDIR="))
        .any(|value| value == work_dir.as_os_str().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pid: Pid, parent: Pid) -> Process {
        Process { pid, parent, group: pid, dead: false }
    }

    #[test]
    fn stat_with_a_bracket_in_the_name() {
        let stat = "42 (a) b (c)) S 7 42 42 0 -1 4194560 1";
        assert_eq!(parse_stat(stat), Some(Process { pid: 42, parent: 7, group: 42, dead: false }));
        assert!(parse_stat("9 (x) Z 1 9 9").is_some_and(|row| row.dead));
        assert_eq!(parse_stat("rubbish"), None);
    }

    #[test]
    fn descendants_leave_others_alone() {
        let table = [row(2, 1), row(3, 2), row(4, 3), row(5, 1), row(6, 5)];
        let mut found = descendants(&table, 2);
        found.sort_unstable();
        assert_eq!(found, [3, 4]);
    }

    #[test]
    fn strays_are_whole_groups() {
        let mut renderer = row(11, 10);
        renderer.group = 10;
        let table = [row(10, 1), renderer, row(12, 1)];
        assert_eq!(strays(&table, |pid| pid == 10), [10, 11]);
    }

    #[test]
    fn orphan_in_a_leaders_group_is_a_member() {
        let mut orphan = row(30, 2);
        orphan.group = 10;
        let table = [row(10, 2), orphan, row(20, 2)];
        let mut found = session_members(&table, 2, &[10], Path::new("/nowhere"));
        found.sort_unstable();
        assert_eq!(found, [10, 30]);
    }
}
