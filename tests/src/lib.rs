//! The harness of the end-to-end tests: real processes, real sockets, a real Chrome, real clients.

mod aws;
mod chrome;
mod clients;
mod service;
mod stack;
mod wait;

pub use aws::Aws;
pub use chrome::{Chrome, Look};
pub use clients::{Node, Python};
pub use service::Service;
pub use stack::{Exit, Running, Siskin, Stack, run_to_end};
pub use wait::until;
