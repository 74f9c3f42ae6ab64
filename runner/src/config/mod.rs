//! `canaries.toml`: what was written becomes what is meant.
//!
//! `check` compares the file with its `shape`s, `raw` keeps the values with their places, and `resolve` makes a
//! [`Config`] of them, all rules kept. Every problem is told with its place, and the schema for editors is made from
//! the same shapes.

mod check;
mod error;
mod load;
mod multi_check;
mod place;
mod quantity;
mod raw;
mod resolve;
mod schema;
mod secret;
mod shape;
mod timing;

#[cfg(test)]
mod tests;

pub use error::{ConfigError, Problem};
pub use load::{Config, Entry, RetentionLimits, limits};
pub(crate) use multi_check::{BLUEPRINT as MULTI_CHECK, Document, PARAMETER as MULTI_CHECK_PARAMETER};
pub use place::{ArtifactPlace, BaselinePlace, KeepPassed, StoreUrl};
pub(crate) use quantity::parse_duration;
pub use schema::schema;
pub use secret::{Secret, Secrets, limits as secret_limits};
