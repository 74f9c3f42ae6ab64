//! `unpack`: the folders of runs that are kept in a pack.

use std::path::Path;

use uuid::Uuid;

use super::output::{Stop, exit, say};
use crate::report::pack;

pub(super) fn run(file: &Path, only: Option<Uuid>) -> Result<u8, Stop> {
    let told = |error| Stop::usage(format_args!("{}: {error}", file.display()));
    let mut runs = pack::read(file).map_err(told)?;
    runs.retain(|run| only.is_none_or(|id| run.report.start.run_id == id));
    if runs.is_empty() {
        let what = only.map_or_else(|| "no run".to_owned(), |id| format!("no run {id}"));
        return Err(Stop::usage(format_args!("{}: {what} is in it", file.display())));
    }
    let hour = std::path::absolute(file).map_err(Stop::usage)?;
    let hour = hour.parent().unwrap_or(&hour);
    for run in runs {
        let report = pack::unpack(hour, run, None).map_err(Stop::tooling)?;
        say(report.directory.unwrap_or_default().display());
    }
    Ok(exit::FINE)
}
