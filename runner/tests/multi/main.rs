//! Multi-checks documents as their users run them, against servers of every protocol on this machine.
//!
//! What is checked stands in `cases` (documents with what becomes of each step), `mistakes` and `valid`.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

mod canary;
mod cases;
mod documents;
#[path = "../canary/program.rs"]
#[expect(dead_code, reason = "other tests look at more of what a run leaves")]
mod program;
mod servers;
