//! Approved pictures: where they are kept, and how one takes another's place.
//!
//! Two layouts. A [`Folder`] beside the tests has a PNG for each page, viewport and browser, whose facts are inside it: made
//! to be reviewed and committed. [`Objects`] are content-addressed, in a directory or on an object store: equal pictures are
//! kept once, and none is ever overwritten.
//!
//! A picture is set only in place of the one that was looked at: whoever comes second is told so.

mod error;
mod folder;
mod key;
mod objects;
mod picture;
mod place;
#[cfg(test)]
mod tests;

pub use error::BaselineError;
use folder::Folder;
pub use key::BaselineKey;
pub(crate) use key::page_word;
use objects::Objects;
pub(crate) use picture::sha256;
pub use place::{Baseline, Baselines};
