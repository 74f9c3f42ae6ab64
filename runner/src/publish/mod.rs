//! Runs told to a backend: pure composition of calls, a spool on disk, delivery in order.
//!
//! [`Publication::of`] turns a run into calls of the AWS APIs. An [`Outbox`] writes each publication to its [`Spool`]
//! before anything is sent, delivers those of one canary in order through a [`Publisher`], and notes each answer: none
//! is lost when the backend or the runner dies. A call whose answer could not be noted is sent again under the same
//! `amz-sdk-invocation-id`, by which a receiver can tell.

mod alarm;
mod aws;
mod call;
mod error;
mod event;
mod log_events;
mod memory;
mod metrics;
pub(crate) mod objects;
mod outbox;
mod publication;
mod queue;
mod segments;
mod spool;
mod target;

#[cfg(test)]
mod delivery_tests;
#[cfg(test)]
mod tests;

pub use aws::AwsEndpoint;
pub use call::{Call, Service};
pub use error::PublishError;
pub use memory::Memory;
pub use objects::{ArtifactStore, StoreError};
pub use outbox::{Outbox, Publisher, Settled, send_now};
pub use publication::{Origin, Publication};
pub use spool::{Spool, Waiting, limits};
pub use target::Target;
