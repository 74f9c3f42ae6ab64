//! `new`: a canary of a blueprint, written into the canaries file.

mod arguments;
mod entry;
mod import;
mod run;
mod write;

#[cfg(test)]
mod tests;

pub use arguments::NewArgs;
pub(super) use run::run;
