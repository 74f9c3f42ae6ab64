//! What became of one navigation, judged by the main document's events.
//!
//! WebDriver says "fine" to most failures: an error status, a reset connection, a bad certificate,
//! a truncated body. So the main document's own request is followed through the events, and the
//! answer to the WebDriver command only tells whether time ran out.

mod document;
#[cfg(test)]
mod tests;

pub(crate) use document::{Ended, MainDocument};
pub use document::{Navigation, Verdict};
