//! `check`: mistakes told before anything runs.

use std::path::{Path, PathBuf};

use super::execute::load;
use super::once::{is_document, read_document, read_script};
use super::output::{Stop, complain, exit, say};
use crate::script;

pub(super) fn run(files: &[PathBuf]) -> u8 {
    let mut good = true;
    for file in files {
        match check(file) {
            Ok(()) => {}
            // The other files have a right to be looked at too.
            Err(stop) => {
                complain(&stop.message);
                good = false;
            }
        }
    }
    if good { exit::FINE } else { exit::USAGE }
}

fn check(file: &Path) -> Result<(), Stop> {
    if is_script(file) {
        check_script(file)
    } else if is_document(file) {
        check_document(file)
    } else {
        check_config(file)
    }
}

pub(super) fn is_script(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("rhai"))
}

fn check_script(file: &Path) -> Result<(), Stop> {
    let script = read_script(file)?;
    let mistakes = script::mistakes(&script);
    if mistakes.is_empty() {
        say(format_args!("{}: no problems", file.display()));
        return Ok(());
    }
    let told: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    Err(Stop::usage(told.join("\n")))
}

fn check_document(file: &Path) -> Result<(), Stop> {
    let document = read_document(file)?;
    let names: Vec<_> = document.checks.names().collect();
    let count = if names.len() == 1 { "1 step".to_owned() } else { format!("{} steps", names.len()) };
    say(format_args!("{}: {count}, no problems", file.display()));
    say(format_args!("  steps    {}", names.join(" ")));
    let row = |what: &str, all: Vec<String>| {
        if !all.is_empty() {
            say(format_args!("  {what:<8} {}", all.join(" ")));
        }
    };
    row("hosts", document.hosts().iter().map(ToString::to_string).collect());
    row("secrets", document.checks.secrets().iter().map(ToString::to_string).collect());
    Ok(())
}

fn check_config(file: &Path) -> Result<(), Stop> {
    let config = load(file)?;
    let count = match config.entries.len() {
        1 => "1 canary".to_owned(),
        count => format!("{count} canaries"),
    };
    say(format_args!("{}: {count}, no problems", file.display()));
    for canary in config.entries.iter().map(|entry| &entry.canary) {
        let hosts: Vec<_> = canary.allowed_hosts().iter().map(ToString::to_string).collect();
        say(format_args!("  {}  {}  {}  {}", canary.name, canary.subject.kind(), canary.schedule, hosts.join(" ")));
    }
    Ok(())
}
