//! Configuration, wiring, shutdown and the command line.

mod cli;
mod demo;
mod desk;
mod endpoints;
mod error;
mod listen;
mod local_runner;
mod main;
mod say;
mod signal;
mod system;
mod tasks;
mod up;

use error::StartError;
pub use main::main;
