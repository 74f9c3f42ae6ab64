//! From a finished segment to documents on their way.
//!
//! The service's threads only put a slot number into a bounded queue. One thread of the SDK's own
//! reads the logs ([`decode`]), finds what fields mean ([`meaning`], [`draft`]), writes spans
//! ([`scribe`], [`body`], [`cause`]), puts them together to documents ([`assemble`]) and exports those
//! ([`worker`]), all in memory it uses again and again. It looks after segments that stay open as well: when
//! something is due ([`rounds`]), and which of their spans leave ([`sieve`]). What is lost on the way is counted by reason ([`counts`]).

mod assemble;
mod body;
mod cause;
mod counts;
mod cut;
mod decode;
mod draft;
mod exit;
mod guard;
mod json;
mod lane;
mod meaning;
mod names;
#[cfg(feature = "otlp")]
mod otlp;
mod queue;
mod rounds;
mod scribe;
mod sieve;
mod url;
mod worker;

pub use counts::{DropReason, Dropped, FlushReport};
pub use guard::Guard;

pub(crate) use body::ServiceIdentity;
pub(crate) use queue::Intake;
pub(crate) use rounds::Patience;
#[cfg(feature = "http")]
pub(crate) use url::redact as redact_url;
pub(crate) use worker::{Work, start};

#[cfg(test)]
mod tests;
