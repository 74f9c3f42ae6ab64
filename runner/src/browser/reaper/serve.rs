//! The helper's side: starts browsers on request, drains their output, kills when told or orphaned.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::ARGUMENT;
use super::processes;
use super::program::{Program, Role, spawn_chrome, spawn_driver};
use super::protocol::{Action, BrowserId, Outcome, Reply, Request, Requests};
use super::work_dir::{self, WorkDir};
use crate::browser::os::{self, Pid};

/// ChromeDriver is ready after 8-14 ms on a quiet machine.
const DRIVER_PATIENCE: Duration = Duration::from_secs(10);
/// Chrome's DevTools listen after 150 ms on a quiet machine; a first start reads some 300 MB from disk.
const CHROME_PATIENCE: Duration = Duration::from_mins(1);
/// How often dead children are collected while browsers run.
const REAP_EVERY: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };

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
    let mut server = Server { browsers: HashMap::new(), next_browser: 1, roots: Vec::new() };
    let ended = server.run(&mut Requests::open()?);
    server.end();
    ended
}

/// What has something to be read.
#[derive(Debug, Clone, Copy)]
enum Source {
    Requests,
    Output(BrowserId, Role),
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

    fn programs(&self) -> impl Iterator<Item = (Role, &Program)> {
        let driver = self.driver.as_ref().map(|driver| (Role::Driver, driver));
        std::iter::once((Role::Chrome, &self.chrome)).chain(driver)
    }

    fn pids(&self) -> Vec<Pid> {
        self.programs().map(|(_, program)| program.pid).collect()
    }

    /// `alone` when the reaper has no other browser.
    fn kill(&self, alone: bool) -> usize {
        processes::kill_session(&self.pids(), self.work_dir.path(), alone)
    }
}

#[derive(Debug)]
struct Server {
    browsers: HashMap<BrowserId, Browser>,
    next_browser: u64,
    /// Where working folders were made, and litter therefore looked for.
    roots: Vec<PathBuf>,
}

impl Server {
    /// Returns when the runner is gone.
    fn run(&mut self, requests: &mut Requests) -> io::Result<()> {
        loop {
            let ready = self.wait(requests)?;
            if ready.is_empty() {
                self.look_after_browsers()?;
            }
            for source in ready {
                match source {
                    Source::Requests => {
                        let Some(requests) = requests.read() else { return Ok(()) };
                        requests.into_iter().try_for_each(|request| self.serve_request(request))?;
                    }
                    Source::Output(id, role) => self.hear(id, role)?,
                }
            }
            processes::reap_dead();
        }
    }

    /// Waits until there is something to read, or nothing for long. One thread does all: others would cost a browser's
    /// start and end more than what is read here.
    fn wait(&self, requests: &Requests) -> io::Result<Vec<Source>> {
        let mut sources = vec![Source::Requests];
        let mut polled = vec![PollFd::new(requests, PollFlags::IN)];
        for (id, browser) in &self.browsers {
            for (role, program) in browser.programs() {
                if let Some(output) = program.output() {
                    sources.push(Source::Output(*id, role));
                    polled.push(PollFd::new(output, PollFlags::IN));
                }
            }
        }
        let until = (!self.browsers.is_empty()).then_some(&REAP_EVERY);
        loop {
            match poll(&mut polled, until) {
                Ok(_) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let ready = sources.into_iter().zip(&polled).filter(|(_, polled)| !polled.revents().is_empty());
        Ok(ready.map(|(source, _)| source).collect())
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
        match spawn_chrome(program, arguments, preferences, &work_dir) {
            Ok(spawned) => {
                self.next_browser += 1;
                let chrome = Program::new(spawned, request, Instant::now() + CHROME_PATIENCE);
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
        match spawn_driver(program, &browser.work_dir) {
            Ok(spawned) => {
                browser.driver = Some(Program::new(spawned, request, Instant::now() + DRIVER_PATIENCE));
                Ok(())
            }
            Err(error) => reply(request, &refused(Role::Driver, program, browser.work_dir.path(), &error)),
        }
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

    /// Takes in what a program says.
    fn hear(&mut self, id: BrowserId, role: Role) -> io::Result<()> {
        let Some(program) = self.browsers.get_mut(&id).and_then(|browser| browser.program(role)) else {
            return Ok(());
        };
        if !program.read_output() {
            return self.program_ended(id, role);
        }
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
    fn program_ended(&mut self, id: BrowserId, role: Role) -> io::Result<()> {
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
            let dead = browser.programs().find(|(_, program)| !processes::is_running_child(program.pid));
            gone.extend(dead.map(|(role, _)| (*id, role)));
        }
        for (id, role) in gone {
            self.program_ended(id, role)?;
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
