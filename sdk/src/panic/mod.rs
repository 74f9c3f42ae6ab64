//! Panics, as exceptions of the span they happen in.
//!
//! [`install`] is a panic hook that goes before the one that was there: it writes an ERROR event with
//! the target [`TARGET`] and the fields `exception.type`, `exception.message` and
//! `exception.stacktrace` (in the form of [`frames`]). The layer makes it an exception of the current
//! span; other layers get it as any other event, so a panic is in the service's log with its trace.
//!
//! ```
//! use siskin_sdk::testing::Receiver;
//!
//! siskin_sdk::panic::install();
//! let receiver = Receiver::start("shop");
//! receiver.trace(|| {
//!     let _request = tracing::info_span!("request", otel.kind = "server").entered();
//!     std::panic::catch_unwind(|| panic!("out of stock")).unwrap_err();
//! });
//! let documents = receiver.documents();
//! assert!(documents[0].fault);
//! assert!(documents[0].to_json().contains("out of stock"));
//! ```

pub mod frames;
mod hook;
#[cfg(test)]
mod tests;
#[cfg(feature = "panic")]
mod walk;

pub use hook::{TARGET, install};
