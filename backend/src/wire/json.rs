//! JSON bodies: awsJson 1.0 and 1.1, and rest-json.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#shape-serialization>

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap as _, Serializer};

use super::value::Allowance;
use super::{Malformed, Members, Value};
use crate::base::Timestamp;

/// Reads a body; an empty one is a structure without members.
///
/// # Errors
/// Not JSON, nested deeper than [`DEPTH_MAX`](super::DEPTH_MAX), or more than [`VALUES_MAX`](super::VALUES_MAX) values.
pub fn decode(body: &[u8]) -> Result<Value, Malformed> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::empty_map());
    }
    let mut allowance = Allowance::default();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = ValueSeed { allowance: &mut allowance }
        .deserialize(&mut deserializer)
        .map_err(|error| Malformed(format!("the body is not JSON that can be read: {error}")))?;
    deserializer.end().map_err(|error| Malformed(format!("the body goes on after its JSON: {error}")))?;
    Ok(value)
}

/// Writes a body.
///
/// Timestamps are epoch seconds with their fraction, blobs base64, and the three numbers that JSON lacks are text.
pub fn encode(value: &Value) -> Vec<u8> {
    serde_json::to_vec(&Json(value)).expect("a value has only text for keys and memory takes every write")
}

struct ValueSeed<'b> {
    allowance: &'b mut Allowance,
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.allowance.enter().map_err(D::Error::custom)?;
        let allowance = self.allowance;
        let value = deserializer.deserialize_any(ValueVisitor { allowance: &mut *allowance })?;
        allowance.leave();
        Ok(value)
    }
}

struct ValueVisitor<'b> {
    allowance: &'b mut Allowance,
}

impl<'de> Visitor<'de> for ValueVisitor<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Float(number as f64), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element_seed(ValueSeed { allowance: &mut *self.allowance })? {
            list.push(element);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut members = Members::new();
        while let Some(name) = entries.next_key::<String>()? {
            members.push(name, entries.next_value_seed(ValueSeed { allowance: &mut *self.allowance })?);
        }
        Ok(Value::Map(members))
    }
}

struct Json<'v>(&'v Value);

impl serde::Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::Float(number) if number.is_finite() => serializer.serialize_f64(*number),
            Value::Float(number) => serializer.serialize_str(non_finite(*number)),
            Value::String(text) | Value::Untyped(text) => serializer.serialize_str(text),
            Value::Blob(bytes) => serializer.serialize_str(&STANDARD.encode(bytes)),
            Value::Timestamp(at) => serialize_timestamp(*at, serializer),
            Value::List(elements) => serializer.collect_seq(elements.iter().map(Json)),
            Value::Map(members) | Value::Struct(members) => {
                let mut object = serializer.serialize_map(Some(members.len()))?;
                for (name, member) in members.iter() {
                    object.serialize_entry(name, &Json(member))?;
                }
                object.end()
            }
        }
    }
}

/// What the text protocols write for a float that is no number.
pub(super) fn non_finite(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Epoch seconds, whole ones as an integer. Dividing the coarsest whole unit keeps `1767225600.123` free of the digits
/// that dividing nanoseconds would add.
fn serialize_timestamp<S: Serializer>(at: Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    if at.as_nanos().rem_euclid(1_000_000_000) == 0 {
        serializer.serialize_i64(at.as_secs())
    } else {
        serializer.serialize_f64(epoch_secs(at))
    }
}

/// Epoch seconds as the nearest `f64`; exact to the microsecond for today's dates.
pub(super) fn epoch_secs(at: Timestamp) -> f64 {
    let nanos = at.as_nanos();
    if nanos % 1_000_000 == 0 {
        (nanos / 1_000_000) as f64 / 1e3
    } else if nanos % 1_000 == 0 {
        (nanos / 1_000) as f64 / 1e6
    } else {
        nanos as f64 / 1e9
    }
}
