//! Attributes of resources, spans and records.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use serde_json::{Map, Value};

/// Deepest nesting of values that is kept; what is deeper becomes null.
const DEPTH_MAX: usize = 32;

/// Attributes by name. What is taken out is used up; the rest becomes metadata.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes(BTreeMap<String, Value>);

impl Attributes {
    pub(super) fn new(pairs: &[KeyValue]) -> Self {
        let json = |pair: &KeyValue| (pair.key.clone(), pair.value.as_ref().map_or(Value::Null, to_json));
        Self(pairs.iter().map(json).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The attribute as text, when it is text and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// Takes the first of `names` that is there, as text: numbers and flags are written out.
    pub(super) fn take_text(&mut self, names: &[&str]) -> Option<String> {
        let value = self.take(names)?;
        Some(match value {
            Value::String(text) => text,
            other => other.to_string(),
        })
        .filter(|text| !text.is_empty())
    }

    /// Takes the first of `names` that is there, as a whole number; texts are read.
    pub(super) fn take_number(&mut self, names: &[&str]) -> Option<i64> {
        match self.take(names)? {
            Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|number| number as i64)),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// Takes the first of `names` that is there.
    pub(super) fn take(&mut self, names: &[&str]) -> Option<Value> {
        names.iter().find_map(|name| self.0.remove(*name))
    }

    /// Takes every attribute whose name begins with `prefix`; the names lose it.
    pub(super) fn take_prefixed(&mut self, prefix: &str) -> Vec<(String, Value)> {
        let names: Vec<String> = self.0.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        let taken = names.iter().filter_map(|name| {
            let rest = name.strip_prefix(prefix)?;
            Some((rest.to_owned(), self.0.remove(name)?))
        });
        taken.collect()
    }

    /// What is left, by name.
    pub(super) fn into_map(self) -> Map<String, Value> {
        self.0.into_iter().collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }
}

/// A value as JSON: bytes become base64, a float that is no number its name.
pub(super) fn to_json(value: &AnyValue) -> Value {
    nested(value, 0)
}

fn nested(value: &AnyValue, depth: usize) -> Value {
    if depth >= DEPTH_MAX {
        return Value::Null;
    }
    match &value.value {
        None => Value::Null,
        Some(Any::StringValue(text)) => Value::String(text.clone()),
        Some(Any::BoolValue(flag)) => Value::Bool(*flag),
        Some(Any::IntValue(number)) => Value::from(*number),
        Some(Any::DoubleValue(number)) => {
            serde_json::Number::from_f64(*number).map_or_else(|| number.to_string().into(), Value::Number)
        }
        Some(Any::ArrayValue(array)) => array.values.iter().map(|value| nested(value, depth + 1)).collect(),
        Some(Any::KvlistValue(list)) => {
            let pair = |pair: &KeyValue| {
                (pair.key.clone(), pair.value.as_ref().map_or(Value::Null, |value| nested(value, depth + 1)))
            };
            Value::Object(list.values.iter().map(pair).collect())
        }
        Some(Any::BytesValue(bytes)) => Value::String(STANDARD.encode(bytes)),
        // An index into a table that only profiles have.
        Some(Any::StringValueStrindex(_)) => Value::Null,
    }
}
