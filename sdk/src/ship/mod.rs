//! Shipping log events and metrics: from the service's threads to a receiver, without ever holding
//! them up.
//!
//! Items wait in a bounded [`queue`]; a thread of the SDK's own ([`worker`]) takes them, hands them to
//! a [`sink`] in batches and tries again when the receiver is away, by blocking requests to an
//! [`endpoint`] that nothing traces. What is lost is counted by reason ([`report`]).

mod endpoint;
mod guard;
mod queue;
mod report;
mod settings;
mod sink;
mod worker;

pub use endpoint::{Sign, UnsignedRequest};
pub use guard::ShippingGuard;
pub use report::{DeliveryReport, LossReason, Losses};
pub use settings::ShippingError;

pub(crate) use endpoint::{Endpoint, refusal};
pub(crate) use queue::{Item, Queue, QueueLimits};
pub(crate) use settings::{Receiver, ShippingSettings};
pub(crate) use sink::{Delivered, SendError, Sink};
pub(crate) use worker::start;

#[cfg(test)]
pub(crate) mod receiver;
#[cfg(test)]
mod tests;
