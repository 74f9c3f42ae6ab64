//! CBOR to value.

use bytes::Bytes;

use super::{EPOCH_TAG, major};
use crate::base::Timestamp;
use crate::wire::value::Allowance;
use crate::wire::{Malformed, Members, Value};

/// How many elements room is made for before they are read: a length is only the sender's word.
const RESERVE_MAX: usize = 1024;

/// Reads a body; an empty one is a structure without members. Blobs share the body's memory.
///
/// # Errors
/// Not one complete CBOR item, nested deeper than [`DEPTH_MAX`](crate::wire::DEPTH_MAX), or more than
/// [`VALUES_MAX`](crate::wire::VALUES_MAX) values.
pub fn decode(body: &Bytes) -> Result<Value, Malformed> {
    if body.is_empty() {
        return Ok(Value::empty_map());
    }
    let mut reader = Reader { body, at: 0, allowance: Allowance::default() };
    let value = reader.value()?;
    if reader.at == body.len() { Ok(value) } else { Err(reader.malformed("the body goes on after its CBOR item")) }
}

/// The first byte of an item, with its argument.
struct Head {
    major: u8,
    argument: Argument,
}

enum Argument {
    /// A count, an integer or a tag.
    Number(u64),
    /// A float, whatever its width was.
    Float(f64),
    /// An indefinite length, or its end.
    Indefinite,
}

struct Reader<'b> {
    body: &'b Bytes,
    at: usize,
    allowance: Allowance,
}

impl Reader<'_> {
    fn malformed(&self, reason: &str) -> Malformed {
        Malformed(format!("{reason} (byte {} of the CBOR body)", self.at))
    }

    fn take(&mut self, count: usize) -> Result<&[u8], Malformed> {
        let until = self.at.checked_add(count).filter(|until| *until <= self.body.len());
        let until = until.ok_or_else(|| self.malformed("the body ends early"))?;
        let taken = &self.body[self.at..until];
        self.at = until;
        Ok(taken)
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    fn head(&mut self) -> Result<Head, Malformed> {
        let [first] = self.take_array()?;
        let (major, low) = (first >> 5, first & 0x1f);
        let is_simple = major == major::SIMPLE;
        let argument = match low {
            0..=23 => Argument::Number(low.into()),
            24 => Argument::Number(u8::from_be_bytes(self.take_array()?).into()),
            25 if is_simple => Argument::Float(half_to_double(u16::from_be_bytes(self.take_array()?))),
            26 if is_simple => Argument::Float(f32::from_be_bytes(self.take_array()?).into()),
            27 if is_simple => Argument::Float(f64::from_be_bytes(self.take_array()?)),
            25 => Argument::Number(u16::from_be_bytes(self.take_array()?).into()),
            26 => Argument::Number(u32::from_be_bytes(self.take_array()?).into()),
            27 => Argument::Number(u64::from_be_bytes(self.take_array()?)),
            31 => Argument::Indefinite,
            _ => return Err(self.malformed("a reserved length")),
        };
        Ok(Head { major, argument })
    }

    fn value(&mut self) -> Result<Value, Malformed> {
        let head = self.head()?;
        self.value_after(&head)
    }

    fn value_after(&mut self, head: &Head) -> Result<Value, Malformed> {
        self.allowance.enter()?;
        let value = match (head.major, &head.argument) {
            (major::UNSIGNED, Argument::Number(number)) => {
                i64::try_from(*number).map_or(Value::Float(*number as f64), Value::Int)
            }
            (major::NEGATIVE, Argument::Number(number)) => {
                i64::try_from(*number).map_or(Value::Float(-1.0 - *number as f64), |number| Value::Int(-1 - number))
            }
            (major::BYTES, length) => Value::Blob(self.bytes(length)?),
            (major::TEXT, length) => Value::String(self.text(length)?),
            (major::ARRAY, length) => Value::List(self.list(length)?),
            (major::MAP, length) => Value::Map(self.map(length)?),
            (major::TAG, Argument::Number(tag)) => self.tagged(*tag)?,
            (major::SIMPLE, Argument::Number(20)) => Value::Bool(false),
            (major::SIMPLE, Argument::Number(21)) => Value::Bool(true),
            // Null and undefined.
            (major::SIMPLE, Argument::Number(22 | 23)) => Value::Null,
            (major::SIMPLE, Argument::Float(number)) => Value::Float(*number),
            _ => return Err(self.malformed("an item that the protocol does not have")),
        };
        self.allowance.leave();
        Ok(value)
    }

    fn bytes(&mut self, length: &Argument) -> Result<Bytes, Malformed> {
        if let Argument::Number(length) = length {
            let from = self.at;
            self.take(usize::try_from(*length).unwrap_or(usize::MAX))?;
            return Ok(self.body.slice(from..self.at));
        }
        self.chunks(major::BYTES).map(Bytes::from)
    }

    fn text(&mut self, length: &Argument) -> Result<String, Malformed> {
        let bytes = match length {
            Argument::Number(length) => self.take(usize::try_from(*length).unwrap_or(usize::MAX))?.to_vec(),
            _ => self.chunks(major::TEXT)?,
        };
        String::from_utf8(bytes).map_err(|_| self.malformed("text that is not UTF-8"))
    }

    /// The definite pieces of an indefinite string, up to its break.
    fn chunks(&mut self, expected: u8) -> Result<Vec<u8>, Malformed> {
        let mut whole = Vec::new();
        loop {
            match self.head()? {
                Head { major: major::SIMPLE, argument: Argument::Indefinite } => return Ok(whole),
                Head { major, argument: Argument::Number(length) } if major == expected => {
                    whole.extend_from_slice(self.take(usize::try_from(length).unwrap_or(usize::MAX))?);
                }
                _ => return Err(self.malformed("a piece of a string is not a string")),
            }
        }
    }

    /// The head of the next element, or `None` at the end of the list or map.
    fn next_of(&mut self, length: &Argument, read: usize) -> Result<Option<Head>, Malformed> {
        match length {
            Argument::Number(length) if read as u64 == *length => Ok(None),
            Argument::Number(_) => self.head().map(Some),
            _ => match self.head()? {
                Head { major: major::SIMPLE, argument: Argument::Indefinite } => Ok(None),
                head => Ok(Some(head)),
            },
        }
    }

    fn list(&mut self, length: &Argument) -> Result<Vec<Value>, Malformed> {
        let mut list = Vec::with_capacity(reserve(length));
        while let Some(head) = self.next_of(length, list.len())? {
            list.push(self.value_after(&head)?);
        }
        Ok(list)
    }

    fn map(&mut self, length: &Argument) -> Result<Members, Malformed> {
        let mut members = Members::with_capacity(reserve(length));
        while let Some(head) = self.next_of(length, members.len())? {
            if head.major != major::TEXT {
                return Err(self.malformed("a map key that is not text"));
            }
            let name = self.text(&head.argument)?;
            members.push(name, self.value()?);
        }
        Ok(members)
    }

    fn tagged(&mut self, tag: u64) -> Result<Value, Malformed> {
        let value = self.value()?;
        if tag != EPOCH_TAG {
            // Other tags only say how a plain value is to be shown.
            return Ok(value);
        }
        let at = match value {
            Value::Int(secs) => secs.checked_mul(1_000_000_000).map(Timestamp::from_nanos),
            Value::Float(secs) => Timestamp::from_secs_f64(secs),
            _ => None,
        };
        at.map(Value::Timestamp).ok_or_else(|| self.malformed("a timestamp that is not epoch seconds"))
    }
}

fn reserve(length: &Argument) -> usize {
    match length {
        Argument::Number(length) => usize::try_from(*length).unwrap_or(RESERVE_MAX).min(RESERVE_MAX),
        _ => 0,
    }
}

/// RFC 8949, appendix D.
fn half_to_double(half: u16) -> f64 {
    let (exponent, mantissa) = (i32::from(half >> 10 & 0x1f), f64::from(half & 0x3ff));
    let magnitude = match exponent {
        0 => mantissa * 2f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2f64.powi(exponent - 25),
    };
    if half & 0x8000 == 0 { magnitude } else { -magnitude }
}
