//! The blueprints as a list: for programs, for editors and for people.

mod json;
mod markdown;

pub use json::{json, parameters_schema};
pub use markdown::markdown;
