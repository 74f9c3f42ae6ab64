//! One HTML file that shows a run: no other file, no network, no script needed.
//!
//! `page` puts the sections together: `pictures` that are not as their baselines, `steps` with their pictures, `vitals` of each document, `requests` as a waterfall,
//! `comparison` with the last good run; `element` writes the small parts they share.

mod comparison;
pub(super) mod element;
mod page;
mod pictures;
mod requests;
mod steps;
mod vitals;

pub use page::{Sheet, html};
