//! One folder per AWS service, one function per operation. Services do not know each other.

pub mod cloudwatch;
mod context;
pub mod events;
pub mod logs;
pub mod synthetics;
pub mod xray;

pub use context::Context;
