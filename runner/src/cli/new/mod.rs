//! `new`: a canary of a blueprint, written into the canaries file.

mod arguments;
mod import;
mod run;

#[cfg(test)]
mod tests;

pub use arguments::NewArgs;
pub(super) use run::run;
