//! When which canary runs: an [`Agenda`] that is told the time and decides.

mod agenda;
mod phase;
mod plan;
mod policy;
mod window;

#[cfg(test)]
mod tests;

pub use agenda::{Action, Agenda, Due, FirstRun, Skipped};
pub use phase::phase_of;
pub use plan::Plan;
pub use policy::{Misfire, Overlap, Retries, limits};
pub use window::Window;
