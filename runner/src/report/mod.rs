//! What people and machines read of a run: one run, four forms and a line.
//!
//! [`html`] is one file with everything, beside the last good run where this one did not pass ([`LastGood`]);
//! [`junit`], [`run_json`], [`synthetics_report`] and [`markdown`] are for programs and CI, and [`annotation`] is the line
//! with which a CI system marks the place.

mod annotation;
mod html;
mod json;
mod junit;
mod last_good;
mod line;
mod links;
mod markdown;
pub(crate) mod pack;
mod text;
mod visual;
mod write;

#[cfg(test)]
mod tests;

pub use annotation::{Ci, annotation};
pub use html::{Sheet, html};
pub use json::{run_json, synthetics_report};
pub use junit::junit;
pub use last_good::{GoodRequest, GoodStep, LastGood};
pub use line::line;
pub use links::{
    LINK_REPORTS, LinkDetail, LinkSelection, broken_link_checker_report, links_json, links_junit, links_markdown,
    links_text, write_link_reports,
};
pub use markdown::markdown;
pub(crate) use pack::PACK;
pub use text::log_text;
pub(crate) use visual::is_file_name;
pub use visual::{
    Approving, VISUAL_REPORT, VISUAL_REPORTS, approve_command, rewrite_visual_reports, visual_annotations, visual_html,
    visual_json, visual_junit, visual_markdown, visual_text, write_visual_reports,
};
pub(crate) use write::write_all;
