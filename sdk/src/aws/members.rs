//! Reading a few members of a JSON object, and passing over the rest.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use tracing::Span;

/// Longest body that is read for names of resources, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// A member that is worth a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    /// Its name on the wire.
    pub(super) name: &'static str,
    /// The span's field.
    pub(super) field: &'static str,
    pub(super) take: Take,
}

/// What of a member is told.
#[derive(Debug, Clone, Copy)]
pub(super) enum Take {
    /// The value, a text, number or bool.
    Value,
    /// The keys of an object, as a JSON list.
    Keys,
    /// How many elements a list has.
    Count,
}

impl Member {
    pub(super) const fn value(name: &'static str, field: &'static str) -> Self {
        Self { name, field, take: Take::Value }
    }

    pub(super) const fn count(name: &'static str, field: &'static str) -> Self {
        Self { name, field, take: Take::Count }
    }

    pub(super) const fn keys(name: &'static str, field: &'static str) -> Self {
        Self { name, field, take: Take::Keys }
    }

    fn record(&self, value: &Value, span: &Span) {
        match (self.take, value) {
            (Take::Value, Value::String(text)) => span.record(self.field, text.as_str()),
            (Take::Value, Value::Bool(flag)) => span.record(self.field, flag),
            (Take::Value, Value::Number(number)) => match number.as_i64() {
                Some(number) => span.record(self.field, number),
                None => span.record(self.field, number.as_f64()),
            },
            (Take::Count, Value::Array(elements)) => span.record(self.field, elements.len() as u64),
            (Take::Keys, Value::Object(members)) => {
                let keys: Vec<Value> = members.keys().cloned().map(Value::String).collect();
                span.record(self.field, Value::Array(keys).to_string())
            }
            // Not what the service's model says: not ours to tell.
            (Take::Value | Take::Count | Take::Keys, _) => span,
        };
    }
}

/// Records the `members` that the JSON object `body` has; anything but an object has none.
pub(super) fn record(body: &[u8], members: &[Member], span: &Span) {
    for (member, value) in read(body, |name| members.iter().find(|member| member.name == name)) {
        member.record(&value, span);
    }
}

/// Finds one member that is a text.
pub(super) fn text(body: &[u8], names: &[&'static str]) -> Option<String> {
    let found = read(body, |name| names.iter().find(|known| **known == name));
    found.into_iter().find_map(|(_, value)| value.as_str().map(str::to_owned))
}

fn read<T: Copy>(body: &[u8], wanted: impl Fn(&str) -> Option<T>) -> Vec<(T, Value)> {
    struct Wanted<F>(F);
    impl<'de, T, F: Fn(&str) -> Option<T>> Visitor<'de> for Wanted<F> {
        type Value = Vec<(T, Value)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut found = Vec::new();
            while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                match self.0(&name) {
                    Some(member) => found.push((member, map.next_value()?)),
                    None => {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
            }
            Ok(found)
        }
    }
    if body.len() > BODY_BYTES_MAX {
        return Vec::new();
    }
    // A body that is no JSON has no members; that it is none is for the SDK to say.
    serde_json::Deserializer::from_slice(body).deserialize_map(Wanted(wanted)).unwrap_or_default()
}
