//! However a run ends, nothing of it is left: whole programs, broken off in every way we know.
//!
//! The suite makes one run of each kind. `SISKIN_CLEANUP_RUNS=200 cargo test -p siskin-runner --test browser cleanup --
//! --nocapture` makes that many, holds each to one second, and prints how long the slowest took.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::bench::REAPER;
use crate::lifetime::kill;
use crate::site::Site;

/// How many runs to make; unset, one of each kind.
const RUNS: &str = "SISKIN_CLEANUP_RUNS";
/// What the proof allows between the end of the program and the end of everything it started.
const GONE_WITHIN: Duration = Duration::from_secs(1);
/// What the suite allows on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(10);
/// A run whose page hangs takes its script's timeout and a browser's start and end.
const RUN_PATIENCE: Duration = Duration::from_mins(1);
const INIT: i32 = 1;
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How a run is broken off.
#[derive(Clone, Copy, Debug)]
enum Break {
    /// Not at all: the script ends.
    Nothing,
    ChromeKilled,
    DriverKilled,
    PageHangs,
    AlertOpen,
    DownloadRunning,
    /// The runner gets `SIGKILL` while its script waits on a page.
    KilledOnPage,
    /// The runner gets `SIGKILL` as soon as Chrome runs: it is only being started.
    KilledAtLaunch,
    /// The runner gets `SIGKILL` while a file is being saved.
    KilledInDownload,
}

const BREAKS: &[Break] = &[
    Break::Nothing,
    Break::ChromeKilled,
    Break::DriverKilled,
    Break::PageHangs,
    Break::AlertOpen,
    Break::DownloadRunning,
    Break::KilledOnPage,
    Break::KilledAtLaunch,
    Break::KilledInDownload,
];

impl Break {
    /// The page that is opened, and what the script does there.
    fn script(self, site: &Site) -> String {
        let wait = "page::wait_for_text(\"never there\");";
        let (path, then) = match self {
            Self::Nothing => ("/", ""),
            Self::ChromeKilled | Self::KilledOnPage | Self::KilledAtLaunch => ("/", wait),
            // Nothing but a click needs it.
            Self::DriverKilled => ("/", "element::click(\"#never-there\");"),
            Self::PageHangs => ("/hang-at-load", ""),
            Self::AlertOpen => ("/alert", "page::title();"),
            Self::DownloadRunning => ("/downloads", "page::title();"),
            Self::KilledInDownload => ("/downloads", wait),
        };
        format!("page::open(\"{}\");\n{then}\n", site.url(path))
    }

    /// The request after which the run is broken off.
    fn sign(self) -> Option<&'static str> {
        match self {
            Self::ChromeKilled | Self::DriverKilled | Self::KilledOnPage => Some("/"),
            Self::KilledInDownload => Some("/endless-download"),
            Self::Nothing | Self::PageHangs | Self::AlertOpen | Self::DownloadRunning | Self::KilledAtLaunch => None,
        }
    }
}

/// A run of the program in a folder of its own.
struct Run {
    root: TempDir,
    program: Child,
    pid: i32,
    /// Every process that was ever seen below it, with its start: an id alone may be given again.
    seen: HashSet<(i32, String)>,
    /// TCP ports on which any of them listened.
    ports: BTreeSet<u16>,
}

impl Run {
    fn start(kind: Break, site: &Site) -> Self {
        let root = tempfile::Builder::new().prefix("sk").tempdir().unwrap();
        for folder in ["tmp", "home", "out"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        fs::write(root.path().join("run.rhai"), kind.script(site)).unwrap();
        let host = site.url("/");
        let host = format!("{}:{}", host.host_str().unwrap(), host.port().unwrap());
        let program = Command::new(REAPER)
            .args(["run", "run.rhai", "--timeout", "4s", "--artifacts", "out", "--allow-host", &host])
            .current_dir(root.path())
            .env("TMPDIR", root.path().join("tmp"))
            .env("HOME", root.path().join("home"))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_CACHE_HOME")
            .env_remove("AWS_ENDPOINT_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let pid = i32::try_from(program.id().unwrap()).unwrap();
        Self { root, program, pid, seen: HashSet::new(), ports: BTreeSet::new() }
    }

    /// Notes who descends from the program now, and where they listen.
    fn look(&mut self) -> Vec<Process> {
        let table = processes();
        let known: HashSet<i32> = self.seen.iter().map(|(pid, _)| *pid).chain([self.pid]).collect();
        let mut below: HashSet<i32> = known;
        // Parents may come after their children in the table.
        loop {
            let more: Vec<i32> = table.iter().filter(|row| below.contains(&row.parent)).map(|row| row.pid).collect();
            let before = below.len();
            below.extend(more);
            if below.len() == before {
                break;
            }
        }
        let found: Vec<Process> =
            table.into_iter().filter(|row| row.pid != self.pid && below.contains(&row.pid)).collect();
        self.seen.extend(found.iter().map(|row| (row.pid, row.started.clone())));
        self.ports.extend(listening(&found));
        found
    }

    /// Breaks the run off, and waits until the program has ended.
    async fn end(&mut self, kind: Break, site: &Site) {
        let deadline = Instant::now() + RUN_PATIENCE;
        let mut broken = false;
        let signs = |site: &Site| kind.sign().is_some_and(|path| !site.seen(path).is_empty());
        while self.program.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "{kind:?}: the program does not end");
            let below = self.look();
            let named = |part: &str| below.iter().filter(|row| row.command.contains(part)).map(|row| row.pid).collect();
            if !broken && signs(site) {
                let victims = match kind {
                    Break::ChromeKilled => named("chromium"),
                    Break::DriverKilled => named("chromedriver"),
                    _ => vec![self.pid],
                };
                broken = !victims.is_empty();
                victims.into_iter().for_each(kill);
            }
            let launching = matches!(kind, Break::KilledAtLaunch) && !Vec::is_empty(&named("chromium"));
            if launching {
                kill(self.pid);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// What is left of the run: processes, folders and files, sockets, ports.
    fn remains(&self) -> Vec<String> {
        let table = processes();
        let mut left: Vec<String> = table
            .iter()
            // The dead reaper of a killed runner waits for init, which takes its time; nothing of it is left but its row.
            .filter(|row| !(row.dead && row.parent == INIT))
            .filter(|row| self.seen.contains(&(row.pid, row.started.clone())) || row.works_below(self.root.path()))
            .map(|row| format!("process {} {}", row.pid, row.command))
            .collect();
        for folder in ["tmp", "home"] {
            left.extend(files(&self.root.path().join(folder)).iter().map(|path| format!("file {}", path.display())));
        }
        let root = self.root.path().to_string_lossy().into_owned();
        let sockets = fs::read_to_string("/proc/net/unix").unwrap();
        left.extend(sockets.lines().filter(|line| line.contains(&root)).map(|line| format!("socket {line}")));
        let open: BTreeSet<u16> = listeners().into_iter().map(|(port, _)| port).collect();
        left.extend(self.ports.intersection(&open).map(|port| format!("port {port}")));
        left
    }
}

struct Process {
    pid: i32,
    parent: i32,
    dead: bool,
    /// Ticks since the machine's start.
    started: String,
    command: String,
}

impl Process {
    fn works_below(&self, root: &Path) -> bool {
        let mark = format!("TMPDIR={}", root.display()).into_bytes();
        let environment = fs::read(format!("/proc/{}/environ", self.pid)).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(&mark))
    }
}

fn processes() -> Vec<Process> {
    let row = |pid: i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        let started = (*fields.get(19)?).to_owned();
        let dead = matches!(*fields.first()?, "Z" | "X");
        Some(Process { pid, parent: fields.get(1)?.parse().ok()?, dead, started, command })
    };
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| row(entry.file_name().to_str()?.parse().ok()?)).collect()
}

/// Ports on which somebody listens, with the sockets' inodes.
fn listeners() -> Vec<(u16, String)> {
    let mut found = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            // Columns of proc(5): 1 is the local address, 3 the state, 9 the inode; 0A is LISTEN.
            if let (Some(local), Some(&"0A"), Some(inode)) = (fields.get(1), fields.get(3), fields.get(9))
                && let Some((_, port)) = local.rsplit_once(':')
            {
                found.push((u16::from_str_radix(port, 16).unwrap(), (*inode).to_owned()));
            }
        }
    }
    found
}

fn listening(processes: &[Process]) -> Vec<u16> {
    let open = listeners();
    let mut ports = Vec::new();
    for process in processes {
        for descriptor in fs::read_dir(format!("/proc/{}/fd", process.pid)).into_iter().flatten().flatten() {
            let Ok(target) = fs::read_link(descriptor.path()) else { continue };
            let target = target.to_string_lossy().into_owned();
            let Some(inode) = target.strip_prefix("socket:[").and_then(|rest| rest.strip_suffix(']')) else { continue };
            ports.extend(open.iter().filter(|(_, own)| own == inode).map(|(port, _)| *port));
        }
    }
    ports
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        found.push(entry.path());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(files(&entry.path()));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_cleanup_leaves_nothing_however_a_run_ends() {
    let runs: Option<usize> = std::env::var(RUNS).ok().map(|text| text.parse().unwrap());
    let _turn = crate::bench::turn().await;
    let mut slowest = (Duration::ZERO, Break::Nothing);
    let mut processes_seen = 0;
    for number in 0..runs.unwrap_or(BREAKS.len()) {
        let kind = BREAKS[number % BREAKS.len()];
        let site = Site::start().await;
        let mut run = Run::start(kind, &site);
        run.end(kind, &site).await;
        let ended = Instant::now();
        let allowed = if runs.is_some() { GONE_WITHIN } else { PATIENCE };
        loop {
            let looked = ended.elapsed();
            let left = run.remains();
            if left.is_empty() {
                if looked > slowest.0 {
                    slowest = (looked, kind);
                }
                break;
            }
            assert!(looked < allowed, "run {number}, {kind:?}: left after {looked:?}: {left:#?}");
            sleep(LOOK_EVERY).await;
        }
        let least = if matches!(kind, Break::KilledAtLaunch) { 2 } else { 5 };
        assert!(run.seen.len() >= least, "{kind:?}: the run had no browser: {:?}", run.seen);
        processes_seen += run.seen.len();
    }
    if let Some(runs) = runs {
        let (took, kind) = slowest;
        println!("{runs} runs, {processes_seen} processes: nothing left; slowest {} ms ({kind:?})", took.as_millis());
    }
}
