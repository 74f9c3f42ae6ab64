//! The helper process that owns every browser, so that none outlives the runner.
//!
//! A Chrome outlives whoever started it, and nothing runs in a process that is itself
//! killed. So browsers are children of a second process: this same binary, started with a hidden
//! argument, in a session of its own, subreaper of all its descendants, reading a pipe whose other
//! end only the runner holds. When that pipe ends - by a clean close or by any death of the runner -
//! it kills every descendant, reaps them, removes their working folders, and exits.
//!
//! `handle` is the runner's side, `protocol` the lines between, `serve` the helper's side with
//! `program` (one process that was started, and what it says), `processes` (who descends from whom)
//! and `work_dir` (folders locked while their owner lives).

mod handle;
mod processes;
mod program;
mod protocol;
mod serve;
mod work_dir;

pub use handle::Reaper;
pub(crate) use handle::{StartBrowser, StartedBrowser};
pub(crate) use protocol::{BrowserId, Devtools};
pub use serve::run_if_requested;

/// First argument that turns a binary into the reaper.
const ARGUMENT: &str = "siskin-reaper";
