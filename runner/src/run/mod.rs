//! One run of a canary: outcome, steps, requests, artifacts.
//!
//! [`launch`] runs a canary and always comes back with a [`RunReport`]: a failed check is an outcome, and so is a
//! broken browser or a full disk.

mod artifact;
pub(crate) mod browser;
mod evidence;
mod finish;
pub(crate) mod har_entry;
mod journal;
mod launch;
mod outcome;
mod record;
mod report;
mod request;
#[cfg(test)]
pub(crate) mod sample;
mod scripts;
mod step;
mod threads;
pub(crate) mod tls;

pub use artifact::{Artifact, ArtifactKind, RunDirectory, write_whole};
pub use browser::{BrowserSetup, Isolation};
pub use journal::Journal;
pub use launch::{Launch, Setting, launch};
pub use outcome::Outcome;
pub use record::limits;
pub(crate) use record::{Record, StepRefused};
pub use report::{LogLevel, LogLine, RunReport, RunStart, ScriptMetric};
pub use request::{RequestReport, RequestTimings};
pub use scripts::Scripts;
pub use step::{SelectorFallback, StepOutcome, StepReport};
pub use threads::Threads;
