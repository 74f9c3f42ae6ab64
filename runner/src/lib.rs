//! siskin-runner

pub mod browser;
