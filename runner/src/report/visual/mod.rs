//! What people and programs read of pictures that were compared with their baselines.
//!
//! [`visual_html`] is one file in which a person sees what changed and approves it; the others are for terminals, CI systems
//! and programs. All are made from a [`VisualReport`](crate::visual::VisualReport), whose JSON is itself a report.

mod annotation;
mod approving;
mod html;
mod json;
mod junit;
mod markdown;
mod text;
mod words;
mod write;

#[cfg(test)]
mod tests;

pub use annotation::visual_annotations;
pub use approving::{Approving, approve_command};
pub use html::visual_html;
pub use json::visual_json;
pub use junit::visual_junit;
pub use markdown::visual_markdown;
pub use text::visual_text;
pub(crate) use write::is_file_name;
pub use write::{VISUAL_REPORT, VISUAL_REPORTS, rewrite_visual_reports, write_visual_reports};
