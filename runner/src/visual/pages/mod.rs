//! Which pages a suite has: from a file, a sitemap, a Storybook, or addresses.

mod error;
mod fetch;
mod file;
mod sitemap;
mod storybook;
mod suite;
#[cfg(test)]
mod tests;

pub use error::PagesError;
pub use file::read_file;
pub use sitemap::read_sitemap;
pub use storybook::read_storybook;
pub use suite::{PAGES_MAX, Rebase, Suite};
