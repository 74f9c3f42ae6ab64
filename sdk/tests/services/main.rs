//! Whole services under the SDK: the examples, started as they are and driven over HTTP.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

mod lines;
mod realworld;
mod service;
mod shop;
