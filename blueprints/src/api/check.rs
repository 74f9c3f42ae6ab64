//! Rules between the fields of a step, and between steps.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::auth::{check_auth, check_secrets, texts};
use super::expectation::{check_expectation, check_extraction};
use crate::Invalid;
use crate::places::{Place, escaped, places_of};

/// Fields of a step in which places may stand.
const WITH_PLACES: &[&str] = &["url", "query", "headers", "body", "json", "form"];

pub(super) fn arguments(arguments: &Map<String, Value>) -> Result<(), Invalid> {
    if let Some(auth) = arguments.get("auth").filter(|auth| auth.is_object()) {
        check_auth(auth).map_err(|invalid| invalid.within("auth"))?;
    }
    if let Some(certificate) = arguments.get("client_certificate").filter(|given| given.is_object()) {
        check_secrets(certificate).map_err(|invalid| invalid.within("client_certificate"))?;
    }
    let nothing_yet = BTreeSet::new();
    for (name, value) in texts(arguments) {
        check_places(value, &nothing_yet).map_err(|invalid| invalid.within(name))?;
    }
    let mut found = BTreeSet::new();
    for (index, step) in list(arguments.get("steps")).iter().enumerate() {
        check_step(step, &mut found).map_err(|invalid| invalid.within(&format!("steps[{index}]")))?;
    }
    Ok(())
}

fn check_step(step: &Value, found: &mut BTreeSet<String>) -> Result<(), Invalid> {
    let name = text(step, "name");
    if !name.is_empty() && name.trim().is_empty() {
        return Err(Invalid::new("name", &step["name"], "a name of more than blanks"));
    }
    let bodies: Vec<_> = ["body", "json", "form"].into_iter().filter(|body| given(step, body)).collect();
    if let [first, _, ..] = bodies[..] {
        let rule = match bodies[..] {
            ["body", "json"] => "a step has a text body or a JSON body, not both",
            _ => "a step has one of body, json, form",
        };
        return Err(Invalid::new(first, &step[first], rule));
    }
    check_headers(step).map_err(|invalid| invalid.within("headers"))?;
    for field in WITH_PLACES {
        check_places(&step[field], found).map_err(|invalid| invalid.within(field))?;
    }
    for (index, expectation) in list(step.get("expect")).iter().enumerate() {
        check_expectation(expectation)
            .and_then(|()| match text(expectation, "compare") {
                // A schema is taken as it is.
                "schema" => Ok(()),
                _ => check_places(&expectation["value"], found).map_err(|invalid| invalid.within("value")),
            })
            .map_err(|invalid| invalid.within(&format!("expect[{index}]")))?;
    }
    for (index, extraction) in list(step.get("extract")).iter().enumerate() {
        check_extraction(extraction).map_err(|invalid| invalid.within(&format!("extract[{index}]")))?;
    }
    // Seen by the steps behind this one.
    found.extend(list(step.get("extract")).iter().map(|extraction| text(extraction, "name").to_owned()));
    Ok(())
}

/// Names are tokens, values hold nothing that would end their line (RFC 9110, 5).
fn check_headers(step: &Value) -> Result<(), Invalid> {
    for (name, value) in step["headers"].as_object().into_iter().flatten() {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(is_token) {
            return Err(Invalid::new(name, value, "a header's name has letters, digits and dashes"));
        }
        if value.as_str().is_some_and(|value| value.chars().any(|c| c.is_control() && c != '\t')) {
            return Err(Invalid::new(
                name,
                value,
                "a header's value has no line breaks and no other control characters",
            ));
        }
    }
    Ok(())
}

fn check_places(value: &Value, found: &BTreeSet<String>) -> Result<(), Invalid> {
    let mut places = Vec::new();
    places_of(value, &mut places);
    for place in places {
        let Place::Found(name) = place else { continue };
        if !found.contains(&name) {
            let known = match found.len() {
                0 => "no step before extracts anything".to_owned(),
                _ => format!("the steps before extract {}", found.iter().cloned().collect::<Vec<_>>().join(", ")),
            };
            let shown = format!("{{{{{name}}}}}");
            let rule = format!("{known}; {} is the text itself", escaped(&shown));
            return Err(Invalid::new("", shown, rule));
        }
    }
    Ok(())
}

/// Whether a field was given.
pub(super) fn given(record: &Value, name: &str) -> bool {
    record.get(name).is_some_and(|value| !value.is_null())
}

/// A field that is a text; empty when it was not given.
pub(super) fn text<'a>(record: &'a Value, name: &str) -> &'a str {
    record.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
