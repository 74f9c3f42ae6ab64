//! XML answers of the query protocol.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#response-serialization>

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::json::non_finite;
use super::{Fault, Value};
use crate::base::Timestamp;

/// Writes the answer of `operation`: `<OpResponse><OpResult>..</OpResult><ResponseMetadata>..`.
///
/// [`Value::Null`] is an operation without output: it has no `OpResult`.
pub fn encode(operation: &str, namespace: &str, request_id: &str, output: &Value) -> String {
    let mut out = format!("<{operation}Response xmlns=\"{namespace}\">");
    if *output != Value::Null {
        push_element(&mut out, &format!("{operation}Result"), output);
    }
    out.push_str("<ResponseMetadata>");
    push_text_element(&mut out, "RequestId", request_id);
    out.push_str("</ResponseMetadata>");
    push_end(&mut out, &format!("{operation}Response"));
    out
}

/// Writes an error. Its extra members stand beside the message.
pub fn encode_fault(namespace: Option<&str>, request_id: &str, fault: &Fault) -> String {
    let mut out = match namespace {
        Some(namespace) => format!("<ErrorResponse xmlns=\"{namespace}\"><Error>"),
        None => "<ErrorResponse><Error>".to_owned(),
    };
    push_text_element(&mut out, "Type", fault.blame.as_str());
    push_text_element(&mut out, "Code", &fault.query_code);
    push_text_element(&mut out, "Message", &fault.message);
    for (name, member) in fault.members.iter() {
        push_element(&mut out, name, member);
    }
    out.push_str("</Error>");
    push_text_element(&mut out, "RequestId", request_id);
    out.push_str("</ErrorResponse>");
    out
}

fn push_element(out: &mut String, name: &str, value: &Value) {
    push_start(out, name);
    match value {
        Value::Null => {}
        Value::Bool(flag) => push_shown(out, flag),
        Value::Int(number) => push_shown(out, number),
        Value::Float(number) if number.is_finite() => push_shown(out, number),
        Value::Float(number) => out.push_str(non_finite(*number)),
        Value::String(text) | Value::Untyped(text) => push_escaped(out, text),
        Value::Blob(bytes) => STANDARD.encode_string(bytes, out),
        Value::Timestamp(at) => push_timestamp(out, *at),
        Value::List(elements) => elements.iter().for_each(|element| push_element(out, "member", element)),
        Value::Struct(members) => members.iter().for_each(|(name, member)| push_element(out, name, member)),
        Value::Map(entries) => {
            for (key, entry) in entries.iter() {
                out.push_str("<entry>");
                push_text_element(out, "key", key);
                push_element(out, "value", entry);
                out.push_str("</entry>");
            }
        }
    }
    push_end(out, name);
}

fn push_text_element(out: &mut String, name: &str, text: &str) {
    push_start(out, name);
    push_escaped(out, text);
    push_end(out, name);
}

fn push_start(out: &mut String, name: &str) {
    out.push('<');
    out.push_str(name);
    out.push('>');
}

fn push_end(out: &mut String, name: &str) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

fn push_shown(out: &mut String, shown: impl std::fmt::Display) {
    write!(out, "{shown}").expect("memory takes every write");
}

/// ISO 8601 in UTC; a fraction only where there is one.
fn push_timestamp(out: &mut String, at: Timestamp) {
    push_shown(out, at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S%.fZ"));
}

/// Text as XML 1.0 can hold it. A carriage return is written as a reference, or parsers would make it a line feed; a
/// character that XML cannot hold at all becomes U+FFFD, or no parser would read the rest.
fn push_escaped(out: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            '\t' | '\n' => out.push(letter),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(letter),
        }
    }
}
