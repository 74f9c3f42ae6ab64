//! Module `assert`: checks that end the run as failed when they do not hold.

use rhai::serde::from_dynamic;
use rhai::{Dynamic, FuncRegistration, Map, Module};
use serde_json::Value;
use siskin_blueprints::StatusSet;

use super::answer;
use super::compare::{Comparison, compare};
use super::failure::{Answer, HostError};

pub(super) fn module() -> Module {
    let mut module = Module::new();
    FuncRegistration::new("that").set_into_module(&mut module, |holds: bool, message: &str| -> Answer<()> {
        if holds { Ok(()) } else { Err(HostError::check(message).into()) }
    });
    FuncRegistration::new("equal").set_into_module(&mut module, |found: Dynamic, expected: Dynamic| -> Answer<()> {
        two_values(&found, Comparison::Equals, &expected)
    });
    FuncRegistration::new("contains").set_into_module(&mut module, |found: Dynamic, part: Dynamic| -> Answer<()> {
        two_values(&found, Comparison::Contains, &part)
    });
    FuncRegistration::new("status")
        .set_into_module(&mut module, |answer: Map, good: &str| -> Answer<()> { status(&answer, good) });
    FuncRegistration::new("status")
        .set_into_module(&mut module, |answer: Map, good: i64| -> Answer<()> { status(&answer, &good.to_string()) });
    FuncRegistration::new("answer")
        .set_into_module(&mut module, |answer: Map, part: Map| -> Answer<()> { Ok(answer::check(&answer, &part)?) });
    module
}

fn two_values(found: &Dynamic, comparison: Comparison, expected: &Dynamic) -> Answer<()> {
    let found: Value = from_dynamic(found)?;
    let expected: Value = from_dynamic(expected)?;
    Ok(compare("it", Some(&found), comparison, &expected)?)
}

fn status(answer: &Map, good: &str) -> Answer<()> {
    let set: StatusSet =
        good.parse().map_err(|error: siskin_blueprints::Invalid| HostError::script(error.to_string()))?;
    let status = answer.get("status").and_then(|status| status.as_int().ok());
    match status.and_then(|status| u16::try_from(status).ok()) {
        Some(status) if set.contains(status) => Ok(()),
        Some(status) => Err(HostError::check(format!("status {status}: expected {set}")).into()),
        None => Err(HostError::check(format!("no status: expected {set}")).into()),
    }
}
