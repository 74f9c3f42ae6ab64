//! siskin-tests
