//! What comparing two screenshots costs, from files to a verdict: whole processes, reading included, against odiff, and
//! against pixelmatch and `BlazeDiff` in Node.js, on pages that Chrome draws and changes of known size.
//!
//! `cargo bench -p siskin-runner --bench pixel` prints a table and lines `ratio NAME VALUE`; `-- --rounds N` sets how often
//! each contestant runs (default 11), `--size hd` leaves out other sizes. Contestants take turns, medians count; of a ratio
//! over several pairs the least is told. The other programs come from npm into `target/`, by the list beside this file;
//! without Node.js they are left out, and the run says so. It fails when a count is not pixelmatch's.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]
#![expect(clippy::print_stderr, reason = "a benchmark tells of failures on standard error")]

mod contestant;
mod pairs;
mod role;
mod words;

use std::path::Path;
use std::process::ExitCode;

use contestant::{Output, Program, Stage};
use pairs::Pair;

const ROUNDS: usize = 11;
/// Of programs that take a second and more.
const SLOW_ROUNDS: usize = 3;
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.split_first() {
        Some((first, rest)) if first == role::COMPARE => role::run(rest),
        // `cargo test --all-targets` starts benchmarks too, without `--bench`.
        _ if !arguments.iter().any(|argument| argument == "--bench") => Ok(()),
        _ => run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pixel: {error}");
            ExitCode::FAILURE
        }
    }
}

fn after<'a>(arguments: &'a [String], name: &str) -> Option<&'a String> {
    arguments.iter().skip_while(|argument| *argument != name).nth(1)
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let rounds = after(arguments, "--rounds").map_or(Ok(ROUNDS), |text| text.parse())?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pixel");
    let pairs = pairs::make(&folder)?;
    let stage = Stage::new(&folder)?;
    let wanted = after(arguments, "--size");
    let pairs: Vec<Pair> = pairs.into_iter().filter(|pair| wanted.is_none_or(|size| size == pair.size)).collect();
    check_counts(&stage, &pairs)?;
    let mut table = Vec::new();
    println!("\nwhole process, median wall ms of {rounds} rounds (of {SLOW_ROUNDS} in Node.js)");
    for pair in &pairs {
        let row = Row::measure(&stage, pair, rounds)?;
        row.print();
        table.push(row);
    }
    if stage.has_peers() {
        print_ratios(&table);
    }
    println!("\npeak memory, MiB");
    for pair in pairs.iter().filter(|pair| matches!((pair.size, pair.change), ("tall" | "huge", "d5" | "aa"))) {
        memory(&stage, pair)?;
    }
    words::measure(&folder)
}

/// Every count must be pixelmatch's, with and without anti-aliasing told apart.
fn check_counts(stage: &Stage, pairs: &[Pair]) -> Result<(), Failure> {
    for pair in pairs.iter().filter(|_| stage.has_peers()) {
        for flavour in ["aa", "all"] {
            let ours = stage.run(Program::Siskin(flavour), pair, Output::Verdict)?.changed;
            let theirs = stage.run(Program::Node("pixelmatch", flavour), pair, Output::Verdict)?.changed;
            if ours != theirs {
                return Err(format!("{} {} {flavour}: {ours}, pixelmatch {theirs}", pair.size, pair.change).into());
            }
            println!("{} {} {flavour}: {ours} pixels, as pixelmatch", pair.size, pair.change);
        }
    }
    Ok(())
}

/// Contestants, in columns.
const COLUMNS: &[(&str, Program, Output)] = &[
    ("all", Program::Siskin("all"), Output::Verdict),
    ("aa", Program::Siskin("aa"), Output::Verdict),
    ("default", Program::Siskin("default"), Output::Verdict),
    ("all+diff", Program::Siskin("all"), Output::Difference),
    ("explain", Program::Siskin("explain"), Output::Verdict),
    ("odiff", Program::Odiff, Output::Verdict),
    ("odiff aa", Program::OdiffAntialiasing, Output::Verdict),
    ("odiff+diff", Program::Odiff, Output::Difference),
    ("pixelmatch", Program::Node("pixelmatch", "aa"), Output::Verdict),
    ("blazediff", Program::Node("blazediff", "aa"), Output::Verdict),
];

struct Row<'p> {
    pair: &'p Pair,
    medians: Vec<f64>,
}

impl<'p> Row<'p> {
    fn measure(stage: &Stage, pair: &'p Pair, rounds: usize) -> Result<Self, Failure> {
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); COLUMNS.len()];
        for round in 0..=rounds {
            for turn in 0..COLUMNS.len() {
                // Whoever comes first in a round, another one does in the next.
                let column = (round + turn) % COLUMNS.len();
                let (_, program, output) = COLUMNS[column];
                let is_ours = matches!(program, Program::Siskin(_));
                let is_slow = matches!(program, Program::Node(..));
                if (!is_ours && !stage.has_peers()) || (is_slow && round > SLOW_ROUNDS) {
                    continue;
                }
                let ran = stage.run(program, pair, output)?;
                // The first round warms the file cache.
                if round > 0 {
                    times[column].push(ran.took.as_secs_f64() * 1000.0);
                }
            }
        }
        Ok(Self { pair, medians: times.into_iter().map(median).collect() })
    }

    fn print(&self) {
        print!("{:<5}{:<4}", self.pair.size, self.pair.change);
        for ((name, ..), median) in COLUMNS.iter().zip(&self.medians) {
            print!(" {name} {median:.1}");
        }
        println!();
    }

    fn ratio(&self, over: &str, under: &str) -> f64 {
        let of = |wanted: &str| COLUMNS.iter().position(|(name, ..)| *name == wanted).map(|at| self.medians[at]);
        of(over).unwrap_or(f64::NAN) / of(under).unwrap_or(f64::NAN)
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

fn print_ratios(table: &[Row<'_>]) {
    let print = |name: &str, over: &str, under: &str, sizes: &[&str], changes: &[&str]| {
        let rows = table.iter().filter(|row| sizes.contains(&row.pair.size) && changes.contains(&row.pair.change));
        let ratios: Vec<f64> = rows.map(|row| row.ratio(over, under)).collect();
        if !ratios.is_empty() {
            println!("ratio {name} {:.2}", ratios.into_iter().fold(f64::INFINITY, f64::min));
        }
    };
    let painted = &["d0", "d01", "d5"];
    for (size, ..) in pairs::SIZES {
        print(&format!("odiff_over_siskin_{size}"), "odiff", "all", &[size], painted);
        print(&format!("odiff_over_siskin_{size}_aa"), "odiff aa", "aa", &[size], &["aa"]);
        print(&format!("odiff_aa_over_siskin_default_{size}"), "odiff aa", "default", &[size], pairs::CHANGES);
        print(&format!("odiff_over_siskin_{size}_with_diff"), "odiff+diff", "all+diff", &[size], &["d01", "d5", "aa"]);
        print(&format!("pixelmatch_over_siskin_{size}"), "pixelmatch", "aa", &[size], pairs::CHANGES);
    }
    let all = &["hd", "fhd", "tall", "huge"];
    print("odiff_over_siskin_aa", "odiff aa", "aa", all, &["aa"]);
    print("odiff_over_siskin_with_diff", "odiff+diff", "all+diff", all, &["d01", "d5", "aa"]);
    print("pixelmatch_over_siskin", "pixelmatch", "aa", all, pairs::CHANGES);
    print("blazediff_core_over_siskin", "blazediff", "aa", all, pairs::CHANGES);
}

fn memory(stage: &Stage, pair: &Pair) -> Result<(), Failure> {
    let ours =
        |flavour, output| stage.run(Program::Siskin(flavour), pair, output).map(|ran| ran.peak_kib as f64 / 1024.0);
    let (verdict, drawn) = (ours("default", Output::Verdict)?, ours("default", Output::Difference)?);
    let named = ours("explain", Output::Verdict)?;
    print!("{} {}: verdict {verdict:.1}, with difference {drawn:.1}, explained {named:.1}", pair.size, pair.change);
    if stage.has_peers() {
        let theirs = |output| stage.peak_kib(Program::Odiff, pair, output).map(|kib| kib as f64 / 1024.0);
        print!(", odiff {:.1}, with difference {:.1}", theirs(Output::Verdict)?, theirs(Output::Difference)?);
    }
    println!();
    Ok(())
}
