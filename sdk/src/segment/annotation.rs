//! Annotations: the flat, indexed key-value pairs of a segment.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Number, Value};

use super::limits;

/// Annotations by key.
pub type Annotations = BTreeMap<String, AnnotationValue>;

/// What an annotation may hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AnnotationValue {
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a float.
    Number(Number),
    /// A text of at most [`limits::ANNOTATION_TEXT_CHARS_MAX`] characters.
    Text(String),
}

impl From<bool> for AnnotationValue {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<i64> for AnnotationValue {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<u64> for AnnotationValue {
    fn from(number: u64) -> Self {
        Self::Number(number.into())
    }
}

impl From<i32> for AnnotationValue {
    fn from(number: i32) -> Self {
        Self::Number(number.into())
    }
}

impl From<u32> for AnnotationValue {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<f64> for AnnotationValue {
    /// JSON has no infinities and no NaN: these become texts.
    fn from(number: f64) -> Self {
        Number::from_f64(number).map_or_else(|| Self::Text(number.to_string()), Self::Number)
    }
}

impl From<&str> for AnnotationValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for AnnotationValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Reads annotations as the service does: keys and values of other kinds are silently left out.
pub(super) fn deserialize<'de, D>(deserializer: D) -> Result<Annotations, D::Error>
where
    D: Deserializer<'de>,
{
    let Value::Object(members) = Value::deserialize(deserializer)? else {
        return Ok(Annotations::new());
    };
    let indexed = |(key, value): (String, Value)| {
        let value = match value {
            Value::Bool(flag) => AnnotationValue::Bool(flag),
            Value::Number(number) => AnnotationValue::Number(number),
            Value::String(mut text) => {
                limits::truncate(&mut text, limits::ANNOTATION_TEXT_CHARS_MAX);
                AnnotationValue::Text(text)
            }
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        limits::is_annotation_key(&key).then_some((key, value))
    };
    Ok(members.into_iter().filter_map(indexed).collect())
}
