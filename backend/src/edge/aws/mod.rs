//! The AWS APIs: every service and protocol on one port.
//!
//! body (bounded, inflated) → `wire::route` → decode → operation → encode. Signatures are not verified: who asks is
//! what the credential scope says, and unsigned requests get the default scope.

mod body;
mod handler;

#[cfg(test)]
mod tests;

pub use handler::{AwsEdge, Caller, router};
