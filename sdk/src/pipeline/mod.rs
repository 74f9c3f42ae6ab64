//! From a finished segment to documents on their way.
//!
//! The service's threads only put a slot number into a bounded queue. One thread of the SDK's own
//! makes documents of the logs ([`document`], [`fields`]), splits them by bytes ([`split`]) and
//! exports them ([`worker`]). What is lost on the way is counted by reason ([`counts`]).

mod counts;
mod document;
mod exception;
mod exit;
mod fields;
mod fork;
mod guard;
mod lane;
mod queue;
mod split;
mod url;
mod worker;

pub use counts::{DropReason, Dropped, FlushReport};
pub use guard::Guard;

pub(crate) use document::ServiceIdentity;
pub(crate) use fork::generation as fork_generation;
pub(crate) use queue::Intake;
#[cfg(any(feature = "http", feature = "sqlx"))]
pub(crate) use url::redact as redact_url;
pub(crate) use worker::start;

#[cfg(test)]
mod tests;
