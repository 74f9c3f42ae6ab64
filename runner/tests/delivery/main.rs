//! The program `siskin-runner` when things around it fail: it is killed, the backend is away, the disk is full.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

mod backend;
mod faults;
mod killed;
mod program;
mod signals;
