//! What people and programs read of a link check: one run, five forms.

mod aws;
mod json;
mod junit;
mod markdown;
mod text;
mod write;

pub use aws::broken_link_checker_report;
pub use json::{LinkSelection, links_json};
pub use junit::links_junit;
pub use markdown::links_markdown;
pub use text::{LinkDetail, links_text};
pub use write::{LINK_REPORTS, write_link_reports};
