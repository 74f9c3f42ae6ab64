//! Calls an API step by step and checks each answer.

mod check;
mod step;

use crate::blueprint::{Blueprint, Engine};
use crate::parameter::{Default, Kind, Parameter};

/// As many steps as AWS's multi-checks allow, fivefold.
const STEPS_MAX: usize = 50;

pub(crate) static API: Blueprint = Blueprint {
    name: "api",
    summary: "Sends HTTP requests in order and checks status, headers and body of each answer; needs no browser.",
    engine: Engine::Http,
    parameters: &[Parameter {
        name: "steps",
        summary: "the requests, in order; the first that fails ends the run",
        kind: Kind::Records { fields: step::STEP, max: STEPS_MAX },
        default: Default::Required,
    }],
    check: check::steps,
    template: include_str!("script.rhai"),
};
