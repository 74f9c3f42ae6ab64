//! What is expected of an answer, and what is taken out of it: fields and the rules between them.

use regex::Regex;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::check::{given, text};
use crate::literal::{literal, string};
use crate::parameter::{Default, Kind, Parameter, can_be_read};
use crate::{Invalid, JsonSchema};

pub(super) static EXPECTATION: &[Parameter] = &[
    Parameter {
        name: "of",
        summary: "which part of the answer is looked at; `duration_ms` is the whole time, and `dns_ms`, `connect_ms` \
(with TLS), `ssl_ms`, `wait_ms` and `receive_ms` are the parts of it, 0 for those that an open connection spared",
        kind: Kind::Choice(&[
            "header",
            "json",
            "text",
            "duration_ms",
            "dns_ms",
            "connect_ms",
            "ssl_ms",
            "wait_ms",
            "receive_ms",
        ]),
        default: Default::Required,
    },
    Parameter {
        name: "at",
        summary: "the header's name, or the JSONPath (RFC 9535) into the body",
        kind: Kind::Text { bytes_max: 1024 },
        default: Default::Is(|| Value::from("")),
    },
    Parameter {
        name: "compare",
        summary: "how the part is compared with `value`; `matches` takes a regular expression, `schema` a JSON schema \
(draft 2020-12 unless its `$schema` says otherwise) as a table or as JSON in a text",
        kind: Kind::Choice(&[
            "equals",
            "not_equals",
            "contains",
            "not_contains",
            "exists",
            "not_exists",
            "greater_than",
            "less_than",
            "matches",
            "schema",
        ]),
        default: Default::Required,
    },
    Parameter {
        name: "value",
        summary: "what it is compared with",
        kind: Kind::Json { bytes_max: 64 * 1024 },
        default: Default::Absent,
    },
];

pub(super) static EXTRACTION: &[Parameter] = &[
    Parameter {
        name: "name",
        summary: "what later steps call it: `{{name}}`",
        kind: Kind::Name,
        default: Default::Required,
    },
    Parameter {
        name: "of",
        summary: "which part of the answer it is taken out of",
        kind: Kind::Choice(&["json", "header", "text"]),
        default: Default::Required,
    },
    Parameter {
        name: "at",
        summary: "the JSONPath (RFC 9535), the header's name, or a regular expression: its first group, or all that \
it matches",
        kind: Kind::Text { bytes_max: 1024 },
        default: Default::Required,
    },
];

/// Deeper schemas are read from a text: people see no more in them as maps, and scripts nest no deeper.
const SHOWN_DEPTH_MAX: usize = 10;
const PATH_RULE: &str = "a JSONPath (RFC 9535) such as $.items[0].price";
const NUMBER_RULE: &str = "a time is compared by equals, not_equals, greater_than and less_than";

pub(super) fn check_expectation(expectation: &Value) -> Result<(), Invalid> {
    let (of, at, compare) = (text(expectation, "of"), text(expectation, "at"), text(expectation, "compare"));
    let is_path = || JsonPath::parse(at).is_ok();
    let rule = match of {
        "header" if at.is_empty() => Some("the name of the header"),
        "json" if at.is_empty() && compare == "schema" => None,
        "json" if !is_path() => Some(PATH_RULE),
        "header" | "json" => None,
        _ if !at.is_empty() => Some("goes with header and json only"),
        _ => None,
    };
    if let Some(rule) = rule {
        return Err(Invalid::new("at", &expectation["at"], rule));
    }
    let has_value = given(expectation, "value");
    if matches!(compare, "exists" | "not_exists") && has_value {
        let rule = "is not looked at by exists and not_exists: leave it out";
        return Err(Invalid::new("value", &expectation["value"], rule));
    }
    if !matches!(compare, "exists" | "not_exists") && !has_value {
        return Err(Invalid::new("value", "(not given)", "is required to compare with"));
    }
    let is_time = of.ends_with("_ms");
    if is_time && !matches!(compare, "equals" | "not_equals" | "greater_than" | "less_than") {
        return Err(Invalid::new("compare", &expectation["compare"], NUMBER_RULE));
    }
    let value = &expectation["value"];
    if (is_time || matches!(compare, "greater_than" | "less_than")) && !value.is_number() && !holds_places(value) {
        return Err(Invalid::new("value", value, "a number to compare with"));
    }
    match compare {
        "matches" => check_pattern(value).map_err(|rule| Invalid::new("value", value, rule)),
        "schema" if of != "json" => Err(Invalid::new("compare", &expectation["compare"], "schema goes with json only")),
        "schema" => match schema(value) {
            Ok(_) => Ok(()),
            Err(rule) => Err(Invalid::new("value", value, rule)),
        },
        _ => Ok(()),
    }
}

pub(super) fn check_extraction(extraction: &Value) -> Result<(), Invalid> {
    let at = text(extraction, "at");
    let rule = match text(extraction, "of") {
        _ if at.is_empty() => Some("says where it is taken from".to_owned()),
        "json" if JsonPath::parse(at).is_err() => Some(PATH_RULE.to_owned()),
        "text" => check_pattern(&extraction["at"]).err(),
        _ => None,
    };
    rule.map_or(Ok(()), |rule| Err(Invalid::new("at", &extraction["at"], rule)))
}

fn holds_places(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !crate::places::places(text).is_empty())
}

fn check_pattern(value: &Value) -> Result<(), String> {
    let pattern = value.as_str().ok_or_else(|| "a regular expression in quotes".to_owned())?;
    if holds_places(value) {
        return Ok(());
    }
    let why = |error: regex::Error| {
        let whole = error.to_string();
        format!("a regular expression: {}", whole.lines().last().unwrap_or_default())
    };
    Regex::new(pattern).map(drop).map_err(why)
}

/// The Rhai expression of a schema: as a map while that can be read, from a text else.
pub(super) fn schema_code(value: &Value, indent: usize) -> String {
    let schema = schema(value).unwrap_or_default();
    if is_shallow(&schema, SHOWN_DEPTH_MAX) {
        return literal(&schema, indent);
    }
    format!("data::from_json({})", string(&schema.to_string()))
}

fn is_shallow(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(|item| is_shallow(item, levels - 1)),
        Value::Object(fields) => levels > 0 && fields.values().all(|item| is_shallow(item, levels - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// A schema as it is compared with: a table as it is, a text as the JSON in it.
pub(super) fn schema(value: &Value) -> Result<Value, String> {
    let schema = match value {
        Value::String(text) => serde_json::from_str(text).map_err(|error| format!("a JSON schema: {error}"))?,
        other => other.clone(),
    };
    if !can_be_read(&schema) {
        return Err("a JSON schema: a script holds none that is so deep or wide".to_owned());
    }
    JsonSchema::parse(&schema).map(|_| schema).map_err(|why| format!("a JSON schema: {why}"))
}
