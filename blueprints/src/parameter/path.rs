//! Values typed on a command line: `url=http://a.example/`, `vitals.lcp.warn=2500`, `steps.0.method=POST`.

use serde_json::{Map, Value};

use super::kind::{Kind, Parameter};
use crate::{Blueprint, Invalid};

/// Most items that an index may make at once.
const INDEX_MAX: usize = 1_000;

impl Parameter {
    /// Reads a value typed on a command line: text and URLs as they are, everything else as JSON where it is JSON.
    pub fn read(&self, text: &str) -> Value {
        read(&self.kind, text)
    }
}

impl Blueprint {
    /// Puts a value typed on a command line into `given`: `path` is a parameter's name, then names of fields and
    /// indexes of lists, from 0. A second value of a parameter that takes a list is added to the first.
    ///
    /// # Errors
    /// A path that leads nowhere. What the value may be is for [`Arguments::parse`](crate::Arguments::parse).
    pub fn set(&self, given: &mut Map<String, Value>, path: &str, text: &str) -> Result<(), Invalid> {
        put_field(self.parameters, given, path, text).map_err(|rule| Invalid::new(path, text, rule))
    }
}

fn read(kind: &Kind, text: &str) -> Value {
    let as_text = || Value::from(text);
    match kind {
        Kind::Text { .. }
        | Kind::Url
        | Kind::UrlTemplate
        | Kind::Duration { .. }
        | Kind::Statuses
        | Kind::Pattern
        | Kind::Name
        | Kind::Choice(_) => as_text(),
        Kind::OneOrMany { .. }
        | Kind::Boolean
        | Kind::Whole { .. }
        | Kind::Number { .. }
        | Kind::TextMap { .. }
        | Kind::Json { .. }
        | Kind::Record { .. }
        | Kind::Records { .. } => serde_json::from_str(text).unwrap_or_else(|_| as_text()),
    }
}

fn put_field(fields: &[Parameter], given: &mut Map<String, Value>, path: &str, text: &str) -> Result<(), String> {
    let (name, rest) = split(path);
    let Some(field) = fields.iter().find(|field| field.name == name) else {
        let known: Vec<_> = fields.iter().map(|field| field.name).collect();
        return Err(format!("no such parameter; there are {}", known.join(", ")));
    };
    let place = given.entry(name).or_insert(Value::Null);
    put(&field.kind, place, rest, text)
}

fn put(kind: &Kind, place: &mut Value, path: Option<&str>, text: &str) -> Result<(), String> {
    let Some(path) = path else {
        let value = read(kind, text);
        match (kind, &mut *place) {
            (_, Value::Null) => *place = value,
            (Kind::OneOrMany { .. }, Value::Array(items)) => items.push(value),
            (Kind::OneOrMany { .. }, before) => *place = Value::Array(vec![before.take(), value]),
            (_, _) => return Err("is given twice".to_owned()),
        }
        return Ok(());
    };
    match kind {
        Kind::Record { fields, .. } => put_field(fields, table(place)?, path, text),
        Kind::Records { fields, .. } => {
            let (index, rest) = split(path);
            let item = item(place, index)?;
            let rest = rest.ok_or_else(|| "a field of the table is named behind its index".to_owned())?;
            put_field(fields, table(item)?, rest, text)
        }
        Kind::OneOrMany { of, .. } => {
            let (index, rest) = split(path);
            put(of, item(place, index)?, rest, text)
        }
        Kind::TextMap { .. } => {
            table(place)?.insert(path.to_owned(), text.into());
            Ok(())
        }
        _ => Err(format!("is {} and has no part `{path}`", kind.rule())),
    }
}

fn split(path: &str) -> (&str, Option<&str>) {
    path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)))
}

fn table(place: &mut Value) -> Result<&mut Map<String, Value>, String> {
    if place.is_null() {
        *place = Value::Object(Map::new());
    }
    place.as_object_mut().ok_or_else(|| "has a value already that is no table".to_owned())
}

fn item<'a>(place: &'a mut Value, index: &str) -> Result<&'a mut Value, String> {
    let rule = || format!("an index from 0 to {INDEX_MAX} stands behind the name of a list");
    let index = index.parse::<usize>().ok().filter(|index| *index <= INDEX_MAX).ok_or_else(rule)?;
    if place.is_null() {
        *place = Value::Array(Vec::new());
    }
    let items = place.as_array_mut().ok_or_else(|| "has a value already that is no list".to_owned())?;
    if items.len() <= index {
        items.resize(index + 1, Value::Null);
    }
    items.get_mut(index).ok_or_else(rule)
}
