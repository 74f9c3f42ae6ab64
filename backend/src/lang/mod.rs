//! The languages that clients write: each turns text into a syntax tree, and nothing else. Pure.
//!
//! | module | where it is written |
//! |---|---|
//! | [`filter_pattern`] | `FilterLogEvents` and whatever else selects log events by their text |

mod cursor;
mod diagnostic;
pub mod filter_pattern;

pub use diagnostic::Diagnostic;
