//! Amazon EventBridge: events in.

mod error;
mod put_events;
#[cfg(test)]
mod tests;

pub use error::EventsError;
pub use put_events::{PutEventsEntry, PutEventsInput, PutEventsOutput, PutEventsResult, put_events};

use super::{Operations, ServiceId};

/// The operations of the service.
pub fn operations() -> Operations {
    Operations::new(ServiceId::Events).on("PutEvents", put_events)
}
