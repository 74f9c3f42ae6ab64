//! One program that was started for a browser: how it is started, and what it says when it is ready.

use std::fs;
use std::io::{self, PipeReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::protocol::Devtools;
use super::work_dir::WorkDir;
use crate::browser::os::Pid;

/// What is kept of a program's output to explain why it did not start, in bytes.
const OUTPUT_TAIL_BYTES: usize = 2_000;
/// What is kept of it until it is ready.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;
const CHROME_READY: &str = "DevTools listening on ws://";
const DRIVER_READY: &str = "ChromeDriver was started successfully on port ";

/// Which of a browser's programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Chrome,
    Driver,
}

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Chrome => "Chrome",
            Self::Driver => "ChromeDriver",
        }
    }
}

/// A process under the reaper.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) pid: Pid,
    /// The requests to answer once it is ready.
    pub(super) waiting: Vec<u64>,
    /// Until when.
    until: Instant,
    /// ChromeDriver's, once it is ready.
    pub(super) port: Option<u16>,
    /// `None` once it has ended.
    output: Option<PipeReader>,
    output_tail: String,
}

/// A process that was just started, and what it says.
pub(super) type Spawned = (Pid, PipeReader);

impl Program {
    pub(super) fn new((pid, output): Spawned, request: u64, until: Instant) -> Self {
        let (waiting, output) = (vec![request], Some(output));
        Self { pid, waiting, until, port: None, output, output_tail: String::new() }
    }

    /// Where it says more, until it has ended.
    pub(super) fn output(&self) -> Option<&PipeReader> {
        self.output.as_ref()
    }

    /// Takes in what it has said, once there is something. `false` when that was the end.
    pub(super) fn read_output(&mut self) -> bool {
        let mut buffer = [0; 8192];
        match self.output.as_mut().map(|output| output.read(&mut buffer)) {
            Some(Ok(count)) if count > 0 => {
                self.hear(&String::from_utf8_lossy(buffer.get(..count).unwrap_or_default()));
                true
            }
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => true,
            Some(Ok(_) | Err(_)) | None => {
                self.output = None;
                false
            }
        }
    }

    fn hear(&mut self, text: &str) {
        self.output_tail.push_str(text);
        let most = if self.waiting.is_empty() { OUTPUT_TAIL_BYTES } else { OUTPUT_BYTES_MAX };
        let surplus = self.output_tail.len().saturating_sub(most);
        let surplus = self.output_tail.ceil_char_boundary(surplus);
        self.output_tail.drain(..surplus);
    }

    /// Its last words.
    pub(super) fn said(&self) -> &str {
        let surplus = self.output_tail.len().saturating_sub(OUTPUT_TAIL_BYTES);
        let from = self.output_tail.ceil_char_boundary(surplus);
        self.output_tail.get(from..).unwrap_or_default().trim()
    }

    /// Where Chrome's DevTools listen, once it has said so.
    pub(super) fn devtools(&self) -> Option<Devtools> {
        devtools_in(&self.output_tail)
    }

    /// ChromeDriver's port, once it has told it.
    pub(super) fn driver_port(&self) -> Option<u16> {
        driver_port_in(&self.output_tail)
    }

    pub(super) fn is_late(&self, now: Instant) -> bool {
        !self.waiting.is_empty() && self.until <= now
    }
}

fn devtools_in(output: &str) -> Option<Devtools> {
    let (_, rest) = output.split_once(CHROME_READY)?;
    let (address, _) = rest.split_once('\n')?;
    let (host, path) = address.trim_end().split_once('/')?;
    let (_, port) = host.rsplit_once(':')?;
    Some(Devtools { port: port.parse().ok()?, path: format!("/{path}") })
}

fn driver_port_in(output: &str) -> Option<u16> {
    let (_, rest) = output.split_once(DRIVER_READY)?;
    let (port, _) = rest.split_once('.')?;
    port.parse().ok()
}

/// Starts Chrome on an empty page, with a profile of its own.
pub(super) fn spawn_chrome(
    browser: &Path,
    arguments: &[String],
    preferences: &str,
    work_dir: &WorkDir,
) -> io::Result<Spawned> {
    let profile = work_dir.path().join("profile");
    let default = profile.join("Default");
    fs::create_dir_all(&default)?;
    fs::write(default.join("Preferences"), preferences)?;
    let mut command = Command::new(browser);
    command.args(arguments).arg("--remote-debugging-port=0");
    command.arg(format!("--user-data-dir={}", profile.display())).arg("about:blank");
    spawn(command, work_dir)
}

/// Starts ChromeDriver on a free port.
pub(super) fn spawn_driver(driver: &Path, work_dir: &WorkDir) -> io::Result<Spawned> {
    let mut command = Command::new(driver);
    command.arg("--port=0");
    spawn(command, work_dir)
}

fn spawn(mut command: Command, work_dir: &WorkDir) -> io::Result<Spawned> {
    let (output, into_output) = io::pipe()?;
    let child = command
        // Sockets and shared memory follow TMPDIR, and by it orphans are known.
        .env("TMPDIR", work_dir.path())
        // A crash report holds parts of the page: it goes with the rest.
        .env("BREAKPAD_DUMP_LOCATION", work_dir.path())
        // Chrome looks into the desktop's settings, which makes their cache in the user's home.
        .env("GSETTINGS_BACKEND", "memory")
        .current_dir(work_dir.path())
        .stdin(Stdio::null())
        .stdout(into_output.try_clone()?)
        .stderr(into_output)
        .process_group(0)
        .spawn()?;
    // Never waited for through `child`: the reaper collects all its children alike.
    Ok((child.id() as Pid, output))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn chromes_address_is_read_only_when_whole() {
        let line = "\nDevTools listening on ws://127.0.0.1:38123/devtools/browser/a-b";
        assert_eq!(devtools_in(line), None);
        let whole = format!("[1:2:ERROR] x\n{line}\n[1:2:ERROR] y");
        let expected = Devtools { port: 38123, path: "/devtools/browser/a-b".to_owned() };
        assert_eq!(devtools_in(&whole), Some(expected));
    }

    #[test]
    fn drivers_port_is_read_only_when_whole() {
        assert_eq!(driver_port_in("ChromeDriver was started successfully on port 38"), None);
        assert_eq!(driver_port_in("Starting..\nChromeDriver was started successfully on port 38123.\n"), Some(38123));
    }

    #[test]
    fn last_words_are_the_end_of_what_was_said() {
        let (output, mut into_output) = io::pipe().unwrap();
        let mut program = Program::new((2, output), 1, Instant::now());
        into_output.write_all("x".repeat(OUTPUT_TAIL_BYTES).as_bytes()).unwrap();
        into_output.write_all(b"no display\n").unwrap();
        drop(into_output);
        while program.read_output() {}
        assert!(program.output().is_none());
        assert!(program.said().ends_with("no display"));
        assert!(program.said().len() <= OUTPUT_TAIL_BYTES);
    }
}
