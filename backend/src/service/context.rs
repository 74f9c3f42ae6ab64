//! What an operation is given.

use crate::base::{RequestId, Scope, Timestamp};
use crate::bus::Bus;
use crate::store::Store;

/// Who asks, when, and the parts of the system an operation may use.
#[derive(Clone, Debug)]
pub struct Context {
    /// Account and region of the caller's credentials.
    pub scope: Scope,
    /// Names the request in logs and in the answer.
    pub request_id: RequestId,
    /// When the request arrived. One request sees one time.
    pub now: Timestamp,
    /// Rows and documents.
    pub store: Store,
    /// Events to publish.
    pub bus: Bus,
}

impl Context {
    /// When the request arrived.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}
