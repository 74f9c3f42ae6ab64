//! One folder per AWS service, one function per operation. Services do not know each other.

pub mod cloudwatch;
mod context;
pub mod events;
pub mod fault;
pub mod logs;
pub mod operations;
mod services;
pub mod sts;
pub mod synthetics;
#[cfg(test)]
pub(crate) mod testing;
pub mod xray;

#[cfg(test)]
mod tests;

pub use context::Context;
pub use operations::Operations;
pub use services::{Services, all};

pub use crate::wire::{RestRoute, ServiceId};
