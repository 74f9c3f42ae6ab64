//! Whether visual monitoring can be believed: pictures of a shop that does not change against its first pictures, and
//! against them pictures of the same shop with seeded changes, all by the comparer's default options.
//!
//! `cargo bench -p siskin-runner --bench visual` prints `stability RUNS runs, N false alarms`, `seeded changes found N of
//! 100`, and lines `ratio NAME VALUE`; `-- --runs N` sets how many pictures are taken of the unchanged shop (default 500),
//! `--changes N` how many changes there are (default 100), `--tell` tells of each. Pages are opened anew for each
//! picture, in a fresh context of a shared Chrome or in a Chrome of their own, half of them while another page keeps the
//! CPU busy. The shop has what makes pictures differ: late fonts and images, films, carets, animations, clocks. Pictures
//! of what went wrong are left in `target/`.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]
#![expect(clippy::print_stderr, reason = "a benchmark tells of failures on standard error")]

mod camera;
mod change;
mod seeded;
mod shop;
mod stability;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use siskin_runner::browser::reaper;

use camera::Camera;
use shop::Assets;

const RUNS: usize = 500;
const CHANGES: usize = 100;
type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    if let Some(code) = reaper::run_if_requested() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --all-targets` starts benchmarks too, without `--bench`.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return ExitCode::SUCCESS;
    }
    let measured = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(run(&arguments)));
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("visual: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[String]) -> Result<(), Failure> {
    let (runs, changes) = (number(arguments, "--runs", RUNS)?, number(arguments, "--changes", CHANGES)?);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("visual");
    std::fs::create_dir_all(&folder)?;
    let assets = Arc::new(Assets::find());
    if assets.font.is_none() {
        println!("no TrueType font is installed below /usr/share/fonts: the shop has no web fonts");
    }
    let camera = Camera::new(shop::open(Arc::clone(&assets))?).await?;
    let film = Box::pin(camera.film()).await?;
    assets.film.set(film).map_err(|_| "the film is there already")?;
    Box::pin(seeded::measure(&camera, changes as u64, &folder, arguments.iter().any(|one| one == "--tell"))).await?;
    Box::pin(stability::measure(&camera, runs, &folder)).await?;
    camera.close().await
}

fn number(arguments: &[String], name: &str, default: usize) -> Result<usize, Failure> {
    let given = arguments.iter().skip_while(|argument| *argument != name).nth(1);
    given.map_or(Ok(default), |text| Ok(text.parse()?))
}
