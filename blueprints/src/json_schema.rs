//! JSON schemas that answers are compared with.

use serde_json::Value;

/// A schema that is one: of draft 2020-12 unless its `$schema` says otherwise. What it refers to stands in it.
#[derive(Debug)]
pub struct JsonSchema(jsonschema::Validator);

/// Longest part of a message that shows a value.
const SHOWN_CHARS_MAX: usize = 200;

impl JsonSchema {
    /// Reads a schema.
    ///
    /// # Errors
    /// Why it is none, or what it refers to elsewhere.
    pub fn parse(schema: &Value) -> Result<Self, String> {
        if !schema.is_object() && !schema.is_boolean() {
            return Err("a schema is a table".to_owned());
        }
        // Linear time, whatever the pattern: the text comes from elsewhere.
        let patterns = jsonschema::PatternOptions::regex();
        let built = jsonschema::options().with_pattern_options(patterns).build(schema);
        built.map(Self).map_err(|error| short(&error.to_string()))
    }

    /// Where `value` is not as it should be, `$.items[0]: ...`: at most `max` places.
    pub fn mistakes(&self, value: &Value, max: usize) -> Vec<String> {
        let errors = self.0.iter_errors(value).take(max);
        errors
            .map(|error| format!("${}: {}", path(&error.instance_path().to_string()), short(&error.to_string())))
            .collect()
    }
}

/// A JSON pointer (RFC 6901) as a `JSONPath`.
fn path(pointer: &str) -> String {
    let mut path = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        let step = match part.parse::<usize>() {
            Ok(index) => format!("[{index}]"),
            Err(_) => format!(".{part}"),
        };
        path.push_str(&step);
    }
    path
}

fn short(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((cut, _)) => format!("{}...", text.get(..cut).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mistakes_have_their_places() {
        let schema = json!({
            "type": "object",
            "required": ["id"],
            "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/item"}}},
            "$defs": {"item": {"type": "object", "properties": {"price": {"type": "number", "minimum": 0}}}},
        });
        let schema = JsonSchema::parse(&schema).unwrap();
        assert!(schema.mistakes(&json!({"id": 1, "items": [{"price": 2.5}]}), 5).is_empty());
        let mistakes = schema.mistakes(&json!({"items": [{"price": -1}, {"price": "x"}]}), 5);
        assert_eq!(mistakes.len(), 3, "{mistakes:?}");
        assert!(mistakes.iter().any(|one| one.starts_with("$.items[1].price: ")), "{mistakes:?}");
    }

    #[test]
    fn what_is_no_schema_is_told() {
        for bad in
            [json!(1), json!({"type": "objekt"}), json!({"$ref": "https://a.example/schema"}), json!({"$ref": "#/x"})]
        {
            assert!(JsonSchema::parse(&bad).is_err(), "{bad}");
        }
    }
}
