//! The JSON schema of `canaries.toml`, for editors.

use serde_json::{Map, Value, json};
use siskin_blueprints::{Blueprint, all, catalogue};

use super::shape::{FILE, Field, Shape};

/// The schema (draft 2020-12) of `canaries.toml`, made from what the reader checks.
///
/// Editors take it through their TOML language server; see `docs/canaries.md`.
pub fn schema() -> Value {
    let mut schema = table(FILE);
    let canary = &mut schema["properties"]["canary"]["items"];
    canary["properties"]["blueprint"]["enum"] = all().iter().map(|blueprint| blueprint.name).collect();
    canary["allOf"] = all().iter().map(|blueprint| of_blueprint(blueprint)).collect();
    let head = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "canaries.toml of Siskin",
    });
    if let (Some(schema), Value::Object(head)) = (schema.as_object_mut(), head) {
        schema.extend(head);
    }
    schema
}

/// What its parameters are, once a canary names a blueprint.
fn of_blueprint(blueprint: &Blueprint) -> Value {
    json!({
        "if": {"properties": {"blueprint": {"const": blueprint.name}}, "required": ["blueprint"]},
        "then": {"properties": {"parameters": catalogue::parameters_schema(blueprint)}, "required": ["parameters"]},
    })
}

fn of(shape: Shape) -> Value {
    match shape {
        Shape::Any => json!({}),
        Shape::Text => json!({"type": "string"}),
        Shape::Word(words) => json!({"enum": words}),
        Shape::Integer => json!({"type": "integer", "minimum": 0}),
        Shape::Number => json!({"type": "number"}),
        Shape::List(item) => json!({"type": "array", "items": of(*item)}),
        Shape::Table(fields) => table(fields),
        Shape::Map(value) => json!({"type": "object", "additionalProperties": of(*value)}),
        Shape::Either(shapes) => json!({"anyOf": shapes.iter().map(|shape| of(*shape)).collect::<Vec<_>>()}),
    }
}

fn table(fields: &[Field]) -> Value {
    let properties: Map<_, _> = fields
        .iter()
        .map(|field| {
            let mut value = of(field.shape);
            value["description"] = field.about.into();
            (field.name.to_owned(), value)
        })
        .collect();
    let required: Vec<_> = fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}
