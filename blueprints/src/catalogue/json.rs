//! The list for programs, and the schema of parameters for editors.

use serde_json::{Value, json};

use crate::parameter::{Default, Parameter, schema_of};
use crate::{Blueprint, Engine, all};

/// Every blueprint with its parameters: name, kind, rule, default, and the fields of those that are tables.
pub fn json() -> Value {
    all().iter().map(|blueprint| described(blueprint)).collect()
}

/// JSON schema (draft 2020-12) of a blueprint's parameters as they are written.
pub fn parameters_schema(blueprint: &Blueprint) -> Value {
    schema_of(blueprint.parameters)
}

fn described(blueprint: &Blueprint) -> Value {
    json!({
        "name": blueprint.name,
        "summary": blueprint.summary,
        "browser": blueprint.engine == Engine::Browser,
        "parameters": fields(blueprint.parameters),
        "example": blueprint.example,
    })
}

fn fields(parameters: &[Parameter]) -> Value {
    let field = |parameter: &Parameter| {
        let mut told = json!({
            "name": parameter.name,
            "summary": parameter.summary,
            "kind": parameter.kind.word(),
            "rule": parameter.kind.rule(),
            "required": matches!(parameter.default, Default::Required),
        });
        if let Default::Is(default) = parameter.default {
            told["default"] = default();
        }
        if let Some(inner) = parameter.kind.fields() {
            told["fields"] = fields(inner);
        }
        told
    };
    parameters.iter().map(field).collect()
}
