//! Export through real sockets, files and processes.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

mod daemon;
mod process;
mod runtime;
#[cfg(feature = "spool")]
mod spool;
