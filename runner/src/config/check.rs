//! Whether the keys and types of a file are those of its [`Shape`]s: every mistake with its place.

use std::ops::Range;

use siskin_blueprints::Invalid;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::secret::HIDDEN;
use super::shape::{Field, Shape};

/// Keys with less in common than this are no suggestion.
const SIMILAR: f64 = 0.75;

/// A broken rule and where it is broken.
pub(super) type Fault = (Option<Range<usize>>, Invalid);

/// Checks a table and everything in it. `path` is its own, empty for the file; `place` is told for what is missing.
pub(super) fn table(
    table: &DeTable<'_>,
    fields: &[Field],
    path: &str,
    place: Option<&Range<usize>>,
    faults: &mut Vec<Fault>,
) {
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if let Some(field) = fields.iter().find(|field| field.name == name) {
            self::value(value, field.shape, &join(path, name), faults);
        } else {
            let shown = if path.contains(".secrets.") { HIDDEN.to_owned() } else { shown(value.get_ref()) };
            let invalid = Invalid::new(join(path, name), shown, unknown(name, fields));
            faults.push((Some(key.span()), invalid));
        }
    }
    for field in fields.iter().filter(|field| field.required) {
        if !table.keys().any(|key| key.get_ref().as_ref() == field.name) {
            let rule = format!("is required: {}", field.about.trim_end_matches('.'));
            faults.push((place.cloned(), Invalid::new(join(path, field.name), "(not given)", rule)));
        }
    }
}

fn value(value: &Spanned<DeValue<'_>>, shape: Shape, path: &str, faults: &mut Vec<Fault>) {
    let place = value.span();
    match (shape, value.get_ref()) {
        // Which words there are is told with all other rules, by who reads them.
        (Shape::Any, _) | (Shape::Text | Shape::Word(_), DeValue::String(_)) => {}
        (Shape::Integer, DeValue::Integer(_)) | (Shape::Number, DeValue::Integer(_) | DeValue::Float(_)) => {}
        (Shape::List(of), DeValue::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                self::value(item, *of, &format!("{path}[{index}]"), faults);
            }
        }
        (Shape::Table(fields), DeValue::Table(inner)) => table(inner, fields, path, Some(&place), faults),
        (Shape::Map(of), DeValue::Table(inner)) => {
            for (key, item) in inner {
                self::value(item, *of, &join(path, key.get_ref()), faults);
            }
        }
        (Shape::Either(shapes), found) => match shapes.iter().find(|shape| is_type(**shape, found)) {
            Some(shape) => self::value(value, *shape, path, faults),
            None => faults.push((Some(place), Invalid::new(path, shown(found), expected(shape)))),
        },
        (
            Shape::Text
            | Shape::Word(_)
            | Shape::Integer
            | Shape::Number
            | Shape::List(_)
            | Shape::Table(_)
            | Shape::Map(_),
            found,
        ) => {
            // A secret that was written down here must not be told either.
            let shown = if path.contains(".secrets.") { HIDDEN.to_owned() } else { shown(found) };
            faults.push((Some(place), Invalid::new(path, shown, expected(shape))));
        }
    }
}

fn is_type(shape: Shape, value: &DeValue<'_>) -> bool {
    matches!(
        (shape, value),
        (Shape::Any, _)
            | (Shape::Text | Shape::Word(_), DeValue::String(_))
            | (Shape::Integer, DeValue::Integer(_))
            | (Shape::Number, DeValue::Integer(_) | DeValue::Float(_))
            | (Shape::List(_), DeValue::Array(_))
            | (Shape::Table(_) | Shape::Map(_), DeValue::Table(_))
    )
}

fn expected(shape: Shape) -> String {
    match shape {
        Shape::Any => "a value".to_owned(),
        Shape::Text => "a text in quotes".to_owned(),
        Shape::Word(words) => format!("one of {}", words.join(", ")),
        Shape::Integer => "a whole number".to_owned(),
        Shape::Number => "a number".to_owned(),
        Shape::List(of) => format!("a list [...], each {}", expected(*of)),
        Shape::Table(fields) => {
            let names: Vec<_> = fields.iter().map(|field| field.name).collect();
            format!("a table of {}", names.join(", "))
        }
        Shape::Map(of) => format!("a table, each value {}", expected(*of)),
        Shape::Either(shapes) => shapes.iter().map(|shape| expected(*shape)).collect::<Vec<_>>().join(", or "),
    }
}

fn unknown(name: &str, fields: &[Field]) -> String {
    let likeness = |field: &&Field| strsim::jaro_winkler(&name.to_ascii_lowercase(), field.name);
    let nearest = fields.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let names: Vec<_> = fields.iter().map(|field| field.name).collect();
    match nearest.filter(|field| likeness(field) > SIMILAR) {
        Some(nearest) => format!("no such key, did you mean {}? There are {}", nearest.name, names.join(", ")),
        None => format!("no such key; there are {}", names.join(", ")),
    }
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("\"{text}\""),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(at) => at.to_string(),
        DeValue::Array(_) => "[...]".to_owned(),
        DeValue::Table(_) => "{...}".to_owned(),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
