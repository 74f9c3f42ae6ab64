//! siskin-sdk
