//! `links`: a check of a site's links.

mod arguments;
mod browser;
mod options;
mod run;

#[cfg(test)]
mod tests;

pub use arguments::LinksArgs;
pub(super) use run::run;
