//! [`Value`] to typed struct.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::value::{CowStrDeserializer, I64Deserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::{DecodeError, Reason, Step};
use crate::base::Timestamp;
use crate::wire::Value;

/// The input that `value` is.
///
/// # Errors
/// The first member that does not fit the shape, with its path.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, DecodeError> {
    T::deserialize(ValueDeserializer(value))
}

struct ValueDeserializer(Value);

impl ValueDeserializer {
    fn wrong_type(&self, expected: &str) -> DecodeError {
        DecodeError::new(Reason::WrongType { expected: expected.to_owned(), found: self.0.kind().to_owned() })
    }

    fn bool(self) -> Result<bool, DecodeError> {
        const EXPECTED: &str = "a boolean";
        match self.0 {
            Value::Bool(flag) => Ok(flag),
            // .NET and PowerShell clients write `True`.
            Value::Untyped(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Value::Untyped(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Value::Untyped(text) => Err(DecodeError::unreadable(EXPECTED, &text)),
            _ => Err(self.wrong_type(EXPECTED)),
        }
    }

    fn integer(self) -> Result<i64, DecodeError> {
        const EXPECTED: &str = "an integer";
        match self.0 {
            Value::Int(number) => Ok(number),
            // JavaScript and Lua clients have one number type and may write 60.0.
            Value::Float(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => Ok(number as i64),
            Value::Untyped(text) => text.trim().parse().map_err(|_| DecodeError::unreadable(EXPECTED, &text)),
            _ => Err(self.wrong_type(EXPECTED)),
        }
    }

    fn float(self) -> Result<f64, DecodeError> {
        const EXPECTED: &str = "a number";
        match self.0 {
            Value::Int(number) => Ok(number as f64),
            Value::Float(number) => Ok(number),
            // JSON has no literal for these three, so AWS's JSON protocols write them as text.
            Value::String(text) => match text.as_str() {
                "NaN" => Ok(f64::NAN),
                "Infinity" => Ok(f64::INFINITY),
                "-Infinity" => Ok(f64::NEG_INFINITY),
                _ => Err(DecodeError::new(Reason::WrongType {
                    expected: EXPECTED.to_owned(),
                    found: Value::String(text).kind().to_owned(),
                })),
            },
            Value::Untyped(text) => text.trim().parse().map_err(|_| DecodeError::unreadable(EXPECTED, &text)),
            _ => Err(self.wrong_type(EXPECTED)),
        }
    }

    fn bytes(self) -> Result<Vec<u8>, DecodeError> {
        const EXPECTED: &str = "base64";
        match self.0 {
            Value::Blob(bytes) => Ok(bytes.into()),
            Value::String(text) | Value::Untyped(text) => {
                STANDARD.decode(&text).map_err(|_| DecodeError::unreadable(EXPECTED, &text))
            }
            _ => Err(self.wrong_type(EXPECTED)),
        }
    }

    fn timestamp(self) -> Result<Timestamp, DecodeError> {
        const EXPECTED: &str = "a timestamp";
        let unreadable = |text: &str| DecodeError::unreadable(EXPECTED, text);
        match self.0 {
            Value::Timestamp(at) => Ok(at),
            Value::Int(secs) => {
                secs.checked_mul(1_000_000_000).map(Timestamp::from_nanos).ok_or_else(|| unreadable(&secs.to_string()))
            }
            Value::Float(secs) => Timestamp::from_secs_f64(secs).ok_or_else(|| unreadable(&format!("{secs:?}"))),
            Value::String(text) | Value::Untyped(text) => parse_timestamp(&text).ok_or_else(|| unreadable(&text)),
            _ => Err(self.wrong_type(EXPECTED)),
        }
    }

    fn list(self) -> Result<Vec<Value>, DecodeError> {
        match self.0 {
            Value::List(elements) => Ok(elements),
            // `AlarmNames=` is how a form writes an empty list, `?tagKeys=a` how a query string writes one element.
            Value::Untyped(text) if text.is_empty() => Ok(Vec::new()),
            Value::Untyped(text) => Ok(vec![Value::Untyped(text)]),
            _ => Err(self.wrong_type("a list")),
        }
    }
}

/// ISO 8601 or epoch seconds: forms and query strings may hold either.
fn parse_timestamp(text: &str) -> Option<Timestamp> {
    Timestamp::parse_iso(text).or_else(|| Timestamp::from_secs_f64(text.parse().ok()?))
}

impl<'de> Deserializer<'de> for ValueDeserializer {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(flag) => visitor.visit_bool(flag),
            Value::Int(number) => visitor.visit_i64(number),
            Value::Float(number) => visitor.visit_f64(number),
            Value::String(text) | Value::Untyped(text) => visitor.visit_string(text),
            Value::Blob(bytes) => visitor.visit_byte_buf(bytes.into()),
            Value::Timestamp(at) => visitor.visit_f64(at.as_secs_f64()),
            Value::List(elements) => visitor.visit_seq(Elements::new(elements)),
            Value::Map(members) | Value::Struct(members) => visitor.visit_map(Entries::of_map(members.into_iter())),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_bool(self.bool()?)
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_i64(self.integer()?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_string(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_string(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::String(text) | Value::Untyped(text) => visitor.visit_string(text),
            _ => Err(self.wrong_type("a string")),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_byte_buf(self.bytes()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// An operation without input takes whatever came.
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name == Timestamp::SERDE_NAME {
            visitor.visit_newtype_struct(I64Deserializer::new(self.timestamp()?.as_nanos()))
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(Elements::new(self.list()?))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Map(members) | Value::Struct(members) => visitor.visit_map(Entries::of_map(members.into_iter())),
            _ => Err(self.wrong_type("a map")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::Map(members) | Value::Struct(members) => visitor.visit_map(Entries::of_struct(members.into_iter())),
            _ => Err(self.wrong_type("a structure")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.0 {
            Value::String(text) | Value::Untyped(text) => visitor.visit_enum(text.into_deserializer()),
            Value::Map(members) | Value::Struct(members) => {
                let mut set = members.into_iter().filter(|(_, value)| *value != Value::Null);
                match (set.next(), set.next()) {
                    (Some((name, value)), None) => visitor.visit_enum(Union { name, value }),
                    _ => Err(DecodeError::custom("Member must have exactly one of its members set")),
                }
            }
            _ => Err(self.wrong_type("a string")),
        }
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_string(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_unit()
    }
}

/// The elements of a list, each error with its index.
struct Elements {
    elements: std::vec::IntoIter<Value>,
    next: usize,
}

impl Elements {
    fn new(elements: Vec<Value>) -> Self {
        Self { elements: elements.into_iter(), next: 0 }
    }
}

impl<'de> SeqAccess<'de> for Elements {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        let Some(element) = self.elements.next() else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        seed.deserialize(ValueDeserializer(element)).map(Some).map_err(|error| error.within(Step::Index(index)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.elements.len())
    }
}

type MemberIter = std::vec::IntoIter<(Cow<'static, str>, Value)>;

/// What the names of a [`Entries`] are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    /// Keys that the caller chose.
    Keys,
    /// Members of a shape; a null one is absent.
    Members,
}

/// The entries of a map or a structure, each error with its name.
struct Entries {
    rest: MemberIter,
    names: Names,
    current: Option<(Cow<'static, str>, Value)>,
}

impl Entries {
    fn of_map(rest: MemberIter) -> Self {
        Self { rest, names: Names::Keys, current: None }
    }

    fn of_struct(rest: MemberIter) -> Self {
        Self { rest, names: Names::Members, current: None }
    }
}

impl<'de> MapAccess<'de> for Entries {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let names = self.names;
        self.current = self.rest.by_ref().find(|(_, value)| names == Names::Keys || *value != Value::Null);
        let Some((name, _)) = &self.current else { return Ok(None) };
        let key = match names {
            Names::Members => seed.deserialize(CowStrDeserializer::new(Cow::Borrowed(name.as_ref()))),
            // A newtype key wants a full deserializer, and its error the key's name.
            Names::Keys => seed
                .deserialize(ValueDeserializer(Value::Untyped(name.to_string())))
                .map_err(|error| error.within(Step::Key(name.to_string()))),
        };
        key.map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, DecodeError> {
        let (name, value) = self.current.take().expect("serde reads a key before its value");
        let names = self.names;
        seed.deserialize(ValueDeserializer(value)).map_err(|error| {
            error.within(match names {
                Names::Members => Step::Member(name.into_owned()),
                Names::Keys => Step::Key(name.into_owned()),
            })
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// A structure of which one member is set.
struct Union {
    name: Cow<'static, str>,
    value: Value,
}

impl<'de> EnumAccess<'de> for Union {
    type Error = DecodeError;
    type Variant = UnionMember;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, UnionMember), DecodeError> {
        let name = seed.deserialize(CowStrDeserializer::new(Cow::Borrowed(self.name.as_ref())))?;
        Ok((name, UnionMember { name: self.name, value: self.value }))
    }
}

struct UnionMember {
    name: Cow<'static, str>,
    value: Value,
}

impl<'de> VariantAccess<'de> for UnionMember {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, DecodeError> {
        let name = self.name;
        seed.deserialize(ValueDeserializer(self.value)).map_err(|error| error.within(Step::Member(name.into_owned())))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, DecodeError> {
        ValueDeserializer(self.value).deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let name = self.name;
        ValueDeserializer(self.value)
            .deserialize_struct("", fields, visitor)
            .map_err(|error| error.within(Step::Member(name.into_owned())))
    }
}
