//! What must hold of what came back: `read` knows the rules of the document, `judge` compares.

mod judge;
mod read;
mod test;

pub(super) use judge::Hopes;
pub use judge::Outcome;
pub(crate) use judge::judge;
pub(crate) use read::Assertion;
