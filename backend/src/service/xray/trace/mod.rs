//! A whole trace, put together from the rows of its documents.

mod compile;
mod entity;
mod infer;
mod root_cause;
mod service;
mod summary;
#[cfg(test)]
pub(super) mod tests;

pub use compile::{NESTING_MAX, Trace, compile};
pub use entity::Entity;
pub use infer::Inferred;
pub use root_cause::{RootCause, RootCauseEntity, RootCauseException, RootCauseService};
pub use service::ServiceKey;
pub use summary::{Http, ServiceId, TraceSummary, summarize};
