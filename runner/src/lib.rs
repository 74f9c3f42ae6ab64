//! siskin-runner
