//! `canaries.toml`: what was written ([`RawFile`](raw), shapes only) becomes what is meant ([`Config`], all rules kept).

mod error;
mod load;
mod raw;
mod resolve;

#[cfg(test)]
mod tests;

pub use error::{ConfigError, Problem};
pub use load::{Config, limits};
pub(crate) use resolve::parse_duration;
