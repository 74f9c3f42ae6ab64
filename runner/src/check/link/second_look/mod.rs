//! What HTTP alone cannot tell, looked at in Chrome: names that scripts give, walls that only let browsers in, and
//! pictures of pages with their broken links marked.
//!
//! Links are judged by HTTP first; Chrome is only asked for those whose verdict it may change (`doubt`), and never undoes
//! one that is ok.

mod doubt;
mod look;
mod picture;

pub use doubt::{Doubts, doubts};
pub use look::{LookOptions, look};
