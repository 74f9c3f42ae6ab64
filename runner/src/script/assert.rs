//! Module `assert`: checks that end the run as failed when they do not hold.

use rhai::{Dynamic, Module};
use siskin_blueprints::{Invalid, StatusSet};

use super::answer;
use super::compare::{Comparison, compare};
use super::failure::HostError;
use super::functions::{Functions, as_json, as_map, as_text};
use super::host::Host;

pub(super) fn module(host: &Host) -> Module {
    Functions::new(host)
        .two("that", |_, holds, message| that(holds, message))
        .two("equal", |_, found, expected| two_values(found, Comparison::Equals, expected))
        .two("contains", |_, found, part| two_values(found, Comparison::Contains, part))
        .two("status", |_, answer, good| status(answer, good))
        .two("answer", |_, answer, part| answer::check(&as_map("an answer", answer)?, &as_map("a part", part)?))
        .build()
}

fn that(holds: &Dynamic, message: &Dynamic) -> Result<(), HostError> {
    match holds.as_bool() {
        Ok(true) => Ok(()),
        Ok(false) => Err(HostError::check(message.to_string())),
        Err(kind) => Err(HostError::script(format!("what is asserted is true or false, not {kind}"))),
    }
}

fn two_values(found: &Dynamic, comparison: Comparison, expected: &Dynamic) -> Result<(), HostError> {
    let found = as_json("what was found", found)?;
    let expected = as_json("what is expected", expected)?;
    compare("it", Some(&found), comparison, &expected)
}

fn status(answer: &Dynamic, good: &Dynamic) -> Result<(), HostError> {
    let good = good.as_int().map_or_else(|_| as_text("a set of status codes", good), |code| Ok(code.to_string()))?;
    let set: StatusSet = good.parse().map_err(|error: Invalid| HostError::script(error.to_string()))?;
    let answer = as_map("an answer", answer)?;
    let status = answer.get("status").and_then(|status| status.as_int().ok());
    match status.and_then(|status| u16::try_from(status).ok()) {
        Some(status) if set.contains(status) => Ok(()),
        Some(status) => Err(HostError::check(format!("status {status}: expected {set}"))),
        None => Err(HostError::check(format!("no status: expected {set}"))),
    }
}
