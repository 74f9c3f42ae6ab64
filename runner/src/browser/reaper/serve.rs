//! The helper's side: starts drivers on request, drains their output, kills when told or orphaned.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::ARGUMENT;
use super::processes;
use super::protocol::{Action, DriverId, LINE_BYTES_MAX, Outcome, Reply, Request};
use super::work_dir::{self, WorkDir};
use crate::browser::os::{self, Pid};

/// Events not yet looked at; a full queue only makes the reading threads wait.
const EVENTS_MAX: usize = 256;
/// ChromeDriver is ready after 8-14 ms on a quiet machine.
const START_PATIENCE: Duration = Duration::from_secs(10);
/// How often dead children are collected while drivers run.
const REAP_EVERY: Duration = Duration::from_secs(1);
/// What is kept of a driver's output to explain why it did not start, in bytes.
const OUTPUT_TAIL_BYTES: usize = 2_000;
const READY: &str = "ChromeDriver was started successfully on port ";

/// Serves as the reaper if this process was started as one, and returns its exit code then.
///
/// Every `main` of a binary that opens browsers calls this first, before any runtime or thread.
pub fn run_if_requested() -> Option<ExitCode> {
    if std::env::args_os().nth(1)? != *ARGUMENT {
        return None;
    }
    Some(match serve() {
        Ok(()) => ExitCode::SUCCESS,
        // The runner sees the closed pipe and reports a reaper that went away.
        Err(_) => ExitCode::from(4),
    })
}

fn serve() -> io::Result<()> {
    os::become_subreaper()?;
    let (events, incoming) = sync_channel(EVENTS_MAX);
    let requests = events.clone();
    thread::Builder::new().name("requests".to_owned()).spawn(move || read_requests(&requests))?;
    let mut server = Server { drivers: HashMap::new(), events, next_driver: 1, roots: Vec::new() };
    server.run(&incoming);
    server.end();
    Ok(())
}

#[derive(Debug)]
enum Event {
    Request(Request),
    RunnerGone,
    Output { driver: DriverId, text: String },
    OutputEnded { driver: DriverId },
}

#[derive(Debug)]
struct Driver {
    pid: Pid,
    work_dir: WorkDir,
    /// The request to answer once the port is known, and until when.
    waiting: Option<(u64, Instant)>,
    output_tail: String,
    /// It died by itself, and what it left behind was killed.
    ended: bool,
}

#[derive(Debug)]
struct Server {
    drivers: HashMap<DriverId, Driver>,
    events: SyncSender<Event>,
    next_driver: u64,
    /// Where working folders were made, and litter therefore looked for.
    roots: Vec<PathBuf>,
}

impl Server {
    /// Returns when the runner is gone.
    fn run(&mut self, incoming: &Receiver<Event>) {
        loop {
            let event = if self.drivers.is_empty() {
                incoming.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                incoming.recv_timeout(REAP_EVERY)
            };
            let answered = match event {
                Ok(Event::Request(request)) => self.serve_request(request),
                Ok(Event::Output { driver, text }) => self.read_output(driver, &text),
                Ok(Event::OutputEnded { driver }) => self.driver_ended(driver),
                Err(RecvTimeoutError::Timeout) => self.look_after_drivers(),
                Ok(Event::RunnerGone) | Err(RecvTimeoutError::Disconnected) => return,
            };
            processes::reap_dead();
            if answered.is_err() {
                return;
            }
        }
    }

    fn serve_request(&mut self, request: Request) -> io::Result<()> {
        match request.action {
            Action::Start { driver, root } => match self.start(request.id, &driver, &root) {
                Ok(()) => Ok(()),
                Err(error) => reply(request.id, refused(&driver, &root, &error)),
            },
            Action::Stop { driver } => {
                let outcome = self.stop(driver);
                reply(request.id, outcome)
            }
        }
    }

    fn start(&mut self, request: u64, program: &Path, root: &Path) -> io::Result<()> {
        if !self.roots.iter().any(|known| known == root) {
            work_dir::sweep(root);
            self.roots.push(root.to_owned());
        }
        let work_dir = WorkDir::create(root)?;
        let started = spawn(program, &work_dir).and_then(|(pid, output)| {
            let driver = DriverId(self.next_driver);
            let events = self.events.clone();
            thread::Builder::new().name("output".to_owned()).spawn(move || read_output(driver, output, &events))?;
            Ok((driver, pid))
        });
        match started {
            Ok((driver, pid)) => {
                self.next_driver += 1;
                self.drivers.insert(
                    driver,
                    Driver {
                        pid,
                        work_dir,
                        waiting: Some((request, Instant::now() + START_PATIENCE)),
                        output_tail: String::new(),
                        ended: false,
                    },
                );
                Ok(())
            }
            Err(error) => {
                work_dir.remove()?;
                Err(error)
            }
        }
    }

    fn stop(&mut self, driver: DriverId) -> Outcome {
        let Some(driver) = self.drivers.remove(&driver) else {
            return Outcome::Stopped { survivors: 0 };
        };
        let survivors = processes::kill_session(driver.pid, driver.work_dir.path());
        match driver.work_dir.remove() {
            Ok(()) => Outcome::Stopped { survivors },
            Err(error) => Outcome::Failed(format!("working folder is still there: {error}")),
        }
    }

    fn read_output(&mut self, id: DriverId, text: &str) -> io::Result<()> {
        let Some(driver) = self.drivers.get_mut(&id) else {
            return Ok(());
        };
        driver.output_tail.push_str(text);
        let port = driver.waiting.is_some().then(|| port_in(&driver.output_tail));
        if let Some(Some(port)) = port
            && let Some((request, _)) = driver.waiting.take()
        {
            driver.output_tail.clear();
            return reply(request, Outcome::Started { driver: id, port });
        }
        let surplus = driver.output_tail.len().saturating_sub(OUTPUT_TAIL_BYTES);
        let surplus = driver.output_tail.ceil_char_boundary(surplus);
        driver.output_tail.drain(..surplus);
        Ok(())
    }

    /// A driver that ends by itself leaves Chrome behind: what it started goes at once, its folder
    /// when the runner has read what it needs and asks for the stop.
    fn driver_ended(&mut self, id: DriverId) -> io::Result<()> {
        let Some(driver) = self.drivers.get_mut(&id) else {
            return Ok(());
        };
        match driver.waiting.take() {
            None => {
                driver.ended = true;
                processes::kill_session(driver.pid, driver.work_dir.path());
                Ok(())
            }
            Some((request, _)) => {
                let said = driver.output_tail.trim().to_owned();
                self.stop(id);
                reply(request, Outcome::Misconfigured(format!("ChromeDriver ended at its start: {said}")))
            }
        }
    }

    fn look_after_drivers(&mut self) -> io::Result<()> {
        // Chrome inherits its driver's output, so that may stay open when the driver is gone.
        let gone: Vec<DriverId> = self
            .drivers
            .iter()
            .filter(|(_, driver)| !driver.ended && !processes::is_running_child(driver.pid))
            .map(|(id, _)| *id)
            .collect();
        for driver in gone {
            self.driver_ended(driver)?;
        }
        self.give_up_late_starts()
    }

    fn give_up_late_starts(&mut self) -> io::Result<()> {
        let now = Instant::now();
        let late: Vec<(DriverId, u64)> = self
            .drivers
            .iter()
            .filter_map(|(id, driver)| match driver.waiting {
                Some((request, until)) if until <= now => Some((*id, request)),
                _ => None,
            })
            .collect();
        for (driver, request) in late {
            self.stop(driver);
            reply(
                request,
                Outcome::Failed(format!("ChromeDriver was not ready after {} s", START_PATIENCE.as_secs())),
            )?;
        }
        Ok(())
    }

    fn end(&mut self) {
        processes::kill_all();
        for (_, driver) in self.drivers.drain() {
            // No one is left to tell; the next reaper sweeps what cannot be removed now.
            drop(driver.work_dir.remove());
        }
    }
}

fn spawn(program: &Path, work_dir: &WorkDir) -> io::Result<(Pid, io::PipeReader)> {
    let (output, into_output) = io::pipe()?;
    let child = Command::new(program)
        .arg("--port=0")
        // Chrome's profile, sockets and shared memory all follow TMPDIR.
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

fn read_requests(events: &SyncSender<Event>) {
    let mut input = BufReader::new(io::stdin());
    loop {
        let mut line = String::new();
        let read = input.by_ref().take(LINE_BYTES_MAX).read_line(&mut line);
        let request = match read {
            Ok(0) | Err(_) => None,
            Ok(_) => serde_json::from_str(&line).ok(),
        };
        // A runner that talks nonsense is as good as gone.
        let event = request.map_or(Event::RunnerGone, Event::Request);
        let last = matches!(event, Event::RunnerGone);
        if events.send(event).is_err() || last {
            return;
        }
    }
}

fn read_output(driver: DriverId, mut output: io::PipeReader, events: &SyncSender<Event>) {
    let mut buffer = vec![0; 8192];
    loop {
        let event = match output.read(&mut buffer) {
            Ok(0) => Event::OutputEnded { driver },
            Ok(count) => Event::Output {
                driver,
                text: String::from_utf8_lossy(buffer.get(..count).unwrap_or_default()).into_owned(),
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => Event::OutputEnded { driver },
        };
        let last = matches!(event, Event::OutputEnded { .. });
        if events.send(event).is_err() || last {
            return;
        }
    }
}

fn port_in(output: &str) -> Option<u16> {
    let (_, rest) = output.split_once(READY)?;
    let (port, _) = rest.split_once('.')?;
    port.parse().ok()
}

fn refused(program: &Path, root: &Path, error: &io::Error) -> Outcome {
    let message = format!("ChromeDriver {} cannot be started in {}: {error}", program.display(), root.display());
    match error.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::InvalidFilename
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::ReadOnlyFilesystem => Outcome::Misconfigured(message),
        _ => Outcome::Failed(message),
    }
}

fn reply(id: u64, outcome: Outcome) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Reply { id, outcome })?;
    line.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&line)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_is_read_only_when_whole() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 38"), None);
        assert_eq!(port_in("Starting..\nChromeDriver was started successfully on port 38123.\n"), Some(38123));
    }
}
