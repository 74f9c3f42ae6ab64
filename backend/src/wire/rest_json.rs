//! Requests of the rest-json protocol: members come in the path, in the query string and in a JSON body.
//!
//! Source: <https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html>

use std::collections::BTreeMap;

use super::{Malformed, Value, json};

/// How many query parameters a request may have. `UntagResource` names at most 50 keys.
pub const PARAMETERS_MAX: usize = 256;

/// Puts the parts of a request together. Labels and query parameters are [`Value::Untyped`] under their wire names; a
/// repeated parameter is a list. Of one name, a label wins over a parameter and a parameter over the body.
///
/// No service here has members in headers, nor a body that is anything but its members.
///
/// # Errors
/// See [`json::decode`]; a body that is not an object; more than [`PARAMETERS_MAX`] parameters.
pub fn decode(labels: Vec<(String, String)>, query: &str, body: &[u8]) -> Result<Value, Malformed> {
    let Value::Map(body) = json::decode(body)? else {
        return Err(Malformed("the body is not a JSON object".to_owned()));
    };
    let mut outside = parameters(query)?;
    outside.extend(labels.into_iter().map(|(name, text)| (name, Value::Untyped(text))));
    let body: Vec<_> = body.into_iter().filter(|(name, _)| !outside.contains_key(name.as_ref())).collect();
    Ok(Value::Map(outside.into_iter().map(|(name, value)| (name.into(), value)).chain(body).collect()))
}

fn parameters(query: &str) -> Result<BTreeMap<String, Value>, Malformed> {
    let mut by_name: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (count, (name, text)) in form_urlencoded::parse(query.as_bytes()).enumerate() {
        if count == PARAMETERS_MAX {
            return Err(Malformed(format!("more than {PARAMETERS_MAX} query parameters")));
        }
        by_name.entry(name.into_owned()).or_default().push(Value::Untyped(text.into_owned()));
    }
    let one_or_list = |mut texts: Vec<Value>| match (texts.pop(), texts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => Value::List(texts.into_iter().chain(last).collect()),
    };
    Ok(by_name.into_iter().map(|(name, texts)| (name, one_or_list(texts))).collect())
}
