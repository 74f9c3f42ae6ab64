//! The runner's side: the daemon itself, with a canary of the `api` blueprint for each endpoint, in a process of its own.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use siskin_runner::clock::{Clock, ManualClock};
use siskin_runner::config::Config;
use siskin_runner::daemon::{DaemonOptions, run};
use siskin_runner::schedule::FirstRun;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::usage::{cpu_seconds, peak_mib};
use crate::{Beside, ENDPOINTS, Failure};

/// Looking at the daemon costs it time too.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The process that checks, told to by lines on its input.
pub(crate) struct Checks {
    beside: Beside,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Checks {
    /// A daemon that checks the endpoints at `port`, and tells the backend at `backend` if there is one.
    pub(crate) fn start(port: u16, backend: Option<u16>) -> Result<Self, Failure> {
        let mut beside = Beside::start("checks", &[port, backend.unwrap_or_default()])?;
        let orders = beside.0.stdin.take().ok_or("no input")?;
        let answers = BufReader::new(beside.0.stdout.take().ok_or("no output")?);
        Ok(Self { beside, orders, answers })
    }

    /// Checks every endpoint once, and gives the CPU seconds of it.
    pub(crate) fn round(&mut self) -> Result<f64, Failure> {
        let before = cpu_seconds(self.beside.0.id());
        writeln!(self.orders, "round")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.trim() != "done" {
            return Err(format!("the runner's checks: {answer}").into());
        }
        Ok(cpu_seconds(self.beside.0.id()) - before)
    }

    pub(crate) fn peak_mib(&self) -> f64 {
        peak_mib(self.beside.0.id())
    }
}

pub(crate) fn serve() -> Result<(), Failure> {
    let port = |at: usize| std::env::args().nth(at).unwrap_or_default().parse::<u16>();
    let (endpoints, backend) = (port(1)?, port(2)?);
    let backend: Option<Url> = (backend != 0).then(|| format!("http://127.0.0.1:{backend}/").parse()).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(Box::pin(daemon(endpoints, backend)))
}

/// A daemon whose clock stands still between rounds: at each order all its canaries are due.
async fn daemon(port: u16, backend: Option<Url>) -> Result<(), Failure> {
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let config = Config::parse(&canaries(port), "canaries.toml", Path::new(""))?;
    let clock = ManualClock::at(Clock::system().now());
    let (ended, mut runs) = mpsc::channel(ENDPOINTS);
    let options = DaemonOptions {
        clock: clock.clock(),
        first_run: FirstRun::OnSchedule,
        on_run: Arc::new(move |report| {
            // The receiver is gone when a round has failed.
            drop(ended.try_send(report.outcome.reason().map(str::to_owned)));
        }),
        ..DaemonOptions::new(data.path(), backend)
    };
    let (board, spool) = (options.board.clone(), data.path().join("spool"));
    let stop = CancellationToken::new();
    let daemon = tokio::spawn(run(config, options, stop.clone()));
    // A round that begins before the canaries are planned finds none of them due.
    while board.state().canaries.len() < ENDPOINTS {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let mut orders = orders();
    while orders.recv().await.is_some() {
        clock.advance(SignedDuration::from_mins(1));
        for _ in 0..ENDPOINTS {
            if let Some(reason) = runs.recv().await.flatten() {
                return Err(reason.into());
            }
        }
        // A round is over when all is told, or waits for nothing but the next.
        while is_waiting(&spool) || board.state().canaries.values().any(|row| row.runs > 0) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        println!("done");
    }
    stop.cancel();
    Ok(daemon.await??)
}

fn is_waiting(spool: &Path) -> bool {
    std::fs::read_dir(spool).is_ok_and(|mut files| files.next().is_some())
}

/// Lines of the input, read on a thread of their own.
fn orders() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn canaries(port: u16) -> String {
    let one = |number| {
        format!(
            "[[canary]]\nname = \"endpoint-{number}\"\nblueprint = \"api\"\nschedule = \"rate(1 minute)\"\njitter = \"0s\"\n\
             parameters = {{ steps = [{{ url = \"http://127.0.0.1:{port}/{number}\", status = \"200\" }}] }}\n"
        )
    };
    (0..ENDPOINTS).map(one).collect()
}
