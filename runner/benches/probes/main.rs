//! What an HTTP check costs: a thousand endpoints checked by the runner, and by Debian's `prometheus-blackbox-exporter`.
//!
//! `cargo bench -p siskin-runner --bench probes` prints checks per CPU-second, the peak of memory, and
//! `ratio siskin_over_blackbox VALUE`; `-- --rounds N` sets how often each endpoint is checked (default 5). All check in
//! turns, a round each, and CPU time decides: the endpoints, the backend and whoever asks the exporter are other processes
//! and are not counted. Without the exporter the runner is measured alone, and the run says so.
//!
//! The runner is the daemon as it comes, with all that it does for a scheduled run: journal, script, report, artifacts. It
//! is measured once more with a backend that it tells everything: metrics, log, trace and event of each run, over its
//! spool.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]
#![expect(clippy::print_stderr, reason = "a benchmark tells of failures on standard error")]

mod backend;
mod blackbox;
mod checks;
mod endpoints;
mod usage;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};

use siskin_runner::browser::reaper;

/// Endpoints that are checked.
const ENDPOINTS: usize = 1_000;
/// Checks under way at a time, on both sides.
const AT_A_TIME: usize = 64;
const ROUNDS: usize = 5;
/// Makes this program one of the processes that are started beside the measuring one.
const ROLE: &str = "SISKIN_PROBES_ROLE";

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    if let Some(code) = reaper::run_if_requested() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match std::env::var(ROLE).as_deref() {
        Ok("endpoints") => endpoints::serve(),
        Ok("backend") => backend::serve(),
        Ok("checks") => checks::serve(),
        _ if arguments.iter().any(|argument| argument == "--bench") => run(rounds(&arguments)),
        // `cargo test --all-targets` starts benchmarks too, without `--bench`.
        _ => Ok(()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("probes: {error}");
            ExitCode::FAILURE
        }
    }
}

fn rounds(arguments: &[String]) -> usize {
    let given = arguments.iter().skip_while(|argument| *argument != "--rounds").nth(1);
    given.and_then(|text| text.parse().ok()).unwrap_or(ROUNDS)
}

/// A process of this program in another role; killed when it is dropped.
struct Beside(Child);

impl Beside {
    fn start(role: &str, ports: &[u16]) -> Result<Self, Failure> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(ports.iter().map(u16::to_string)).env(ROLE, role).stdin(Stdio::piped()).stdout(Stdio::piped());
        Ok(Self(command.spawn()?))
    }

    /// Starts a server, and gives the port that it prints.
    fn serving(role: &str) -> Result<(Self, u16), Failure> {
        let mut beside = Self::start(role, &[])?;
        let output = beside.0.stdout.take().ok_or("no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        Ok((beside, line.trim().parse()?))
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn run(rounds: usize) -> Result<(), Failure> {
    let (_endpoints, port) = Beside::serving("endpoints")?;
    let (_backend, backend) = Beside::serving("backend")?;
    let mut siskin = checks::Checks::start(port, None)?;
    let mut told = checks::Checks::start(port, Some(backend))?;
    let mut blackbox = blackbox::Blackbox::start(port)?;
    if blackbox.is_none() {
        println!("no prometheus-blackbox-exporter (apt-get install it): the runner is measured alone");
    }
    println!("{ENDPOINTS} endpoints, {rounds} rounds, {AT_A_TIME} checks at a time");
    // The kernel counts CPU time in hundredths of a second: only the sum of some rounds is exact.
    let mut took = [0.0; 3];
    for round in 0..=rounds {
        let ran = [siskin.round()?, told.round()?, blackbox.as_mut().map_or(Ok(f64::NAN), blackbox::Blackbox::round)?];
        // The first round opens what stays open, and writes the folders of first runs.
        if round > 0 {
            took.iter_mut().zip(ran).for_each(|(sum, seconds)| *sum += seconds);
        }
    }
    let [of_siskin, of_told, of_blackbox] = took.map(|seconds| (rounds * ENDPOINTS) as f64 / seconds);
    println!("\n                         checks per CPU-second   peak MiB");
    println!("siskin-runner            {of_siskin:>21.0}   {:>8.1}", siskin.peak_mib());
    println!("siskin-runner, told      {of_told:>21.0}   {:>8.1}", told.peak_mib());
    if let Some(blackbox) = &blackbox {
        println!("blackbox exporter        {of_blackbox:>21.0}   {:>8.1}", blackbox.peak_mib());
        println!("ratio siskin_over_blackbox {:.2}", of_siskin / of_blackbox);
        println!("ratio siskin_told_over_blackbox {:.2}", of_told / of_blackbox);
        println!("ratio siskin_memory_over_blackbox {:.2}", siskin.peak_mib() / blackbox.peak_mib());
    }
    Ok(())
}
