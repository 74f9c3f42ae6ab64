//! Compares pictures of pages with those that were approved.

mod check;
mod parameters;
mod viewport;
mod write;

use serde_json::Value;

use crate::Arguments;
use crate::blueprint::{Blueprint, Engine, Source};
pub use viewport::Viewport;

pub(crate) static VISUAL: Blueprint = Blueprint {
    name: "visual",
    summary: "Takes a picture of one or more pages, at one or more sizes, and compares each with the one that was approved: \
nothing may look otherwise.",
    engine: Engine::Browser,
    parameters: parameters::PARAMETERS,
    check: check::arguments,
    example: include_str!("example.toml"),
    source: Source::Written(write::script),
};

/// What the baselines of the pages are called, in their order.
pub fn visual_page_names(arguments: &Arguments) -> Vec<String> {
    let pages = arguments.get("url").and_then(Value::as_array);
    pages.into_iter().flatten().map(write::name_of).collect()
}
