//! How a delivery ended, as an event: delivered, or a dead letter that keeps what was lost.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::catalogued::Delivery;
use super::{Event, Target};
use crate::base::{Scope, Timestamp};
use crate::store::Document as _;

/// Source of the events by which the bus reports on itself.
pub const SOURCE: &str = "siskin.bus";
/// Detail type of the report that a target took an event.
pub const DELIVERED: &str = "Event Delivered";
/// Detail type of a dead letter: the event was given up for one target.
pub const DELIVERY_FAILED: &str = "Event Delivery Failed";

/// The detail of both reports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryReport {
    /// The event's id.
    pub event_id: String,
    /// The event's detail type.
    pub event_type: String,
    /// When the event happened.
    pub event_at: Timestamp,
    /// Where it was to go.
    pub target: Target,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it was given up; absent when it was delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The event as the target would have got it; absent when it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub envelope: Option<Json>,
}

/// The event that reports the end of `delivery`; `error` when it was given up.
pub(super) fn report(scope: &Scope, delivery: &Delivery, error: Option<&str>, now: Timestamp) -> Event {
    let detail = DeliveryReport {
        event_id: delivery.event.id.clone(),
        event_type: delivery.event.detail_type.clone(),
        event_at: delivery.event.at,
        target: delivery.target.clone(),
        attempts: delivery.attempts,
        error: error.map(str::to_owned),
        envelope: error.map(|_| delivery.event.to_envelope(scope)),
    };
    Event {
        id: report_id(delivery),
        at: now,
        source: SOURCE.to_owned(),
        detail_type: if error.is_some() { DELIVERY_FAILED } else { DELIVERED }.to_owned(),
        resources: delivery.event.resources.clone(),
        detail: json!(detail),
    }
}

/// The same for the same delivery, so that a report that a crash made twice is seen once.
fn report_id(delivery: &Delivery) -> String {
    let hash = Sha256::digest(delivery.key());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}
