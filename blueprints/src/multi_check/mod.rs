//! Runs the checks of an AWS multi-checks document.

use serde_json::{Map, Value};

use crate::Invalid;
use crate::blueprint::{Blueprint, Engine, Source};
use crate::parameter::{Default, Kind, Parameter};

/// Written as a script it stays below what a script may have.
const DOCUMENT_BYTES_MAX: usize = 128 * 1024;

pub(crate) static MULTI_CHECK: Blueprint = Blueprint {
    name: "multi-check",
    summary: "Runs up to 10 checks of HTTP, DNS, SSL, TCP, gRPC health and WebSockets, written as AWS's multi-checks JSON.",
    engine: Engine::Http,
    parameters: &[Parameter {
        name: "checks",
        summary: "the document: a file's path, or the JSON itself; every check runs, whatever failed before",
        kind: Kind::Json { bytes_max: DOCUMENT_BYTES_MAX },
        default: Default::Required,
    }],
    check,
    example: include_str!("example.toml"),
    source: Source::Template(include_str!("script.rhai")),
};

/// The rules within the document are the runner's, which reads it.
fn check(arguments: &Map<String, Value>) -> Result<(), Invalid> {
    match arguments.get("checks") {
        Some(Value::Object(_)) => Ok(()),
        other => {
            let given = other.unwrap_or(&Value::Null);
            Err(Invalid::new("checks", given, "an object of globalSettings, variables and steps"))
        }
    }
}
