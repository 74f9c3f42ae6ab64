//! Compares pictures of pages with those that were approved.

mod check;
mod parameters;
mod viewport;
mod write;

use crate::blueprint::{Blueprint, Engine, Source};

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
