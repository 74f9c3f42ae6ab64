//! The canary daemon: runs what is due, tells the backend, ends cleanly.

mod error;
mod lock;
mod options;
mod run;

#[cfg(test)]
mod tests;

pub use error::DaemonError;
pub use options::DaemonOptions;
pub use run::run;
