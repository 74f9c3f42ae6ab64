//! Opens pages in a real browser and looks at what came back.

use serde_json::Value;

use crate::blueprint::{Blueprint, Engine};
use crate::parameter::{Default, Kind, Parameter};

/// More pages than this are several canaries.
const URLS_MAX: usize = 50;

pub(crate) static HEARTBEAT: Blueprint = Blueprint {
    name: "heartbeat",
    summary: "Opens one or more pages in a real browser: each must load, answer a good status and show a text.",
    engine: Engine::Browser,
    parameters: &[
        Parameter {
            name: "url",
            summary: "the page, or a list of pages that are opened in order",
            kind: Kind::OneOrMany { of: &Kind::Url, max: URLS_MAX },
            default: Default::Required,
        },
        Parameter {
            name: "status",
            summary: "HTTP status codes of the page that count as good",
            kind: Kind::Statuses,
            default: Default::Is(|| Value::from("200-299")),
        },
        Parameter {
            name: "text",
            summary: "text that every page must show; it is waited for; empty asks for none",
            kind: Kind::Text { bytes_max: 4096 },
            default: Default::Is(|| Value::from("")),
        },
        Parameter {
            name: "screenshot",
            summary: "whether each loaded page is kept as a picture of its whole length",
            kind: Kind::Boolean,
            default: Default::Is(|| Value::from(true)),
        },
    ],
    check: |_| Ok(()),
    template: include_str!("script.rhai"),
};
