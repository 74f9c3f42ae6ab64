//! `run FILE --watch`: once more whenever the file is saved.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::OnceArgs;
use super::check::is_script;
use super::once;
use super::output::{Stop, complain, exit};

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What a save changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Stamp {
    modified: SystemTime,
    bytes: u64,
}

pub(super) async fn run(arguments: OnceArgs) -> Result<u8, Stop> {
    let file = Path::new(&arguments.subject);
    if !is_script(file) {
        return Err(Stop::usage("--watch goes with a script (*.rhai)"));
    }
    // A file that is not there at the start is a mistake; later an editor may be about to replace it.
    fs::metadata(file).map_err(|error| Stop::usage(format_args!("{}: {error}", file.display())))?;
    loop {
        let before = stamp(file);
        let ended = Box::pin(once::run(arguments.clone())).await;
        if let Err(stop) = &ended {
            // A mistake in the script is what the next save mends.
            complain(&stop.message);
        }
        complain(format_args!("waiting for {} to be saved; Ctrl-C ends", file.display()));
        tokio::select! {
            () = saved(file, before) => {}
            _ = tokio::signal::ctrl_c() => return Ok(ended.unwrap_or(exit::USAGE)),
        }
    }
}

async fn saved(file: &Path, before: Option<Stamp>) {
    loop {
        let now = stamp(file);
        if now.is_some() && now != before {
            return;
        }
        sleep(LOOK_EVERY).await;
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(file).ok()?;
    Some(Stamp { modified: metadata.modified().ok()?, bytes: metadata.len() })
}
