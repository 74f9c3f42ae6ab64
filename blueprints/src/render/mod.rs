//! Blueprint and arguments become Rhai source.

mod script;

#[cfg(test)]
mod tests;

pub use script::render;
