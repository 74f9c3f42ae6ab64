//! From files of other tools to parameters of the blueprint `api`: pure functions from a text to [`Imported`] steps.

mod har;
mod imported;
mod openapi;
mod sensitive;

#[cfg(test)]
mod tests;

pub use har::{HarOptions, from_har};
pub use imported::{Imported, limits};
pub use openapi::{OpenApiOptions, Operations, from_openapi};
