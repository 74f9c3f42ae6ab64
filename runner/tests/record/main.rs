//! Recordings become scripts that do the same again, against a small shop.
//!
//! Tests with `browser` in their names start a real Chrome; those with `recorder`, a visible one on a virtual display.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

mod display;
mod import;
mod person;
mod program;
mod recorder;
mod site;
