//! The documents that carry events over a restart.

use serde::{Deserialize, Serialize};

use super::{Event, Target};
use crate::base::Timestamp;
use crate::store::Document;

/// An event that was committed with a state change and has no row in the events table yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Outbox {
    pub(super) event: Event,
    pub(super) targets: Vec<Target>,
}

impl Document for Outbox {
    const KIND: &'static str = "bus.outbox";

    fn key(&self) -> String {
        self.event.id.clone()
    }
}

/// An event on its way to one target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Delivery {
    pub(super) event: Event,
    pub(super) target: Target,
    /// The place among the event's targets.
    pub(super) ordinal: usize,
    /// How often it was tried.
    pub(super) attempts: u32,
    /// Not to be tried before.
    pub(super) due: Timestamp,
}

impl Document for Delivery {
    const KIND: &'static str = "bus.delivery";

    fn key(&self) -> String {
        format!("{}/{}", self.event.id, self.ordinal)
    }
}
