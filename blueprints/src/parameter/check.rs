//! Given values become canonical ones, or the rule they break is told.

use std::time::Duration;

use jiff::SignedDuration;
use regex::Regex;
use serde_json::{Map, Value};
use url::Url;

use super::kind::{Default, JSON_DEPTH_MAX, JSON_ITEMS_MAX, Kind, NAME_CHARS_MAX, PATTERN_BYTES_MAX, Parameter};
use crate::{HostPattern, Invalid, StatusSet};

pub(super) fn record(fields: &[Parameter], mut given: Map<String, Value>) -> Result<Map<String, Value>, Invalid> {
    let mut checked = Map::new();
    for parameter in fields {
        let value = match (given.remove(parameter.name), parameter.default) {
            (Some(value), _) => check(&parameter.kind, value).map_err(|invalid| invalid.within(parameter.name))?,
            (None, Default::Is(default)) => default(),
            (None, Default::Absent) => Value::Null,
            (None, Default::Required) => {
                return Err(Invalid::new(parameter.name, "(not given)", format!("is required: {}", parameter.summary)));
            }
        };
        checked.insert(parameter.name.to_owned(), value);
    }
    match given.iter().next() {
        None => Ok(checked),
        Some((unknown, value)) => {
            let known: Vec<_> = fields.iter().map(|parameter| parameter.name).collect();
            Err(Invalid::new(unknown, value, format!("no such parameter; there are {}", known.join(", "))))
        }
    }
}

fn check(kind: &Kind, value: Value) -> Result<Value, Invalid> {
    let holds = |holds: bool| if holds { Ok(()) } else { Err(Invalid::new("", &value, kind.rule())) };
    let text = value.as_str();
    match kind {
        Kind::Text { bytes_max } => holds(text.is_some_and(|text| text.len() <= *bytes_max))?,
        Kind::Url | Kind::UrlTemplate => {
            let canonical = if matches!(kind, Kind::Url) { canonical_url } else { canonical_template };
            let url = text.and_then(canonical);
            return url.map(Value::from).ok_or_else(|| Invalid::new("", &value, kind.rule()));
        }
        Kind::Boolean => holds(value.is_boolean())?,
        Kind::Whole { max } => holds(value.as_u64().is_some_and(|number| number <= *max))?,
        Kind::Number { max } => holds(value.as_f64().is_some_and(|number| (0.0..=*max).contains(&number)))?,
        Kind::Duration { max } => {
            let read = text.and_then(duration).filter(|read| !read.is_zero() && read <= max);
            let read = read.ok_or_else(|| Invalid::new("", &value, kind.rule()))?;
            return Ok(Value::from(u64::try_from(read.as_millis()).unwrap_or(u64::MAX).max(1)));
        }
        Kind::Statuses => {
            let text = text.map_or_else(|| value.to_string(), str::to_owned);
            let set: StatusSet = text.parse().map_err(|error: Invalid| Invalid::new("", &value, error.rule))?;
            return Ok(Value::from(set.to_string()));
        }
        Kind::Choice(words) => holds(text.is_some_and(|text| words.contains(&text)))?,
        Kind::Pattern => {
            let text = text.filter(|text| text.len() <= PATTERN_BYTES_MAX);
            let text = text.ok_or_else(|| Invalid::new("", &value, kind.rule()))?;
            if let Err(error) = Regex::new(text) {
                let why = error.to_string();
                let why = why.lines().last().unwrap_or_default();
                return Err(Invalid::new("", &value, format!("{}: {why}", kind.rule())));
            }
        }
        Kind::Name => holds(text.is_some_and(is_name))?,
        Kind::OneOrMany { of, max } => {
            let items = match value {
                Value::Array(items) => items,
                one => vec![one],
            };
            return items_within(items, *max, |item| check(of, item));
        }
        Kind::TextMap { max } => {
            holds(value.as_object().is_some_and(|map| map.len() <= *max && map.values().all(Value::is_string)))?;
        }
        Kind::Json { bytes_max } => {
            holds(fits(&value, JSON_DEPTH_MAX) && value.to_string().len() <= *bytes_max)?;
        }
        Kind::Record { fields, short } => {
            return match (value, short) {
                (Value::Object(entries), _) => record(fields, entries).map(Value::Object),
                (other, None) => Err(Invalid::new("", other, kind.rule())),
                (other, Some(short)) => short_record(fields, short, other).map(Value::Object),
            };
        }
        Kind::Records { fields, max } => {
            return match value {
                Value::Array(items) => items_within(items, *max, |item| match item {
                    Value::Object(entries) => record(fields, entries).map(Value::Object),
                    other => Err(Invalid::new("", other, "a table with named fields")),
                }),
                other => Err(Invalid::new("", other, "a list of tables")),
            };
        }
    }
    Ok(value)
}

/// A record of which only one field was given, without the table around it.
fn short_record(fields: &[Parameter], short: &str, value: Value) -> Result<Map<String, Value>, Invalid> {
    let made = record(fields, Map::from_iter([(short.to_owned(), value)]));
    made.map_err(|mut invalid| {
        // Who wrote a bare value knows no name of a field.
        if let Some(rest) = invalid.field.strip_prefix(short) {
            invalid.field = rest.trim_start_matches('.').to_owned();
        }
        invalid
    })
}

fn items_within(
    items: Vec<Value>,
    max: usize,
    check_item: impl Fn(Value) -> Result<Value, Invalid>,
) -> Result<Value, Invalid> {
    if items.is_empty() || items.len() > max {
        return Err(Invalid::new("", format!("{} items", items.len()), format!("1 to {max} items")));
    }
    let checked = items
        .into_iter()
        .enumerate()
        .map(|(index, item)| check_item(item).map_err(|invalid| invalid.within(&format!("[{index}]"))));
    checked.collect::<Result<Vec<_>, _>>().map(Value::Array)
}

/// How deep a value may nest that a script reads from a text.
const READ_DEPTH_MAX: usize = 100;

/// Whether a script can read a value from a text.
pub(crate) fn can_be_read(value: &Value) -> bool {
    fits(value, READ_DEPTH_MAX)
}

/// Whether a value nests no deeper than `levels` and holds no list or map that is too long for a script.
fn fits(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => {
            levels > 0 && items.len() <= JSON_ITEMS_MAX && items.iter().all(|item| fits(item, levels - 1))
        }
        Value::Object(map) => {
            levels > 0 && map.len() <= JSON_ITEMS_MAX && map.values().all(|item| fits(item, levels - 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= NAME_CHARS_MAX
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn duration(text: &str) -> Option<Duration> {
    text.parse::<SignedDuration>().ok().and_then(|signed| Duration::try_from(signed).ok())
}

fn parse_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

fn canonical_url(text: &str) -> Option<String> {
    parse_url(text).map(String::from)
}

/// What stands before the first place is a URL of its own, so that the host is known before the run.
fn canonical_template(text: &str) -> Option<String> {
    let Some((before, behind)) = text.split_once("{{") else { return canonical_url(text) };
    let (_, after_scheme) = before.split_once("://")?;
    if !after_scheme.contains(['/', '?', '#']) {
        return None;
    }
    Some(format!("{}{{{{{behind}", canonical_url(before)?))
}

/// Hosts of all URLs among the values of `fields`.
pub(super) fn hosts(fields: &[Parameter], values: &Map<String, Value>) -> Vec<HostPattern> {
    let mut found = Vec::new();
    for field in fields {
        if let Some(value) = values.get(field.name) {
            gather_hosts(&field.kind, value, &mut found);
        }
    }
    found
}

fn gather_hosts(kind: &Kind, value: &Value, found: &mut Vec<HostPattern>) {
    match (kind, value) {
        (Kind::Url | Kind::UrlTemplate, Value::String(text)) => {
            let before = text.split("{{").next().unwrap_or_default();
            found.extend(parse_url(before).as_ref().and_then(HostPattern::of));
        }
        (Kind::OneOrMany { of, .. }, Value::Array(items)) => {
            for item in items {
                gather_hosts(of, item, found);
            }
        }
        (Kind::Record { fields, .. }, Value::Object(entries)) => found.extend(hosts(fields, entries)),
        (Kind::Records { fields, .. }, Value::Array(items)) => {
            for entries in items.iter().filter_map(Value::as_object) {
                found.extend(hosts(fields, entries));
            }
        }
        _ => {}
    }
}
