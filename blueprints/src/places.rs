//! Places in texts of parameters: `{{id}}` found by an earlier step, `{{secret:token}}`, `{{variable:lang}}`.

use serde_json::Value;

use crate::literal::{self, literal_with};

/// Where a value comes from when the script runs.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Place {
    /// What a step before took out of its answer.
    Found(String),
    /// A secret of the canary.
    Secret(String),
    /// A variable of the canary.
    Variable(String),
}

/// A part of a text.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Piece {
    Text(String),
    Place(Place),
}

const OPEN: &str = "{{";
const CLOSE: &str = "}}";
/// Stands for two braces that open no place.
const ESCAPED: &str = "{{{{";

/// Writes a text so that it holds no places.
pub(crate) fn escaped(text: &str) -> String {
    text.replace(OPEN, ESCAPED)
}

/// Splits a text at its places; what stands between braces and names none is text.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(OPEN) {
        plain.push_str(before);
        if let Some(more) = behind.strip_prefix(OPEN) {
            plain.push_str(OPEN);
            rest = more;
            continue;
        }
        let place = behind.split_once(CLOSE).and_then(|(inner, after)| Some((Place::parse(inner)?, after)));
        if let Some((place, after)) = place {
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Place(place));
            rest = after;
        } else {
            plain.push_str(OPEN);
            rest = behind;
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    pieces
}

/// All places of a text, in order.
pub(crate) fn places(text: &str) -> Vec<Place> {
    let place = |piece| match piece {
        Piece::Place(place) => Some(place),
        Piece::Text(_) => None,
    };
    pieces(text).into_iter().filter_map(place).collect()
}

/// All places of the texts in a value, names of fields left out.
pub(crate) fn places_of(value: &Value, found: &mut Vec<Place>) {
    match value {
        Value::String(text) => found.extend(places(text)),
        Value::Array(items) => items.iter().for_each(|item| places_of(item, found)),
        Value::Object(entries) => entries.values().for_each(|item| places_of(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Place {
    fn parse(inner: &str) -> Option<Self> {
        let is_word = |text: &str, more: &[char]| {
            text.starts_with(|first: char| first.is_ascii_alphabetic())
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || more.contains(&c))
        };
        match inner.split_once(':') {
            None => is_word(inner, &[]).then(|| Self::Found(inner.to_owned())),
            Some(("secret", name)) => is_word(name, &['-', '.']).then(|| Self::Secret(name.to_owned())),
            Some(("variable", name)) => is_word(name, &['-', '.']).then(|| Self::Variable(name.to_owned())),
            Some(_) => None,
        }
    }

    /// The Rhai expression of its value.
    pub(crate) fn code(&self) -> String {
        match self {
            Self::Found(name) => format!("found{}", literal::property(name)),
            Self::Secret(name) => format!("secret::get({})", literal::string(name)),
            Self::Variable(name) => format!("variable({})", literal::string(name)),
        }
    }
}

/// The Rhai expression of a text with its places filled in: always a text.
pub(crate) fn text_code(text: &str) -> String {
    let pieces = pieces(text);
    match pieces.as_slice() {
        [] => literal::string(""),
        [Piece::Text(text)] => literal::string(text),
        // These two give texts by themselves.
        [Piece::Place(place @ (Place::Secret(_) | Place::Variable(_)))] => place.code(),
        several => {
            let mut out = String::from("`");
            for piece in several {
                match piece {
                    Piece::Text(text) if literal::is_plain(text) => out.push_str(text),
                    // Nothing can be escaped between back-ticks, but a quoted text can stand there.
                    Piece::Text(text) => {
                        let quoted = format!("${{{}}}", literal::string(text));
                        out.push_str(&quoted);
                    }
                    Piece::Place(place) => {
                        let filled = format!("${{{}}}", place.code());
                        out.push_str(&filled);
                    }
                }
            }
            out.push('`');
            out
        }
    }
}

/// The Rhai expression of a value; a text that is one place alone keeps the kind of what was found.
pub(crate) fn value_code(value: &Value, indent: usize) -> String {
    literal_with(value, indent, &|text| match pieces(text).as_slice() {
        [Piece::Place(place)] => place.code(),
        _ => text_code(text),
    })
}

/// The Rhai expression of names with texts.
pub(crate) fn texts_code(value: &Value, indent: usize) -> String {
    literal_with(value, indent, &text_code)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_become_expressions() {
        let cases = [
            ("plain", r#""plain""#),
            ("", r#""""#),
            ("{{id}}", "`${found.id}`"),
            ("/orders/{{id}}?x={{for}}", "`/orders/${found.id}?x=${found[\"for\"]}`"),
            ("{{secret:token}}", "secret::get(\"token\")"),
            ("Bearer {{secret:token}}", "`Bearer ${secret::get(\"token\")}`"),
            ("{{variable:lang}}", "variable(\"lang\")"),
            ("a`b{{id}}", "`${\"a`b\"}${found.id}`"),
            ("{{ id }} {{a b}} {{x:y}} }} {{", r#""{{ id }} {{a b}} {{x:y}} }} {{""#),
            ("{{{{id}}", r#""{{id}}""#),
        ];
        for (text, expected) in cases {
            assert_eq!(text_code(text), expected, "{text}");
        }
        assert_eq!(
            value_code(&json!({"id": "{{id}}", "text": "no {{id}}"}), 0),
            "#{ id: found.id, text: `no ${found.id}` }"
        );
    }

    #[test]
    fn escaped_texts_have_no_places() {
        for text in ["{{id}}", "{{{id}}}", "{{{{", "{{secret:x}}"] {
            assert!(places(&escaped(text)).is_empty(), "{text}");
        }
    }
}
