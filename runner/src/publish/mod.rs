//! Runs told to a backend: pure composition of calls, thin delivery, a spool for when nobody answers.
//!
//! [`Publication::of`] turns a run into calls of the AWS APIs; an [`Outbox`] delivers them through a [`Publisher`] and
//! keeps on disk what could not be delivered. Delivery is at least once: a call whose answer was lost is sent again.

mod alarm;
mod aws;
mod call;
mod directory;
mod error;
mod event;
mod log_events;
mod memory;
mod metrics;
mod outbox;
mod publication;
mod segments;

#[cfg(test)]
mod tests;

pub use aws::AwsEndpoint;
pub use call::{Call, Service};
pub use directory::{Spool, limits};
pub use error::PublishError;
pub use memory::Memory;
pub use outbox::{Delivery, Outbox, Publisher};
pub use publication::{Origin, Publication};
