//! Value to CBOR.

use super::{EPOCH_TAG, major};
use crate::wire::Value;
use crate::wire::json::epoch_secs;

/// Writes a body. Lengths are definite, doubles 64 bits wide, timestamps tag 1 on a double.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    push_value(&mut out, value);
    out
}

fn push_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(false) => out.push(0xf4),
        Value::Bool(true) => out.push(0xf5),
        // A negative integer n is written as -1 - n, which is what inverting its bits gives.
        Value::Int(number) if *number < 0 => push_head(out, major::NEGATIVE, !number.cast_unsigned()),
        Value::Int(number) => push_head(out, major::UNSIGNED, number.cast_unsigned()),
        Value::Float(number) => push_double(out, *number),
        Value::String(text) | Value::Untyped(text) => push_text(out, text),
        Value::Blob(bytes) => {
            push_head(out, major::BYTES, bytes.len() as u64);
            out.extend_from_slice(bytes);
        }
        Value::Timestamp(at) => {
            push_head(out, major::TAG, EPOCH_TAG);
            push_double(out, epoch_secs(*at));
        }
        Value::List(elements) => {
            push_head(out, major::ARRAY, elements.len() as u64);
            for element in elements {
                push_value(out, element);
            }
        }
        Value::Map(members) | Value::Struct(members) => {
            push_head(out, major::MAP, members.len() as u64);
            for (name, member) in members.iter() {
                push_text(out, name);
                push_value(out, member);
            }
        }
    }
}

fn push_text(out: &mut Vec<u8>, text: &str) {
    push_head(out, major::TEXT, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn push_double(out: &mut Vec<u8>, number: f64) {
    out.push(major::SIMPLE << 5 | 0x1b);
    out.extend_from_slice(&number.to_bits().to_be_bytes());
}

/// Major type and argument, the argument in as few bytes as hold it.
fn push_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    if argument < 24 {
        out.push(major | argument as u8);
    } else if let Ok(argument) = u8::try_from(argument) {
        out.extend_from_slice(&[major | 0x18, argument]);
    } else if let Ok(argument) = u16::try_from(argument) {
        out.push(major | 0x19);
        out.extend_from_slice(&argument.to_be_bytes());
    } else if let Ok(argument) = u32::try_from(argument) {
        out.push(major | 0x1a);
        out.extend_from_slice(&argument.to_be_bytes());
    } else {
        out.push(major | 0x1b);
        out.extend_from_slice(&argument.to_be_bytes());
    }
}
