//! Example values of parameters and bodies.

use serde_json::{Map, Value, json};

use super::document::{At, Document};
use crate::Invalid;

/// How deep values are made up: schemas may hold themselves.
const DEPTH_MAX: usize = 8;

/// An example, and whether the document has it.
#[derive(Debug)]
pub(super) struct Example {
    pub(super) value: Value,
    pub(super) is_made_up: bool,
}

/// The example of a parameter or a media type: its own, that of its schema, or one that is made up.
pub(super) fn example(document: &Document, at: &At<'_>) -> Result<Option<Example>, Invalid> {
    if let Some(value) = own_example(document, at)? {
        return Ok(Some(Example { value, is_made_up: false }));
    }
    let Some(schema) = at.get("schema") else { return Ok(None) };
    let mut is_made_up = false;
    let value = of_schema(document, &schema, DEPTH_MAX, &mut is_made_up)?;
    Ok(value.map(|value| Example { value, is_made_up }))
}

fn own_example(document: &Document, at: &At<'_>) -> Result<Option<Value>, Invalid> {
    if let Some(value) = at.value.get("example") {
        return Ok(Some(value.clone()));
    }
    let Some(examples) = at.get("examples") else { return Ok(None) };
    let Some((_, first)) = examples.entries().into_iter().next() else { return Ok(None) };
    Ok(document.resolve(&first)?.value.get("value").cloned())
}

/// A value that the schema describes; `None` when `levels` are used up.
fn of_schema(
    document: &Document,
    schema: &At<'_>,
    levels: usize,
    is_made_up: &mut bool,
) -> Result<Option<Value>, Invalid> {
    if levels == 0 {
        return Ok(None);
    }
    let schema = document.resolve(schema)?;
    let first_of = |key: &str| schema.value.get(key).and_then(|list| list.get(0)).cloned();
    let told = ["example", "default", "const"].iter().find_map(|key| schema.value.get(*key).cloned());
    if let Some(value) = told.or_else(|| first_of("examples")).or_else(|| first_of("enum")) {
        return Ok(Some(value));
    }
    if let Some(parts) = schema.get("allOf") {
        let mut whole = Map::new();
        for part in parts.items() {
            if let Some(Value::Object(fields)) = of_schema(document, &part, levels - 1, is_made_up)? {
                whole.extend(fields);
            }
        }
        if let Some(Value::Object(fields)) = object(document, &schema, levels, is_made_up)? {
            whole.extend(fields);
        }
        return Ok(Some(Value::Object(whole)));
    }
    for choice in ["oneOf", "anyOf"] {
        let first = schema.get(choice).and_then(|list| list.items().into_iter().next());
        if let Some(first) = first {
            return of_schema(document, &first, levels - 1, is_made_up);
        }
    }
    match kind(schema.value) {
        "object" => object(document, &schema, levels, is_made_up),
        "array" => {
            let Some(items) = schema.get("items") else { return Ok(Some(json!([]))) };
            Ok(Some(Value::from_iter(of_schema(document, &items, levels - 1, is_made_up)?)))
        }
        kind => {
            *is_made_up = true;
            Ok(Some(made_up(kind, schema.value)))
        }
    }
}

fn object(
    document: &Document,
    schema: &At<'_>,
    levels: usize,
    is_made_up: &mut bool,
) -> Result<Option<Value>, Invalid> {
    let mut fields = Map::new();
    let required: Vec<&str> =
        schema.value["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in schema.get("properties").map(|all| all.entries()).unwrap_or_default() {
        let resolved = document.resolve(&property)?;
        let is_told = ["example", "default", "const"].iter().any(|key| resolved.value.get(*key).is_some());
        // The server makes these.
        if resolved.value["readOnly"] == Value::Bool(true) || !(required.contains(&name) || is_told) {
            continue;
        }
        if let Some(value) = of_schema(document, &property, levels - 1, is_made_up)? {
            fields.insert(name.to_owned(), value);
        }
    }
    Ok(Some(Value::Object(fields)))
}

fn kind(schema: &Value) -> &str {
    match &schema["type"] {
        Value::String(kind) => kind,
        // 3.1 has lists of types.
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("string"),
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "string",
    }
}

fn made_up(kind: &str, schema: &Value) -> Value {
    let least = schema["minimum"].as_f64();
    match kind {
        "integer" => json!(least.map_or(1, |least| least.ceil() as i64)),
        "number" => json!(least.unwrap_or(1.0)),
        "boolean" => json!(true),
        "null" => Value::Null,
        _ => match schema["format"].as_str().unwrap_or_default() {
            "date" => json!("2026-01-31"),
            "date-time" => json!("2026-01-31T12:00:00Z"),
            "uuid" => json!("123e4567-e89b-12d3-a456-426614174000"),
            "email" => json!("canary@example.com"),
            "uri" | "url" => json!("https://example.com/"),
            "ipv4" => json!("192.0.2.1"),
            _ => {
                let length = schema["minLength"].as_u64().unwrap_or(0).min(100) as usize;
                json!(format!("{:x<length$}", "text"))
            }
        },
    }
}
