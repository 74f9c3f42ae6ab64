//! From a request to its operation.

mod rest;

pub use rest::{RestRoute, RestTable};
