//! Opens pages in a real browser and looks at what came back.

mod check;
mod parameters;
mod write;

use crate::blueprint::{Blueprint, Engine, Source};

pub(crate) static HEARTBEAT: Blueprint = Blueprint {
    name: "heartbeat",
    summary: "Opens one or more pages in a real browser: each must load, answer a good status and show a text; web \
vitals, failed requests, console errors and the certificate can be watched too.",
    engine: Engine::Browser,
    parameters: parameters::PARAMETERS,
    check: check::arguments,
    example: include_str!("example.toml"),
    source: Source::Written(write::script),
};
