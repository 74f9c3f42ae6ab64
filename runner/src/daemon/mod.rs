//! The canary daemon: runs what is due, tells the backend, ends cleanly.

mod attempts;
mod board;
mod courier;
mod error;
mod handled;
mod lock;
mod memory;
mod options;
mod reload;
mod retention;
mod roster;
mod run;
mod slots;
mod table;
mod telling;
mod tree;

#[cfg(test)]
mod courier_tests;
#[cfg(test)]
mod tests;

pub use board::{Board, Row, State};
pub use error::DaemonError;
pub use options::{DaemonOptions, OnReload};
pub use run::run;
pub use table::table;
