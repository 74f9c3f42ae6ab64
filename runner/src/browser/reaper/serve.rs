//! The helper's side: starts browsers on request, drains their output, kills when told or orphaned.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::ARGUMENT;
use super::processes;
use super::program::{Program, Role, spawn_chrome, spawn_driver};
use super::protocol::{Action, BrowserId, LINE_BYTES_MAX, Outcome, Reply, Request};
use super::work_dir::{self, WorkDir};
use crate::browser::os::{self, Pid};

/// Events not yet looked at; a full queue only makes the reading threads wait.
const EVENTS_MAX: usize = 256;
/// ChromeDriver is ready after 8-14 ms on a quiet machine.
const DRIVER_PATIENCE: Duration = Duration::from_secs(10);
/// Chrome's DevTools listen after 150 ms on a quiet machine; a first start reads some 300 MB from disk.
const CHROME_PATIENCE: Duration = Duration::from_mins(1);
/// How often dead children are collected while browsers run.
const REAP_EVERY: Duration = Duration::from_secs(1);

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
    let mut server = Server { browsers: HashMap::new(), events, next_browser: 1, roots: Vec::new() };
    server.run(&incoming);
    server.end();
    Ok(())
}

#[derive(Debug)]
enum Event {
    Request(Request),
    RunnerGone,
    Output { of: (BrowserId, Role), text: String },
    OutputEnded { of: (BrowserId, Role) },
}

/// A Chrome with its folder, and its ChromeDriver if it has one.
#[derive(Debug)]
struct Browser {
    chrome: Program,
    driver: Option<Program>,
    work_dir: WorkDir,
    /// One of the programs died by itself, and what it left behind was killed.
    ended: bool,
}

impl Browser {
    fn program(&mut self, role: Role) -> Option<&mut Program> {
        match role {
            Role::Chrome => Some(&mut self.chrome),
            Role::Driver => self.driver.as_mut(),
        }
    }

    fn pids(&self) -> Vec<Pid> {
        [Some(&self.chrome), self.driver.as_ref()].into_iter().flatten().map(|program| program.pid).collect()
    }

    /// `alone` when the reaper has no other browser.
    fn kill(&self, alone: bool) -> usize {
        processes::kill_session(&self.pids(), self.work_dir.path(), alone)
    }
}

#[derive(Debug)]
struct Server {
    browsers: HashMap<BrowserId, Browser>,
    events: SyncSender<Event>,
    next_browser: u64,
    /// Where working folders were made, and litter therefore looked for.
    roots: Vec<PathBuf>,
}

impl Server {
    /// Returns when the runner is gone.
    fn run(&mut self, incoming: &Receiver<Event>) {
        loop {
            let event = if self.browsers.is_empty() {
                incoming.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                incoming.recv_timeout(REAP_EVERY)
            };
            let answered = match event {
                Ok(Event::Request(request)) => self.serve_request(request),
                Ok(Event::Output { of, text }) => self.hear(of, &text),
                Ok(Event::OutputEnded { of }) => self.program_ended(of),
                Err(RecvTimeoutError::Timeout) => self.look_after_browsers(),
                Ok(Event::RunnerGone) | Err(RecvTimeoutError::Disconnected) => return,
            };
            processes::reap_dead();
            if answered.is_err() {
                return;
            }
        }
    }

    fn serve_request(&mut self, request: Request) -> io::Result<()> {
        let id = request.id;
        match request.action {
            Action::Start { browser, arguments, preferences, root } => {
                match self.start(id, &browser, &arguments, &preferences, &root) {
                    Ok(()) => Ok(()),
                    Err(error) => reply(id, &refused(Role::Chrome, &browser, &root, &error)),
                }
            }
            Action::StartDriver { browser, driver } => self.start_driver(id, browser, &driver),
            Action::Stop { browser } => {
                let outcome = self.stop(browser);
                reply(id, &outcome)
            }
        }
    }

    fn start(
        &mut self,
        request: u64,
        program: &Path,
        arguments: &[String],
        preferences: &str,
        root: &Path,
    ) -> io::Result<()> {
        let work_dir = WorkDir::create(root)?;
        let id = BrowserId(self.next_browser);
        let started = spawn_chrome(program, arguments, preferences, &work_dir)
            .and_then(|(pid, output)| self.listen((id, Role::Chrome), output).map(|()| pid));
        match started {
            Ok(pid) => {
                self.next_browser += 1;
                let chrome = Program::new(pid, request, Instant::now() + CHROME_PATIENCE);
                self.browsers.insert(id, Browser { chrome, driver: None, work_dir, ended: false });
            }
            Err(error) => {
                work_dir.remove()?;
                return Err(error);
            }
        }
        // While Chrome starts: what an earlier reaper left there is no hurry.
        if !self.roots.iter().any(|known| known == root) {
            work_dir::sweep(root);
            self.roots.push(root.to_owned());
        }
        Ok(())
    }

    fn start_driver(&mut self, request: u64, id: BrowserId, program: &Path) -> io::Result<()> {
        let Some(browser) = self.browsers.get_mut(&id).filter(|browser| !browser.ended) else {
            return reply(request, &Outcome::Failed("the browser is gone".to_owned()));
        };
        if let Some(driver) = &mut browser.driver {
            if let Some(port) = driver.port {
                return reply(request, &Outcome::DriverStarted { port });
            }
            driver.waiting.push(request);
            return Ok(());
        }
        let started = spawn_driver(program, &browser.work_dir);
        let started = started.and_then(|(pid, output)| self.listen((id, Role::Driver), output).map(|()| pid));
        match (started, self.browsers.get_mut(&id)) {
            (Ok(pid), Some(browser)) => {
                browser.driver = Some(Program::new(pid, request, Instant::now() + DRIVER_PATIENCE));
                Ok(())
            }
            (Ok(_), None) => reply(request, &Outcome::Failed("the browser is gone".to_owned())),
            (Err(error), browser) => {
                let folder = browser.map(|browser| browser.work_dir.path().to_owned()).unwrap_or_default();
                reply(request, &refused(Role::Driver, program, &folder, &error))
            }
        }
    }

    /// Has a thread read what a program says.
    fn listen(&self, of: (BrowserId, Role), output: io::PipeReader) -> io::Result<()> {
        let events = self.events.clone();
        let reading = thread::Builder::new().name("output".to_owned());
        reading.spawn(move || read_output(of, output, &events)).map(drop)
    }

    fn stop(&mut self, id: BrowserId) -> Outcome {
        let Some(browser) = self.browsers.remove(&id) else {
            return Outcome::Stopped { survivors: 0 };
        };
        let survivors = browser.kill(self.browsers.is_empty());
        match browser.work_dir.remove() {
            Ok(()) => Outcome::Stopped { survivors },
            Err(error) => Outcome::Failed(format!("working folder is still there: {error}")),
        }
    }

    fn hear(&mut self, (id, role): (BrowserId, Role), text: &str) -> io::Result<()> {
        let Some(program) = self.browsers.get_mut(&id).and_then(|browser| browser.program(role)) else {
            return Ok(());
        };
        program.hear(text);
        if program.waiting.is_empty() {
            return Ok(());
        }
        let ready = || match role {
            Role::Chrome => Some(Outcome::Started { browser: id, devtools: program.devtools()? }),
            Role::Driver => Some(Outcome::DriverStarted { port: program.driver_port()? }),
        };
        let Some(outcome) = ready() else { return Ok(()) };
        program.port = program.driver_port();
        std::mem::take(&mut program.waiting).into_iter().try_for_each(|request| reply(request, &outcome))
    }

    /// A program that ends by itself takes the other one along: what they started goes at once, their folder
    /// when the runner has read what it needs and asks for the stop.
    fn program_ended(&mut self, (id, role): (BrowserId, Role)) -> io::Result<()> {
        let alone = self.browsers.len() == 1;
        let Some(browser) = self.browsers.get_mut(&id) else {
            return Ok(());
        };
        let Some(program) = browser.program(role) else { return Ok(()) };
        let said = program.said().to_owned();
        let waiting = std::mem::take(&mut program.waiting);
        if role == Role::Chrome && !waiting.is_empty() {
            self.stop(id);
        } else {
            browser.ended = true;
            browser.kill(alone);
        }
        let outcome = Outcome::Misconfigured(format!("{} ended at its start: {said}", role.name()));
        waiting.into_iter().try_for_each(|request| reply(request, &outcome))
    }

    fn look_after_browsers(&mut self) -> io::Result<()> {
        // Children inherit a program's output, so that may stay open when the program is gone.
        let mut gone = Vec::new();
        for (id, browser) in self.browsers.iter().filter(|(_, browser)| !browser.ended) {
            let programs = [(Role::Chrome, Some(&browser.chrome)), (Role::Driver, browser.driver.as_ref())];
            let dead = programs
                .into_iter()
                .find(|(_, program)| program.is_some_and(|program| !processes::is_running_child(program.pid)));
            gone.extend(dead.map(|(role, _)| (*id, role)));
        }
        for program in gone {
            self.program_ended(program)?;
        }
        self.give_up_late_starts()
    }

    fn give_up_late_starts(&mut self) -> io::Result<()> {
        let now = Instant::now();
        let late = |program: &Program| program.is_late(now).then(|| program.waiting.clone());
        let late: Vec<(BrowserId, Role, Vec<u64>)> = self
            .browsers
            .iter()
            .filter_map(|(id, browser)| {
                let chrome = late(&browser.chrome).map(|requests| (*id, Role::Chrome, requests));
                chrome.or_else(|| Some((*id, Role::Driver, browser.driver.as_ref().and_then(late)?)))
            })
            .collect();
        for (id, role, requests) in late {
            self.stop(id);
            let patience = if role == Role::Chrome { CHROME_PATIENCE } else { DRIVER_PATIENCE };
            let outcome = Outcome::Failed(format!("{} was not ready after {} s", role.name(), patience.as_secs()));
            requests.into_iter().try_for_each(|request| reply(request, &outcome))?;
        }
        Ok(())
    }

    fn end(&mut self) {
        processes::kill_all();
        for (_, browser) in self.browsers.drain() {
            // No one is left to tell; the next reaper sweeps what cannot be removed now.
            drop(browser.work_dir.remove());
        }
    }
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

fn read_output(of: (BrowserId, Role), mut output: io::PipeReader, events: &SyncSender<Event>) {
    let mut buffer = vec![0; 8192];
    loop {
        let event = match output.read(&mut buffer) {
            Ok(0) => Event::OutputEnded { of },
            Ok(count) => Event::Output {
                of,
                text: String::from_utf8_lossy(buffer.get(..count).unwrap_or_default()).into_owned(),
            },
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => Event::OutputEnded { of },
        };
        let last = matches!(event, Event::OutputEnded { .. });
        if events.send(event).is_err() || last {
            return;
        }
    }
}

fn refused(role: Role, program: &Path, root: &Path, error: &io::Error) -> Outcome {
    let name = role.name();
    let message = format!("{name} {} cannot be started in {}: {error}", program.display(), root.display());
    match error.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::InvalidFilename
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::ReadOnlyFilesystem => Outcome::Misconfigured(message),
        _ => Outcome::Failed(message),
    }
}

fn reply(id: u64, outcome: &Outcome) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Reply { id, outcome: outcome.clone() })?;
    line.push(b'\n');
    let mut output = io::stdout().lock();
    output.write_all(&line)?;
    output.flush()
}
