//! What scripts can do, against a small shop: every example of the reference, and what goes wrong.
//!
//! Tests with `browser` in their names start a real Chrome.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

mod check;
mod examples;
mod page;
mod program;
mod site;
