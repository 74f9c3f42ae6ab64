//! From a request to its operation.

mod dispatch;
mod rest;

#[cfg(test)]
mod tests;

pub use dispatch::{Route, Unroutable, route};
pub use rest::{RestMatch, RestRoute, RestTable};
