//! Follows the links of a site and fails when one leads nowhere.

mod parameters;

use serde_json::{Map, Value};

use parameters::PARAMETERS;

use crate::Invalid;
use crate::blueprint::{Blueprint, Engine, Source};

pub(crate) static BROKEN_LINKS: Blueprint = Blueprint {
    name: "broken-links",
    summary: "Follows the links of a site, by HTTP and in a browser where a page needs it: none may be broken.",
    engine: Engine::Browser,
    parameters: PARAMETERS,
    check,
    example: include_str!("example.toml"),
    source: Source::Template(include_str!("script.rhai")),
};

fn check(arguments: &Map<String, Value>) -> Result<(), Invalid> {
    if arguments.get("links").and_then(Value::as_u64) == Some(0) {
        return Err(Invalid::new("links", 0, "a check follows at least one link"));
    }
    Ok(())
}
