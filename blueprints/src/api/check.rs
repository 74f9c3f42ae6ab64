//! Rules between the fields of a step.

use serde_json::{Map, Value};
use serde_json_path::JsonPath;

use crate::Invalid;

pub(super) fn steps(arguments: &Map<String, Value>) -> Result<(), Invalid> {
    for (index, step) in list(arguments.get("steps")).iter().enumerate() {
        check_step(step).map_err(|invalid| invalid.within(&format!("steps[{index}]")))?;
    }
    Ok(())
}

fn check_step(step: &Value) -> Result<(), Invalid> {
    if given(step, "body") && given(step, "json") {
        return Err(Invalid::new("body", &step["body"], "a step has a text body or a JSON body, not both"));
    }
    for (index, expectation) in list(step.get("expect")).iter().enumerate() {
        check_expectation(expectation).map_err(|invalid| invalid.within(&format!("expect[{index}]")))?;
    }
    Ok(())
}

fn check_expectation(expectation: &Value) -> Result<(), Invalid> {
    let text = |name: &str| expectation.get(name).and_then(Value::as_str).unwrap_or_default();
    let rule = match text("of") {
        "header" if text("at").is_empty() => Some("the name of the header"),
        "json" if JsonPath::parse(text("at")).is_err() => Some("a JSONPath (RFC 9535) such as $.items[0].price"),
        "text" | "duration_ms" if !text("at").is_empty() => Some("goes with header and json only"),
        _ => None,
    };
    if let Some(rule) = rule {
        return Err(Invalid::new("at", &expectation["at"], rule));
    }
    match (text("compare"), given(expectation, "value")) {
        ("exists" | "not_exists", true) => {
            Err(Invalid::new("value", &expectation["value"], "is not looked at by exists and not_exists: leave it out"))
        }
        ("exists" | "not_exists", false) | (_, true) => Ok(()),
        (_, false) => Err(Invalid::new("value", "(not given)", "is required to compare with")),
    }
}

fn given(record: &Value, name: &str) -> bool {
    record.get(name).is_some_and(|value| !value.is_null())
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
