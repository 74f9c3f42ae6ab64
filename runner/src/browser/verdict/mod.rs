//! What became of one navigation, judged by the main document's events.
//!
//! Chrome's answer to the command tells little: an error status, a bad certificate and a truncated body are all the
//! same to it. So the main document's own request is followed through the events (`document`), and so is how far the
//! page is (`loading`); the answer only tells whether time ran out.

mod document;
mod loading;
#[cfg(test)]
mod tests;

pub(crate) use document::{Ended, MainDocument};
pub use document::{Navigation, Verdict};
pub use loading::LoadState;
pub(crate) use loading::Loading;
