//! The thread that polls, in this process and in those that are forked from it.

use std::io;
use std::sync::Arc;

use super::poller::{CentralRules, Poller};
use super::settings::CentralSettings;
use super::source::CentralSource;
use crate::sampling::each_process::{EachProcess, Process};
use crate::sampling::thread::OwnedThread;

/// Starts the thread that keeps `rules` up to date.
///
/// # Errors
/// When the system gives no thread.
pub(in crate::sampling) fn start(
    rules: &Arc<CentralRules>,
    source: Box<dyn CentralSource>,
    settings: CentralSettings,
) -> io::Result<EachProcess> {
    let rules = Arc::clone(rules);
    // For the process that comes next.
    let mut next = Some(source);
    EachProcess::start(move |process| {
        if process == Process::ForkedChild {
            rules.forget_parent();
        }
        let Some(source) = next.take() else { return Ok(None) };
        next = source.successor();
        let mut poller = Poller::new(Arc::clone(&rules), source, &settings);
        OwnedThread::start("siskin-sampling", move |signal| while signal.pause(poller.step(signal)) {}).map(Some)
    })
}
