//! What a browser heartbeat costs: the whole program against the same done by Puppeteer, by Playwright, and by Chrome's
//! own command line, with the same Chromium, the same flags and the same page; a shared Chrome against a fresh one; and
//! what of it is our own.
//!
//! `cargo bench -p siskin-runner --bench heartbeat` prints a table and lines `ratio NAME VALUE`; `-- --rounds N` sets how
//! often each contestant runs (default 15), `--in-process` leaves out what is compared with other programs. Contestants
//! take turns, medians count. The other programs come from npm into
//! `target/`, by the list beside this file; without Node.js they are left out, and the run says so.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]
#![expect(clippy::print_stderr, reason = "a benchmark tells of failures on standard error")]

mod contestant;
mod cpu;
mod figures;
mod in_process;
mod memory;
mod page;

use std::process::ExitCode;

use siskin_runner::browser::{InstallOptions, Installation, reaper};

use contestant::{Contestant, Stage};
use figures::{Figures, median};

const ROUNDS: usize = 15;
const IN_PROCESS: &str = "--in-process";
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    if let Some(code) = reaper::run_if_requested() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --all-targets` starts benchmarks too, without `--bench`.
    if !arguments.iter().any(|argument| argument == "--bench" || argument == page::SERVE) {
        return ExitCode::SUCCESS;
    }
    let done = if arguments.iter().any(|argument| argument == page::SERVE) {
        page::serve().map_err(Failure::from)
    } else {
        run(rounds(&arguments), arguments.iter().any(|argument| argument == IN_PROCESS))
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("heartbeat: {error}");
            ExitCode::FAILURE
        }
    }
}

fn rounds(arguments: &[String]) -> usize {
    let given = arguments.iter().skip_while(|argument| *argument != "--rounds").nth(1);
    given.and_then(|text| text.parse().ok()).unwrap_or(ROUNDS)
}

fn run(rounds: usize, only_in_process: bool) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let installation = runtime.block_on(Installation::find(&InstallOptions::default()))?;
    println!("{} {}, {rounds} rounds", installation.programs.browser.display(), installation.browser_version);
    let server = page::Server::start()?;
    let stage = Stage::new(&installation, server.url.clone())?;
    if !only_in_process {
        compare(&stage, rounds)?;
    }

    let runs = runtime.block_on(in_process::measure(&stage, rounds))?;
    println!("\none run of many in one process, wall ms");
    println!("a Chrome of its own                {:>7.0}", median(&runs.fresh));
    println!("a context of a shared one          {:>7.0}", median(&runs.pooled));
    for (name, cpu) in [("fresh", runs.fresh_cpu), ("pooled", runs.pooled_cpu)] {
        let (runner, reaper) = (cpu.runner, cpu.reaper);
        println!("our own CPU time, {name:<16} {:>7.1} (runner {runner:.1}, reaper {reaper:.1})", cpu.whole());
    }
    println!("ratio pooled_over_fresh {:.2}", median(&runs.pooled) / median(&runs.fresh));

    let held = runtime.block_on(memory::measure(&stage, &installation))?;
    println!("\nmemory of browsers that show the page, MiB of proportional set size");
    println!("one Chrome                         {:>7.0}", held.one_process);
    println!("each of {} Chromes                  {:>7.0}", memory::RUNS, held.per_process);
    println!("a shared Chrome without a run      {:>7.0}", held.pool_idle);
    println!("each of {} contexts of it           {:>7.0}", memory::RUNS, held.per_context);
    Ok(())
}

/// Whole programs.
fn compare(stage: &Stage, rounds: usize) -> Result<(), Failure> {
    let mut whole: Vec<(Contestant, Figures)> =
        stage.contestants().into_iter().map(|contestant| (contestant, Figures::default())).collect();
    let count = whole.len();
    for round in 0..=rounds {
        for turn in 0..count {
            // Whoever comes first in a round, another one does in the next.
            let (contestant, figures) = &mut whole[(round + turn) % count];
            let took = stage.run(*contestant)?;
            // The first round warms the file cache.
            if round > 0 {
                figures.add(took);
            }
        }
    }
    println!("\nwhole process, wall ms              median      min");
    for (contestant, figures) in &whole {
        println!("{:<34} {:>7.0}  {:>7.0}", contestant.name(), figures.median(), figures.least());
    }
    let of = |wanted: Contestant| whole.iter().find(|(one, _)| *one == wanted).map(|(_, figures)| figures.median());
    let siskin = of(Contestant::Siskin).ok_or("the runner did not run")?;
    for (name, peer) in
        [("puppeteer_over_siskin", Contestant::Puppeteer), ("playwright_over_siskin", Contestant::Playwright)]
    {
        if let Some(peer) = of(peer) {
            println!("ratio {name} {:.2}", peer / siskin);
        }
    }
    if let Some(chrome) = of(Contestant::ChromeCli) {
        println!("ratio siskin_over_chrome_cli {:.2}", siskin / chrome);
    }
    Ok(())
}
