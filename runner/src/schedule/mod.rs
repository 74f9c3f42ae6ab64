//! When which canary runs: an [`Agenda`] that is told the time and decides.

mod phase;
mod queue;

#[cfg(test)]
mod tests;

pub use phase::phase_of;
pub use queue::{Agenda, Due, FirstRun, Skipped};
