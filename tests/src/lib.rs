//! The harness of the end-to-end tests: real processes, real sockets, a real Chrome, real clients.

mod aws;
mod chrome;
mod clients;
mod stack;
mod wait;

pub use aws::Aws;
pub use chrome::{Chrome, Look};
pub use clients::Python;
pub use stack::{Exit, Running, Siskin, Stack, run_to_end};
pub use wait::until;
