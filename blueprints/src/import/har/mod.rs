//! HTTP archives (HAR 1.2), as browsers save them.

mod entry;
mod read;
mod step;

pub use read::{HarOptions, from_har};
