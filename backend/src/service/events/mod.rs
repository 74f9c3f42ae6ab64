//! Amazon EventBridge: events in.

mod fault;
mod put_events;
#[cfg(test)]
mod tests;

pub use fault::EventsError;
pub use put_events::{PutEventsEntry, PutEventsInput, PutEventsOutput, PutEventsResult, put_events};

use super::{Operations, ServiceId};

/// The operations of the service.
pub fn operations() -> Operations {
    Operations::new(ServiceId::Events).on("PutEvents", put_events)
}
