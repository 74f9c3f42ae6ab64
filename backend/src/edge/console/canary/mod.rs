//! A canary: its runs, their steps and pictures, and how it did over time.

mod load;
mod runs;
mod view;

pub(crate) use view::{CanaryPage, RunDetail, RunLine, StepLine};

pub(super) use load::{NAMESPACE, success_of_day};
pub(super) use runs::{Run, latest};
