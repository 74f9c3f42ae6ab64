//! Whole programs that open the page, check its status and write a picture.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use siskin_runner::browser::{Installation, SessionOptions};
use tempfile::TempDir;

use crate::Failure;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contestant {
    Siskin,
    Puppeteer,
    Playwright,
    ChromeCli,
}

impl Contestant {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Siskin => "siskin-runner run heartbeat",
            Self::Puppeteer => "puppeteer-core",
            Self::Playwright => "playwright-core",
            Self::ChromeCli => "chromium --screenshot",
        }
    }
}

/// Where all of them run.
pub(crate) struct Stage {
    pub(crate) url: String,
    pub(crate) folder: TempDir,
    browser: PathBuf,
    arguments: Vec<String>,
    /// Scripts with their modules beside them; `None` without Node.js.
    scripts: Option<PathBuf>,
}

impl Stage {
    pub(crate) fn new(installation: &Installation, url: String) -> Result<Self, Failure> {
        let arguments = SessionOptions::new(installation.clone()).arguments();
        let scripts = scripts()?;
        if scripts.is_none() {
            println!("no Node.js: Puppeteer and Playwright are left out");
        }
        // Short: Chrome's sockets lie below it.
        let folder = tempfile::Builder::new().prefix("sk").tempdir()?;
        Ok(Self { url, folder, browser: installation.programs.browser.clone(), arguments, scripts })
    }

    pub(crate) fn contestants(&self) -> Vec<Contestant> {
        let mut all = vec![Contestant::Siskin, Contestant::ChromeCli];
        if self.scripts.is_some() {
            all.extend([Contestant::Puppeteer, Contestant::Playwright]);
        }
        all
    }

    /// Runs one to its end, and checks that it made a picture.
    pub(crate) fn run(&self, contestant: Contestant) -> Result<Duration, Failure> {
        let folder = tempfile::Builder::new().prefix("r").tempdir_in(self.folder.path())?;
        let picture = folder.path().join("picture.png");
        let mut command = self.command(contestant, folder.path(), &picture)?;
        // Temporary files go where each program puts them by itself, or where TMPDIR of this process says.
        command.current_dir(folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        let began = Instant::now();
        let ended = command.stderr(Stdio::piped()).output()?;
        let took = began.elapsed();
        if !ended.status.success() {
            let said = String::from_utf8_lossy(&ended.stderr).into_owned();
            return Err(format!("{}: {} {said}", contestant.name(), ended.status).into());
        }
        let made =
            if contestant == Contestant::Siskin { find_picture(&folder.path().join("out")) } else { Some(picture) };
        let bytes = made.and_then(|path| fs::metadata(path).ok()).map_or(0, |file| file.len());
        if bytes == 0 { Err(format!("{} made no picture", contestant.name()).into()) } else { Ok(took) }
    }

    fn command(&self, contestant: Contestant, folder: &Path, picture: &Path) -> Result<Command, Failure> {
        Ok(match contestant {
            Contestant::Siskin => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_siskin-runner"));
                command.args(["run", "heartbeat", "--artifacts", "out", "--url", &self.url]);
                command.env_remove("AWS_ENDPOINT_URL");
                command
            }
            Contestant::ChromeCli => {
                let mut command = Command::new(&self.browser);
                command.args(&self.arguments).arg(format!("--user-data-dir={}", folder.join("profile").display()));
                command.arg(format!("--screenshot={}", picture.display())).arg(&self.url);
                command
            }
            Contestant::Puppeteer => self.script("puppeteer.js", picture)?,
            Contestant::Playwright => self.script("playwright.js", picture)?,
        })
    }

    fn script(&self, name: &str, picture: &Path) -> Result<Command, Failure> {
        let scripts = self.scripts.as_ref().ok_or("there is no Node.js")?;
        let task = json!({"browser": self.browser, "arguments": self.arguments, "url": self.url, "picture": picture});
        let mut command = Command::new("node");
        command.arg(scripts.join(name)).arg(task.to_string());
        Ok(command)
    }
}

fn find_picture(folder: &Path) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            find_picture(&path)
        } else {
            path.extension().is_some_and(|ending| ending == "png").then_some(path)
        }
    })
}

/// A folder below `target/` with the scripts and what they import.
fn scripts() -> Result<Option<PathBuf>, Failure> {
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|ran| ran.status.success());
    if !has("node") || !has("npm") {
        return Ok(None);
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/heartbeat");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("heartbeat");
    fs::create_dir_all(&folder)?;
    for name in ["package.json", "package-lock.json", "puppeteer.js", "playwright.js"] {
        fs::copy(source.join(name), folder.join(name))?;
    }
    let quietly = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    let installed = Command::new("npm").args(quietly).current_dir(&folder).output()?;
    if installed.status.success() {
        Ok(Some(folder))
    } else {
        Err(String::from_utf8_lossy(&installed.stderr).into_owned().into())
    }
}
