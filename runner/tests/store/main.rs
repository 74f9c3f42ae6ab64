//! The program `siskin-runner` with its artifacts on an S3 server: moto, in a virtual environment below `target/`.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

mod artifacts;
mod baselines;
mod moto;
mod program;
