//! This program as a contestant: `compare FLAVOUR BEFORE AFTER [DIFFERENCE]`, from files to a verdict.

use std::fs::{self, File};
use std::io::BufWriter;

use siskin_runner::check::pixel::{Antialiasing, Comparison, Limits, Options, Picture, compare, draw_overlay, explain};

use crate::Failure;

pub(crate) const COMPARE: &str = "compare";

/// Compares as the arguments say, and prints how many pixels differ and the most memory that took, in KiB.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let [flavour, before, after, rest @ ..] = arguments else { return Err("compare FLAVOUR BEFORE AFTER".into()) };
    let options = options(flavour)?;
    let (old, new) = (fs::read(before)?, fs::read(after)?);
    let (old, new) = (Picture { name: before, bytes: &old }, Picture { name: after, bytes: &new });
    let comparison = compare(old, new, &options)?;
    if let [difference] = rest {
        draw(new, &comparison, difference)?;
    }
    if flavour == "explain" {
        explain(old, new, &comparison)?;
    }
    println!("{} {}", comparison.pixels.changed, peak_kib());
    Ok(())
}

fn draw(after: Picture<'_>, comparison: &Comparison, difference: &str) -> Result<(), Failure> {
    if !comparison.verdict.matches() {
        draw_overlay(after, comparison, BufWriter::new(File::create(difference)?))?;
    }
    Ok(())
}

/// `all` counts every visible difference, `aa` as pixelmatch, `default` and `explain` as a canary does.
fn options(flavour: &str) -> Result<Options, Failure> {
    Ok(match flavour {
        "all" => Options { antialiasing: Antialiasing::Counted, ..Options::pixelmatch() },
        "aa" => Options::pixelmatch(),
        "default" | "explain" => {
            Options { limits: Limits { count: Some(0), ..Limits::default() }, ..Options::default() }
        }
        _ => return Err(format!("no flavour {flavour}").into()),
    })
}

fn peak_kib() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_ascii_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default()
}
