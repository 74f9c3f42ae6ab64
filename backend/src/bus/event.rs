//! An event, at rest and on its way.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::base::{Scope, Timestamp};
use crate::store::EventRow;

/// The bus that every event is published on in this version.
pub const DEFAULT_BUS: &str = "default";

/// Something that happened, in the words of `EventBridge`.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// A UUID. An event that is recorded twice, after a crash, has the same.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// Who says so: `aws.cloudwatch`.
    pub source: String,
    /// What kind of thing happened.
    pub detail_type: String,
    /// ARNs of what it happened to.
    pub resources: Vec<String>,
    /// The rest.
    pub detail: Json,
}

impl Event {
    /// An event with a new random id.
    pub fn new(at: Timestamp, source: &str, detail_type: &str, resources: Vec<String>, detail: Json) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            at,
            source: source.to_owned(),
            detail_type: detail_type.to_owned(),
            resources,
            detail,
        }
    }

    /// What targets get: the envelope, with its members in the documented order and the time in whole seconds.
    pub fn to_envelope(&self, scope: &Scope) -> Json {
        json!({
            "version": "0",
            "id": self.id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": scope.account.as_str(),
            "time": self.at.to_jiff().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "region": scope.region.as_str(),
            "resources": self.resources,
            "detail": self.detail,
        })
    }

    pub(super) fn to_row(&self) -> EventRow {
        EventRow {
            id: self.id.as_str().into(),
            at: self.at,
            bus: DEFAULT_BUS.into(),
            source: self.source.as_str().into(),
            detail_type: self.detail_type.as_str().into(),
            resources: self.resources.clone(),
            detail: self.detail.to_string(),
        }
    }
}
