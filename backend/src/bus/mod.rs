//! Events: one way for everything that happens to be recorded and delivered.
//!
//! An event is made durable first. Those with targets go through the outbox: a document that is committed together
//! with the state change that caused it, so that neither exists without the other; [`Bus::run`] then writes the
//! event's row and delivers, at least once, also after a restart. What cannot be delivered ends as a dead letter.

mod catalogued;
mod dead_letter;
mod dispatch;
mod error;
mod event;
mod publish;
mod retry;
mod target;
#[cfg(test)]
mod tests;

pub use dead_letter::{DELIVERED, DELIVERY_FAILED, DeliveryReport, SOURCE as DELIVERY_SOURCE};
pub use error::BusError;
pub use event::{DEFAULT_BUS, Event};
pub use publish::Bus;
pub use target::Target;
