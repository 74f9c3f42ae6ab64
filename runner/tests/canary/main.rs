//! The program `siskin-runner` as its users run it, against a fixture site.
//!
//! Tests with `browser` in their names start a real Chrome.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

mod api;
mod daemon;
mod heartbeat;
mod program;
mod reports;
mod site;
mod usage;
mod validators;
