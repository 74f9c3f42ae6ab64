//! A recording becomes a script for the runner.

mod call;
mod functions;
mod place;
mod step;
mod write;

pub use write::{ScriptOptions, write};
