//! One HTML file that shows what changed: no network, and without scripts still pictures side by side.
//!
//! `page` puts together the `list` of all comparisons and a `sheet` for each that is worth a look, with its `pictures` and the
//! `environment` they were made in.

mod environment;
mod list;
mod page;
mod pictures;
mod sheet;

pub use page::visual_html;
