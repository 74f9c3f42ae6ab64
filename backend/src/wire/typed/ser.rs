//! Typed struct to [`Value`].

use std::borrow::Cow;

use bytes::Bytes;
use serde::ser::{
    Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, Serializer,
};

use super::EncodeError;
use crate::base::Timestamp;
use crate::wire::{Members, Value};

/// The value that `output` is. `()` is [`Value::Null`]: an operation without output.
///
/// # Errors
/// When `output` has what no AWS shape has: a map key that is not text, an integer outside `i64`.
pub fn to_value<T: Serialize + ?Sized>(output: &T) -> Result<Value, EncodeError> {
    output.serialize(ValueSerializer)
}

fn integer<N: TryInto<i64>>(number: N) -> Result<Value, EncodeError> {
    number.try_into().map(Value::Int).map_err(|_| EncodeError("integer outside the range of i64".to_owned()))
}

#[derive(Clone, Copy)]
struct ValueSerializer;

impl Serializer for ValueSerializer {
    type Ok = Value;
    type Error = EncodeError;
    type SerializeSeq = ListWriter;
    type SerializeTuple = ListWriter;
    type SerializeTupleStruct = ListWriter;
    type SerializeTupleVariant = Impossible<Value, EncodeError>;
    type SerializeMap = MapWriter;
    type SerializeStruct = StructWriter;
    type SerializeStructVariant = VariantWriter;

    fn serialize_bool(self, flag: bool) -> Result<Value, EncodeError> {
        Ok(Value::Bool(flag))
    }

    fn serialize_i8(self, number: i8) -> Result<Value, EncodeError> {
        Ok(Value::Int(number.into()))
    }

    fn serialize_i16(self, number: i16) -> Result<Value, EncodeError> {
        Ok(Value::Int(number.into()))
    }

    fn serialize_i32(self, number: i32) -> Result<Value, EncodeError> {
        Ok(Value::Int(number.into()))
    }

    fn serialize_i64(self, number: i64) -> Result<Value, EncodeError> {
        Ok(Value::Int(number))
    }

    fn serialize_u8(self, number: u8) -> Result<Value, EncodeError> {
        Ok(Value::Int(number.into()))
    }

    fn serialize_u16(self, number: u16) -> Result<Value, EncodeError> {
        Ok(Value::Int(number.into()))
    }

    fn serialize_u32(self, number: u32) -> Result<Value, EncodeError> {
        Ok(Value::Int(number.into()))
    }

    fn serialize_u64(self, number: u64) -> Result<Value, EncodeError> {
        integer(number)
    }

    fn serialize_f32(self, number: f32) -> Result<Value, EncodeError> {
        Ok(Value::Float(number.into()))
    }

    fn serialize_f64(self, number: f64) -> Result<Value, EncodeError> {
        Ok(Value::Float(number))
    }

    fn serialize_char(self, letter: char) -> Result<Value, EncodeError> {
        Ok(Value::String(letter.to_string()))
    }

    fn serialize_str(self, text: &str) -> Result<Value, EncodeError> {
        Ok(Value::String(text.to_owned()))
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Value, EncodeError> {
        Ok(Value::Blob(Bytes::copy_from_slice(bytes)))
    }

    fn serialize_none(self) -> Result<Value, EncodeError> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, inner: &T) -> Result<Value, EncodeError> {
        inner.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, EncodeError> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<Value, EncodeError> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<Value, EncodeError> {
        Ok(Value::String(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        inner: &T,
    ) -> Result<Value, EncodeError> {
        let value = inner.serialize(self)?;
        match value {
            Value::Int(nanos) if name == Timestamp::SERDE_NAME => Ok(Value::Timestamp(Timestamp::from_nanos(nanos))),
            value => Ok(value),
        }
    }

    /// An AWS union: a structure with the one member that is set.
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        inner: &T,
    ) -> Result<Value, EncodeError> {
        Ok(Value::Struct([(variant, inner.serialize(self)?)].into_iter().collect()))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<ListWriter, EncodeError> {
        Ok(ListWriter(Vec::with_capacity(len.unwrap_or(0))))
    }

    fn serialize_tuple(self, len: usize) -> Result<ListWriter, EncodeError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<ListWriter, EncodeError> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        _len: usize,
    ) -> Result<Self::SerializeTupleVariant, EncodeError> {
        Err(EncodeError(format!("variant {variant} has several unnamed fields: no AWS shape has")))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<MapWriter, EncodeError> {
        Ok(MapWriter { members: Members::with_capacity(len.unwrap_or(0)), key: None })
    }

    fn serialize_struct(self, _name: &'static str, len: usize) -> Result<StructWriter, EncodeError> {
        Ok(StructWriter(Members::with_capacity(len)))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<VariantWriter, EncodeError> {
        Ok(VariantWriter { variant, inner: StructWriter(Members::with_capacity(len)) })
    }
}

#[derive(Debug)]
struct ListWriter(Vec<Value>);

impl SerializeSeq for ListWriter {
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), EncodeError> {
        self.0.push(to_value(element)?);
        Ok(())
    }

    fn end(self) -> Result<Value, EncodeError> {
        Ok(Value::List(self.0))
    }
}

impl SerializeTuple for ListWriter {
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), EncodeError> {
        SerializeSeq::serialize_element(self, element)
    }

    fn end(self) -> Result<Value, EncodeError> {
        SerializeSeq::end(self)
    }
}

impl SerializeTupleStruct for ListWriter {
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, element: &T) -> Result<(), EncodeError> {
        SerializeSeq::serialize_element(self, element)
    }

    fn end(self) -> Result<Value, EncodeError> {
        SerializeSeq::end(self)
    }
}

#[derive(Debug)]
struct MapWriter {
    members: Members,
    key: Option<String>,
}

impl SerializeMap for MapWriter {
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.key = match to_value(key)? {
            Value::String(text) => Some(text),
            Value::Int(number) => Some(number.to_string()),
            other => return Err(EncodeError(format!("a map key cannot be {}", other.kind()))),
        };
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let key = self.key.take().expect("serde writes a key before its value");
        self.members.push(key, to_value(value)?);
        Ok(())
    }

    fn end(self) -> Result<Value, EncodeError> {
        Ok(Value::Map(self.members))
    }
}

#[derive(Debug)]
struct StructWriter(Members);

impl SerializeStruct for StructWriter {
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, field: &T) -> Result<(), EncodeError> {
        let value = to_value(field)?;
        // AWS never writes null for a member that is not set.
        if value != Value::Null {
            self.0.push(Cow::Borrowed(name), value);
        }
        Ok(())
    }

    fn end(self) -> Result<Value, EncodeError> {
        Ok(Value::Struct(self.0))
    }
}

#[derive(Debug)]
struct VariantWriter {
    variant: &'static str,
    inner: StructWriter,
}

impl SerializeStructVariant for VariantWriter {
    type Ok = Value;
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, field: &T) -> Result<(), EncodeError> {
        self.inner.serialize_field(name, field)
    }

    fn end(self) -> Result<Value, EncodeError> {
        Ok(Value::Struct([(self.variant, self.inner.end()?)].into_iter().collect()))
    }
}
