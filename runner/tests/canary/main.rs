//! The program `siskin-runner` as its users run it, against a fixture site.
//!
//! Tests with `browser` in their names start a real Chrome.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

mod api;
mod certificate;
mod chain;
mod daemon;
mod faults;
mod health;
mod heartbeat;
#[path = "../browser/site.rs"]
#[expect(dead_code, reason = "the browser's tests also look at what the site saw")]
mod misbehaving;
mod mutual_tls;
mod new;
mod program;
mod reports;
mod site;
mod usage;
mod validators;
