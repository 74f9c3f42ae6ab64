//! Calls an API step by step and checks each answer.

mod auth;
mod check;
mod expectation;
mod step;
mod write;

use serde_json::Value;

use crate::blueprint::{Blueprint, Engine, Source};
use crate::parameter::{Default, Kind, Parameter};

/// As many steps as AWS's multi-checks allow, fivefold.
const STEPS_MAX: usize = 50;

pub(crate) static API: Blueprint = Blueprint {
    name: "api",
    summary: "Sends HTTP requests in order, checks each answer and carries values on to the next.",
    engine: Engine::Http,
    parameters: &[
        Parameter {
            name: "steps",
            summary: "the requests, in order; the first that fails ends the run",
            kind: Kind::Records { fields: step::STEP, max: STEPS_MAX },
            default: Default::Required,
        },
        Parameter {
            name: "auth",
            summary: "how every request proves who calls; a redirect to another host does not take it along",
            kind: Kind::Record { fields: auth::AUTH, short: None },
            default: Default::Absent,
        },
        Parameter {
            name: "client_certificate",
            summary: "the certificate that servers are shown (mutual TLS)",
            kind: Kind::Record { fields: auth::CERTIFICATE, short: None },
            default: Default::Absent,
        },
        Parameter {
            name: "continue_on_failure",
            summary: "whether the steps behind one that failed are taken too; the run fails all the same",
            kind: Kind::Boolean,
            default: Default::Is(|| Value::from(false)),
        },
    ],
    check: check::arguments,
    example: include_str!("example.toml"),
    source: Source::Written(write::script),
};
