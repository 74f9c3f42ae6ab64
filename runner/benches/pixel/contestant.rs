//! Whole programs that compare two files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::Failure;
use crate::pairs::Pair;
use crate::role::COMPARE;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// This one, with the flavours of `role`.
    Siskin(&'static str),
    Odiff,
    OdiffAntialiasing,
    /// A library in Node.js: its name, and `aa` or `all`.
    Node(&'static str, &'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Verdict,
    Difference,
}

/// What one run gave.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) took: Duration,
    pub(crate) changed: u64,
    /// Only this program tells.
    pub(crate) peak_kib: u64,
}

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Stage {
    /// `None` without Node.js and npm.
    peers: Option<PathBuf>,
    difference: PathBuf,
}

impl Stage {
    pub(crate) fn new(folder: &Path) -> Result<Self, Failure> {
        let peers = install(folder)?;
        if peers.is_none() {
            println!("no Node.js with npm: odiff, pixelmatch and BlazeDiff are left out");
        }
        Ok(Self { peers, difference: folder.join("difference.png") })
    }

    pub(crate) fn has_peers(&self) -> bool {
        self.peers.is_some()
    }

    pub(crate) fn run(&self, program: Program, pair: &Pair, output: Output) -> Result<Ran, Failure> {
        let mut command = self.command(program, pair, output)?;
        let began = Instant::now();
        let ended = command.stdin(Stdio::null()).output()?;
        let took = began.elapsed();
        // 22: odiff found a difference.
        if !matches!(ended.status.code(), Some(0 | 22)) {
            return Err(format!("{command:?}: {} {}", ended.status, String::from_utf8_lossy(&ended.stderr)).into());
        }
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        let mut words = said.split(|sign: char| !sign.is_ascii_digit()).filter_map(|word| word.parse().ok());
        let (changed, peak_kib) = (words.next().unwrap_or(0), words.next().unwrap_or(0));
        Ok(Ran { took, changed, peak_kib })
    }

    fn command(&self, program: Program, pair: &Pair, output: Output) -> Result<Command, Failure> {
        let files = [&pair.before, &pair.after];
        let peers = || self.peers.as_ref().ok_or("there is no Node.js");
        let mut command = match program {
            Program::Siskin(flavour) => {
                let mut command = Command::new(std::env::current_exe()?);
                command.args([COMPARE, flavour]).args(files);
                command
            }
            Program::Odiff | Program::OdiffAntialiasing => {
                let mut command = Command::new(peers()?.join("node_modules/@odiff/linux-x64/odiff"));
                command.args(files);
                if output == Output::Difference {
                    command.arg(&self.difference);
                }
                command.arg("--parsable-stdout");
                if program == Program::OdiffAntialiasing {
                    command.arg("--aa");
                }
                return Ok(command);
            }
            Program::Node(library, flavour) => {
                let mut command = Command::new("node");
                command.arg(peers()?.join("peer.js")).args([library, flavour]).args(files);
                command
            }
        };
        if output == Output::Difference {
            command.arg(&self.difference);
        }
        Ok(command)
    }

    /// The most memory a program held while it compared, in KiB, read every millisecond.
    pub(crate) fn peak_kib(&self, program: Program, pair: &Pair, output: Output) -> Result<u64, Failure> {
        let mut command = self.command(program, pair, output)?;
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let status = format!("/proc/{}/status", child.id());
        let mut peak = 0;
        while child.try_wait()?.is_none() {
            let text = fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
            let kib = line.split_ascii_whitespace().next().and_then(|kib| kib.parse().ok());
            peak = peak.max(kib.unwrap_or(0));
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(peak)
    }
}

/// A folder with the script and what it imports.
fn install(folder: &Path) -> Result<Option<PathBuf>, Failure> {
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|ran| ran.status.success());
    if !has("node") || !has("npm") {
        return Ok(None);
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/pixel");
    let peers = folder.join("peers");
    fs::create_dir_all(&peers)?;
    for name in ["package.json", "package-lock.json", "peer.js"] {
        fs::copy(source.join(name), peers.join(name))?;
    }
    let quietly = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    let installed = Command::new("npm").args(quietly).current_dir(&peers).output()?;
    if installed.status.success() {
        Ok(Some(peers))
    } else {
        Err(String::from_utf8_lossy(&installed.stderr).into_owned().into())
    }
}
