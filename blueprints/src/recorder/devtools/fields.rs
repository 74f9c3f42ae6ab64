//! A JSON object whose fields are read one by one; what nobody reads is a mistake.

use serde_json::{Map, Value};

use crate::Invalid;

/// The fields of one object.
pub(super) struct Fields {
    map: Map<String, Value>,
    known: Vec<&'static str>,
}

/// How a value is shown in an error.
pub(super) fn shown(value: &Value) -> String {
    value.to_string()
}

impl Fields {
    /// The fields of `value`, if it is an object.
    pub(super) fn of(value: Value) -> Result<Self, Invalid> {
        match value {
            Value::Object(map) => Ok(Self { map, known: Vec::new() }),
            other => Err(Invalid::new("", shown(&other), "a JSON object")),
        }
    }

    pub(super) fn take(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.map.remove(name)
    }

    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value) -> Result<T, Invalid>,
    ) -> Result<T, Invalid> {
        match self.optional(name, read)? {
            Some(value) => Ok(value),
            None => Err(Invalid::new(name, "nothing", "it must be there")),
        }
    }

    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(Value) -> Result<T, Invalid>,
    ) -> Result<Option<T>, Invalid> {
        self.take(name).map(|value| read(value).map_err(|invalid| invalid.within(name))).transpose()
    }

    /// Says no to fields that nobody read.
    pub(super) fn end(self, of: &str) -> Result<(), Invalid> {
        match self.map.into_iter().next() {
            None => Ok(()),
            Some((name, value)) => {
                let rule = format!("no field of {of}; there are {}", self.known.join(", "));
                Err(Invalid::new(name, shown(&value), rule))
            }
        }
    }
}

pub(super) fn text(value: Value) -> Result<String, Invalid> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(Invalid::new("", shown(&other), "a text")),
    }
}

pub(super) fn truth(value: Value) -> Result<bool, Invalid> {
    match value {
        Value::Bool(truth) => Ok(truth),
        other => Err(Invalid::new("", shown(&other), "true or false")),
    }
}

pub(super) fn number(value: &Value) -> Result<f64, Invalid> {
    value.as_f64().ok_or_else(|| Invalid::new("", shown(value), "a number"))
}

/// A whole number within bounds.
pub(super) fn whole(value: &Value, least: u32, most: u32) -> Result<u32, Invalid> {
    let number = value.as_f64().filter(|number| number.fract() == 0.0);
    let fits = number.filter(|number| (f64::from(least)..=f64::from(most)).contains(number));
    let rule = || format!("a whole number from {least} to {most}");
    fits.map(|number| number as u32).ok_or_else(|| Invalid::new("", shown(value), rule()))
}

pub(super) fn list<T>(value: Value, read: impl Fn(Value) -> Result<T, Invalid>) -> Result<Vec<T>, Invalid> {
    match value {
        Value::Array(items) => {
            let items = items.into_iter().enumerate();
            items.map(|(at, item)| read(item).map_err(|invalid| invalid.within(&format!("[{at}]")))).collect()
        }
        other => Err(Invalid::new("", shown(&other), "a list")),
    }
}

pub(super) fn map(value: Value) -> Result<Map<String, Value>, Invalid> {
    match value {
        Value::Object(map) => Ok(map),
        other => Err(Invalid::new("", shown(&other), "a JSON object")),
    }
}

/// One of the words of a table.
pub(super) fn choice<T: Copy>(value: Value, table: &[(&'static str, T)]) -> Result<T, Invalid> {
    let word = text(value)?;
    let known = table.iter().find(|(known, _)| *known == word);
    known.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = table.iter().map(|(word, _)| *word).collect();
        Invalid::new("", format!("\"{word}\""), format!("one of {}", words.join(", ")))
    })
}
