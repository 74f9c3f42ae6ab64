//! The schema of an answer, with all that it refers to, as a JSON schema of its own.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::document::{At, Document};
use crate::Invalid;

/// Schemas that one answer may refer to.
const DEFINITIONS_MAX: usize = 200;
/// How deep a schema nests.
const DEPTH_MAX: usize = 100;
/// Keywords of OpenAPI that say nothing of an answer.
const LEFT_OUT: &[&str] = &[
    "example",
    "examples",
    "xml",
    "externalDocs",
    "discriminator",
    "description",
    "title",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "nullable",
];
/// Keywords whose values are names with schemas.
const MAPS: &[&str] = &["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];

/// Makes the schema, or tells which reference is broken.
pub(super) fn json_schema(document: &Document, schema: &At<'_>) -> Result<Value, Invalid> {
    let mut collector = Collector { document, names: BTreeMap::new(), waiting: Vec::new() };
    let mut whole = collector.convert(schema, DEPTH_MAX)?;
    let mut definitions = Map::new();
    while let Some((name, reference, place)) = collector.waiting.pop() {
        let target = document.follow(&reference, &place)?;
        // A chain that comes back to itself describes nothing.
        document.resolve(&target)?;
        let converted = collector.convert(&target, DEPTH_MAX)?;
        definitions.insert(name, converted);
    }
    if let (false, Some(whole)) = (definitions.is_empty(), whole.as_object_mut()) {
        whole.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Ok(whole)
}

struct Collector<'a> {
    document: &'a Document,
    /// Names in `$defs` by reference.
    names: BTreeMap<String, String>,
    waiting: Vec<(String, String, String)>,
}

impl Collector<'_> {
    fn convert(&mut self, at: &At<'_>, levels: usize) -> Result<Value, Invalid> {
        let Some(fields) = at.value.as_object() else { return Ok(at.value.clone()) };
        if levels == 0 {
            return Err(Invalid::new(&at.place, "{...}", format!("a schema of at most {DEPTH_MAX} levels")));
        }
        let mut made = Map::new();
        if let Some(reference) = at.text("$ref") {
            let name = self.name(reference, &at.place)?;
            made.insert("$ref".to_owned(), format!("#/$defs/{name}").into());
            if self.document.is_3_0() {
                // What stands beside a reference counts from 3.1 on.
                return Ok(Value::Object(made));
            }
        }
        for (key, value) in fields.iter().filter(|(key, _)| !LEFT_OUT.contains(&key.as_str()) && !key.starts_with("x-"))
        {
            let Some(at) = at.get(key).filter(|_| key != "$ref") else { continue };
            let value = match value {
                // These hold values, not schemas.
                value if matches!(key.as_str(), "const" | "enum" | "required") => value.clone(),
                Value::Object(_) if MAPS.contains(&key.as_str()) => {
                    let converted = at
                        .entries()
                        .into_iter()
                        .map(|(name, at)| self.convert(&at, levels - 1).map(|schema| (name.to_owned(), schema)));
                    Value::Object(converted.collect::<Result<_, _>>()?)
                }
                Value::Object(_) => self.convert(&at, levels - 1)?,
                Value::Array(_) if matches!(key.as_str(), "allOf" | "anyOf" | "oneOf" | "prefixItems") => {
                    let converted = at.items().into_iter().map(|at| self.convert(&at, levels - 1));
                    Value::Array(converted.collect::<Result<_, _>>()?)
                }
                other => other.clone(),
            };
            made.insert(key.clone(), value);
        }
        self.drop_write_only(at, &mut made)?;
        if self.document.is_3_0() {
            from_3_0(at.value, &mut made);
        }
        Ok(Value::Object(made))
    }

    /// The name under which a reference stands in `$defs`.
    fn name(&mut self, reference: &str, place: &str) -> Result<String, Invalid> {
        if let Some(name) = self.names.get(reference) {
            return Ok(name.clone());
        }
        // Told here, where it stands.
        let target = self.document.follow(reference, place)?;
        self.document.resolve(&target)?;
        if self.names.len() >= DEFINITIONS_MAX {
            let rule = format!("an answer may refer to {DEFINITIONS_MAX} schemas");
            return Err(Invalid::new(place, format!("\"{reference}\""), rule));
        }
        let last = reference.rsplit('/').next().unwrap_or_default();
        let word: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
        let taken = |name: &String| self.names.values().any(|known| known == name);
        let word = if word.is_empty() { "schema".to_owned() } else { word };
        let name = if taken(&word) { format!("{word}_{}", self.names.len()) } else { word };
        self.names.insert(reference.to_owned(), name.clone());
        self.waiting.push((name.clone(), reference.to_owned(), place.to_owned()));
        Ok(name)
    }

    /// What is only ever sent is in no answer, even when it is required.
    fn drop_write_only(&self, at: &At<'_>, made: &mut Map<String, Value>) -> Result<(), Invalid> {
        let mut write_only = Vec::new();
        for (name, property) in at.get("properties").map(|all| all.entries()).unwrap_or_default() {
            if self.document.resolve(&property)?.value["writeOnly"] == Value::Bool(true) {
                write_only.push(name);
            }
        }
        if let Some(required) = made.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|name| !name.as_str().is_some_and(|name| write_only.contains(&name)));
        }
        Ok(())
    }
}

/// What OpenAPI 3.0 says in its own way.
fn from_3_0(given: &Value, made: &mut Map<String, Value>) {
    for (flag, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match made.get(flag).and_then(Value::as_bool) {
            Some(true) => {
                let value = made.remove(limit).unwrap_or(Value::Null);
                made.insert(flag.to_owned(), value);
            }
            Some(false) => {
                made.remove(flag);
            }
            None => {}
        }
    }
    if given["nullable"] == Value::Bool(true) {
        let inner = std::mem::take(made);
        made.insert("anyOf".to_owned(), json!([{"type": "null"}, inner]));
    }
}
