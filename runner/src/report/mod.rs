//! What people and machines read of a run: one run, four forms and a line.

mod html;
mod json;
mod junit;
mod line;
mod markdown;
mod text;
mod write;

#[cfg(test)]
mod tests;

pub use html::html;
pub use json::{run_json, synthetics_report};
pub use junit::junit;
pub use line::line;
pub use markdown::markdown;
pub use text::log_text;
pub(crate) use write::write_all;
