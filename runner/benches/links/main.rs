//! What a link check costs, beside lychee and linkinator on the same sites, served from this machine.
//!
//! `cargo bench -p siskin-runner --bench links` prints `ratio NAME VALUE` lines; `-- --rounds N` sets how often each
//! contestant runs (default 5, the median counts), `-- --pages DIR` checks a folder of HTML as well, such as what Debian's
//! `rust-doc` puts into `/usr/share/doc/rust-doc/html`. All run as whole processes, in turns, against one server process;
//! limits for hosts are lifted for all. Peers are looked for in `PATH` and in `target/peers` (README of `contestant.rs`);
//! without them the checker is measured alone, and the run says so.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]
#![expect(clippy::print_stderr, reason = "a benchmark tells of failures on standard error")]

mod contestant;
mod generated;
mod measure;
mod server;
mod verdicts;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use siskin_runner::browser::reaper;

use contestant::{Contestant, Setting};
use generated::Variant;
use measure::{Run, median};
use server::Server;
use verdicts::By;

const ROUNDS: usize = 5;
/// For addresses that never answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Makes this program the server.
const ROLE: &str = "SISKIN_LINKS_ROLE";

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    if let Some(code) = reaper::run_if_requested() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = if std::env::var(ROLE).is_ok() {
        server::serve()
    } else if arguments.iter().any(|argument| argument == "--bench") {
        run(&arguments)
    } else {
        // `cargo test --all-targets` starts benchmarks too, without `--bench`.
        Ok(())
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("links: {error}");
            ExitCode::FAILURE
        }
    }
}

fn value<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    arguments.iter().skip_while(|argument| *argument != name).nth(1).map(String::as_str)
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let rounds = value(arguments, "--rounds").and_then(|text| text.parse().ok()).unwrap_or(ROUNDS);
    generated_site(rounds)?;
    if let Some(folder) = value(arguments, "--pages") {
        folder_site(&PathBuf::from(folder), rounds)?;
    }
    Ok(())
}

/// Contestants in turns; gives the median of each, in their order, and the runs of the last round.
fn compare(contestants: &[Contestant], setting: &Setting, rounds: usize) -> Result<Vec<Run>, Failure> {
    let mut runs: Vec<Vec<Run>> = contestants.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (contestant, runs) in contestants.iter().zip(&mut runs) {
            runs.push(contestant.run(setting)?);
        }
    }
    let medians: Vec<_> = runs.into_iter().map(median).collect();
    for (contestant, run) in contestants.iter().zip(&medians) {
        println!(
            "  {:<22} {:>8.3} s {:>8.3} s CPU {:>7.1} MiB   {}",
            contestant.name(),
            run.seconds,
            run.cpu,
            run.peak_mib,
            run.found
        );
    }
    Ok(medians)
}

fn generated_site(rounds: usize) -> Result<(), Failure> {
    let server = Server::start(None)?;
    let (pages, links) = (generated::PAGES, generated::LINKS);
    println!("generated site: {pages} pages of {links} links");
    println!("\nwithout failing links");
    let (siskin, best) = beside_peers(&server, Variant::Sound, rounds)?;
    if let Some(best) = best {
        println!("ratio lychee_best_over_siskin {:.2}", best.seconds / siskin.seconds);
        println!("ratio lychee_memory_over_siskin {:.2}", best.peak_mib / siskin.peak_mib);
    }

    println!("\nwith links whose answer is 500");
    let (siskin, best) = beside_peers(&server, Variant::Failing, rounds.min(3))?;
    if let Some(best) = best {
        println!("ratio lychee_with_5xx_over_siskin {:.2}", best.seconds / siskin.seconds);
    }

    println!("\nwith fragments, politeness and robots");
    let setting = Setting::new(&server, &[], None, TIMEOUT)?;
    let medians = compare(&[Contestant::siskin(), Contestant::siskin_polite()], &setting, rounds)?;
    if let [bare, polite] = medians.as_slice() {
        println!("ratio switched_on_over_bare {:.2}", polite.seconds / bare.seconds);
    }

    println!("\nwith ten links that never answer, timeout {} s", TIMEOUT.as_secs());
    server.switch_to(Variant::Hanging)?;
    let medians = compare(&[Contestant::siskin()], &setting, 1)?;
    if let [hanging] = medians.as_slice() {
        println!("ratio hanging_minus_timeout_seconds {:.2}", hanging.seconds - TIMEOUT.as_secs_f64());
    }
    Ok(())
}

/// Siskin, and the faster of lychee's ways.
fn beside_peers(server: &Server, variant: Variant, rounds: usize) -> Result<(Run, Option<Run>), Failure> {
    server.switch_to(variant)?;
    let files = generated::write_files(&server.origin(), variant)?;
    let setting = Setting::new(server, &generated::page_addresses(&server.origin()), Some(files.path()), TIMEOUT)?;
    let mut all = vec![Contestant::siskin()];
    all.extend([Contestant::lychee_files(), Contestant::lychee_urls(), Contestant::linkinator()].into_iter().flatten());
    let medians = compare(&all, &setting, rounds)?;
    let of = |name: &str| all.iter().zip(&medians).find(|(one, _)| one.name() == name).map(|(_, run)| run.clone());
    let siskin = of("siskin").ok_or("no run")?;
    if let Some(linkinator) = of("linkinator").filter(|_| variant == Variant::Sound) {
        println!("ratio linkinator_over_siskin {:.2}", linkinator.seconds / siskin.seconds);
    }
    let best = [of("lychee, files"), of("lychee, URLs")].into_iter().flatten();
    let best = best.min_by(|one, other| one.seconds.total_cmp(&other.seconds));
    if let Some(best) = &best {
        verdicts::compare(&siskin, best, By::Address);
    }
    Ok((siskin, best))
}

fn folder_site(folder: &std::path::Path, rounds: usize) -> Result<(), Failure> {
    let server = Server::start(Some(folder))?;
    let setting =
        Setting::new(&server, &server::page_addresses(&server.origin(), folder)?, None, Duration::from_mins(1))?;
    println!("\n{}: {} pages", folder.display(), setting.pages());
    let mut all = vec![Contestant::siskin_list()];
    all.extend(Contestant::lychee_list());
    let medians = compare(&all, &setting, rounds.min(3))?;
    if let [siskin, lychee] = medians.as_slice() {
        println!("ratio lychee_over_siskin_folder {:.2}", lychee.seconds / siskin.seconds);
        println!("ratio lychee_memory_over_siskin_folder {:.2}", lychee.peak_mib / siskin.peak_mib);
        verdicts::compare(siskin, lychee, By::Address);
    }
    println!("\nwith fragments");
    let mut all = vec![Contestant::siskin_list_with_fragments()];
    all.extend(Contestant::lychee_list_with_fragments());
    if let [siskin, lychee] = compare(&all, &setting, 1)?.as_slice() {
        println!("ratio lychee_over_siskin_folder_fragments {:.2}", lychee.seconds / siskin.seconds);
        println!("ratio lychee_memory_over_siskin_folder_fragments {:.2}", lychee.peak_mib / siskin.peak_mib);
        verdicts::compare(siskin, lychee, By::Fragment);
    }
    Ok(())
}
