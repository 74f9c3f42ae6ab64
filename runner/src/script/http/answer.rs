//! What a script sees of an HTTP answer, and checks of its parts.

use rhai::{Dynamic, Map};
use serde_json::Value;
use siskin_blueprints::{Invalid, StatusSet};

use super::caller::Received;
use crate::check::json_path;
use crate::script::compare::{Comparison, compare};
use crate::script::failure::HostError;

/// Said of a body that is longer than [`BODY_BYTES_MAX`](super::caller::BODY_BYTES_MAX).
pub(in crate::script) const CUT: &str = "the body is longer than 1 MiB (1,048,576 bytes), of which no more is read";

/// Parts of the time, as they are called in an answer.
const TIMES: &[&str] = &["dns_ms", "connect_ms", "ssl_ms", "wait_ms", "receive_ms"];

/// The answer as a map: `status`, `url`, `headers` (names in lower case), `body`, `is_whole`, `duration_ms`, `timings`.
pub(super) fn to_map(received: Received) -> Map {
    let parts = received.parts;
    let times =
        [parts.dns, parts.connect, parts.tls, parts.wait, parts.receive].map(|part| part.as_secs_f64() * 1000.0);
    let timings: Map = TIMES.iter().zip(times).map(|(name, ms)| ((*name).into(), ms.into())).collect();
    let headers: Map = received.headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    Map::from([
        ("status".into(), i64::from(received.status).into()),
        ("url".into(), String::from(received.url).into()),
        ("headers".into(), headers.into()),
        ("body".into(), received.body.into()),
        ("is_whole".into(), received.is_whole.into()),
        ("duration_ms".into(), (received.duration.as_millis() as i64).into()),
        ("timings".into(), timings.into()),
    ])
}

/// Checks one part: `#{ of: "header" | "json" | "text" | "duration_ms" | "wait_ms" .., at, compare, value }`.
pub(in crate::script) fn check(answer: &Map, part: &Map) -> Result<(), HostError> {
    let word = |name: &str| text(part, name).unwrap_or_default();
    let comparison = Comparison::parse(&word("compare"))?;
    let expected: Value = match part.get("value") {
        Some(value) => rhai::serde::from_dynamic(value)
            .map_err(|_| HostError::script("value of a part of an answer is a plain value"))?,
        None => Value::Null,
    };
    let at = word("at");
    let of = word("of");
    let found = match of.as_str() {
        "header" => header(answer, &at).map(Value::from),
        "json" => at_path(answer, &at)?,
        "text" => text(answer, "body").map(Value::from),
        "duration_ms" => answer.get("duration_ms").and_then(|ms| ms.as_int().ok()).map(Value::from),
        time if TIMES.contains(&time) => {
            let timings = answer.get("timings").and_then(Dynamic::read_lock::<Map>);
            timings.and_then(|timings| timings.get(time).and_then(|ms| ms.as_float().ok())).map(Value::from)
        }
        other => {
            let times = TIMES.join(", ");
            return Err(HostError::script(format!(
                "\"{other}\" is no part; there are header, json, text, duration_ms, {times}"
            )));
        }
    };
    let what = if at.is_empty() { of.clone() } else { format!("{of} {at}") };
    let held = compare(&what, found.as_ref(), comparison, &expected);
    // What was found in the part that was read stays found; nothing else is known of the whole.
    let is_known = of != "text" || is_whole(answer) || matches!(comparison, Comparison::Contains | Comparison::Exists);
    match held {
        Ok(()) if !is_known => Err(HostError::check(format!("{what} is not known as a whole: {CUT}"))),
        Err(error) if of == "text" && !is_whole(answer) => Err(HostError::check(format!("{}; {CUT}", error.message))),
        held => held,
    }
}

/// Whether all of the body is there.
fn is_whole(answer: &Map) -> bool {
    answer.get("is_whole").and_then(|whole| whole.as_bool().ok()) != Some(false)
}

/// Checks the status: a number or a set such as `200-299`.
pub(in crate::script) fn check_status(answer: &Map, good: &Dynamic) -> Result<(), HostError> {
    let good = good.as_int().map(|code| code.to_string()).or_else(|_| good.clone().into_string());
    let good =
        good.map_err(|kind| HostError::script(format!("a set of status codes is a number or a text, not {kind}")))?;
    let set: StatusSet = good.parse().map_err(|error: Invalid| HostError::script(error.to_string()))?;
    let status = answer.get("status").and_then(|status| status.as_int().ok());
    match status.and_then(|status| u16::try_from(status).ok()) {
        Some(status) if set.contains(status) => Ok(()),
        Some(status) => Err(HostError::check(format!("status {status}: expected {set}"))),
        None => Err(HostError::check(format!("no status: expected {set}"))),
    }
}

/// The body as JSON.
pub(in crate::script) fn json(answer: &Map) -> Result<Value, HostError> {
    let body = text(answer, "body").unwrap_or_default();
    serde_json::from_str(&body).map_err(|error| {
        if is_whole(answer) {
            HostError::check(format!("the body is no JSON: {error}"))
        } else {
            HostError::check(format!("the body cannot be read as JSON: {CUT}"))
        }
    })
}

/// What stands at a `JSONPath` (RFC 9535): the one value, or the list of several.
pub(in crate::script) fn at_path(answer: &Map, path: &str) -> Result<Option<Value>, HostError> {
    in_value(&json(answer)?, path)
}

/// As [`at_path`], in a value.
pub(in crate::script) fn in_value(value: &Value, path: &str) -> Result<Option<Value>, HostError> {
    json_path::at(value, path).map_err(HostError::script)
}

pub(in crate::script) fn header(answer: &Map, name: &str) -> Option<String> {
    let headers = answer.get("headers")?.read_lock::<Map>()?;
    headers.get(name.to_ascii_lowercase().as_str()).and_then(|value| value.clone().into_string().ok())
}

fn text(map: &Map, name: &str) -> Option<String> {
    map.get(name).cloned().map(Dynamic::into_string)?.ok()
}
