//! Comparing what was found with what was expected: pure, on JSON values.

use regex::Regex;
use serde_json::Value;

use super::failure::HostError;

/// How two values are compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Comparison {
    Equals,
    NotEquals,
    Contains,
    NotContains,
    Exists,
    NotExists,
    GreaterThan,
    LessThan,
    /// By a regular expression, somewhere in a text.
    Matches,
}

const WORDS: [(&str, Comparison); 9] = [
    ("equals", Comparison::Equals),
    ("not_equals", Comparison::NotEquals),
    ("contains", Comparison::Contains),
    ("not_contains", Comparison::NotContains),
    ("exists", Comparison::Exists),
    ("not_exists", Comparison::NotExists),
    ("greater_than", Comparison::GreaterThan),
    ("less_than", Comparison::LessThan),
    ("matches", Comparison::Matches),
];

impl Comparison {
    pub(super) fn parse(word: &str) -> Result<Self, HostError> {
        WORDS.iter().find(|(known, _)| *known == word).map(|(_, comparison)| *comparison).ok_or_else(|| {
            let known: Vec<_> = WORDS.iter().map(|(known, _)| *known).collect();
            HostError::script(format!("\"{word}\" is no comparison; there are {}", known.join(", ")))
        })
    }

    fn words(self) -> String {
        let word = WORDS.iter().find(|(_, one)| *one == self).map(|(word, _)| *word).unwrap_or_default();
        word.replace('_', " ")
    }
}

/// Whether `found` holds against `expected`; the error says what was found and what was not.
pub(super) fn compare(
    what: &str,
    found: Option<&Value>,
    comparison: Comparison,
    expected: &Value,
) -> Result<(), HostError> {
    let holds = match (comparison, found) {
        (Comparison::Exists, found) => found.is_some(),
        (Comparison::NotExists, found) => found.is_none(),
        (Comparison::NotEquals | Comparison::NotContains, None) => true,
        (_, None) => false,
        (Comparison::Equals, Some(found)) => equal(found, expected),
        (Comparison::NotEquals, Some(found)) => !equal(found, expected),
        (Comparison::Contains, Some(found)) => contains(found, expected),
        (Comparison::NotContains, Some(found)) => !contains(found, expected),
        (Comparison::GreaterThan, Some(found)) => numbers(found, expected).is_some_and(|(a, b)| a > b),
        (Comparison::LessThan, Some(found)) => numbers(found, expected).is_some_and(|(a, b)| a < b),
        (Comparison::Matches, Some(found)) => matches(found, expected)?,
    };
    if holds {
        return Ok(());
    }
    let shown = found.map_or_else(|| "missing".to_owned(), shortened);
    let wanted = match comparison {
        Comparison::Exists | Comparison::NotExists => String::new(),
        Comparison::Equals
        | Comparison::NotEquals
        | Comparison::Contains
        | Comparison::NotContains
        | Comparison::GreaterThan
        | Comparison::LessThan
        | Comparison::Matches => format!(" {}", shortened(expected)),
    };
    let mut message = format!("{what} is {shown}: expected {}{wanted}", comparison.words());
    if let (Comparison::Equals, Some(found)) = (comparison, found) {
        for difference in differences(found, expected) {
            message.push_str("\n  ");
            message.push_str(&difference);
        }
    }
    Err(HostError::check(message))
}

/// Most places that a message names.
const DIFFERENCES_MAX: usize = 5;

/// The places in which two values differ, as far as they help: of maps, lists and long texts.
fn differences(found: &Value, expected: &Value) -> Vec<String> {
    let mut told = Vec::new();
    if !(found.is_array() && expected.is_array() || found.is_object() && expected.is_object()) {
        if let (Some(found), Some(expected)) = (found.as_str(), expected.as_str())
            && found.len().max(expected.len()) > 40
        {
            told.push(first_difference(found, expected));
        }
        return told;
    }
    walk("$", Some(found), Some(expected), &mut told);
    if told.len() > DIFFERENCES_MAX {
        let more = told.len() - DIFFERENCES_MAX;
        told.truncate(DIFFERENCES_MAX);
        told.push(format!("and {more} more"));
    }
    told
}

fn walk(path: &str, found: Option<&Value>, expected: Option<&Value>, told: &mut Vec<String>) {
    match (found, expected) {
        (Some(Value::Object(found)), Some(Value::Object(expected))) => {
            for (key, value) in expected {
                walk(&format!("{path}.{key}"), found.get(key), Some(value), told);
            }
            for (key, value) in found.iter().filter(|(key, _)| !expected.contains_key(*key)) {
                walk(&format!("{path}.{key}"), Some(value), None, told);
            }
        }
        (Some(Value::Array(found)), Some(Value::Array(expected))) => {
            for at in 0..found.len().max(expected.len()) {
                walk(&format!("{path}[{at}]"), found.get(at), expected.get(at), told);
            }
        }
        (Some(found), Some(expected)) if equal(found, expected) => {}
        (found, expected) => {
            let shown = |value: Option<&Value>| value.map_or_else(|| "missing".to_owned(), shortened);
            told.push(format!("{path} is {}, expected {}", shown(found), shown(expected)));
        }
    }
}

/// Where two texts part, with what stands around it.
fn first_difference(found: &str, expected: &str) -> String {
    const AROUND: usize = 20;
    let (found, expected): (Vec<char>, Vec<char>) = (found.chars().collect(), expected.chars().collect());
    let at = found.iter().zip(&expected).position(|(a, b)| a != b).unwrap_or(found.len().min(expected.len()));
    let around = |text: &[char]| {
        let range = at.saturating_sub(AROUND).min(text.len())..(at + AROUND).min(text.len());
        format!("{:?}", text.get(range).unwrap_or_default().iter().collect::<String>())
    };
    format!("they part at character {}: {} is not {}", at + 1, around(&found), around(&expected))
}

/// Numbers are equal by value, so that 1 equals 1.0; everything else as JSON.
fn equal(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (found, expected) => found == expected,
    }
}

fn matches(found: &Value, expression: &Value) -> Result<bool, HostError> {
    let expression = expression.as_str().ok_or_else(|| HostError::script("`matches` takes a regular expression"))?;
    let pattern = Regex::new(expression).map_err(|error| HostError::script(error.to_string()))?;
    Ok(pattern.is_match(&as_text(found)))
}

fn contains(found: &Value, expected: &Value) -> bool {
    match found {
        Value::Array(items) => items.iter().any(|item| equal(item, expected)),
        Value::Object(entries) => expected.as_str().is_some_and(|key| entries.contains_key(key)),
        Value::String(text) => text.contains(&as_text(expected)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn numbers(found: &Value, expected: &Value) -> Option<(f64, f64)> {
    let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
    Some((number(found)?, number(expected)?))
}

/// A text as it is, anything else as JSON.
fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn shortened(value: &Value) -> String {
    const CHARS_MAX: usize = 200;
    let text = value.to_string();
    match text.char_indices().nth(CHARS_MAX) {
        Some((cut, _)) => format!("{}...", text.get(..cut).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn comparisons_hold_as_their_words_say() {
        let cases = [
            (json!(1), "equals", json!(1.0), true),
            (json!({"a": [1, 2.0]}), "equals", json!({"a": [1.0, 2]}), true),
            (json!("1"), "equals", json!(1), false),
            (json!("tea"), "not_equals", json!("coffee"), true),
            (json!([1, 2, 3]), "contains", json!(2), true),
            (json!({"id": 1}), "contains", json!("id"), true),
            (json!("text/html"), "contains", json!("html"), true),
            (json!(12), "contains", json!(1), false),
            (json!("text/html"), "not_contains", json!("json"), true),
            (json!(10), "greater_than", json!(9.5), true),
            (json!("10"), "less_than", json!(9), false),
            (json!("ten"), "greater_than", json!(1), false),
            (json!(null), "exists", json!(null), true),
        ];
        for (found, word, expected, holds) in cases {
            let result = compare("it", Some(&found), Comparison::parse(word).unwrap(), &expected);
            assert_eq!(result.is_ok(), holds, "{found} {word} {expected}: {result:?}");
        }
    }

    #[test]
    fn messages_tell_found_and_expected() {
        let message = |found: Option<Value>, word, expected| {
            let comparison = Comparison::parse(word).unwrap();
            compare("json $.a", found.as_ref(), comparison, &expected).unwrap_err().message
        };
        assert_eq!(message(Some(json!(3)), "equals", json!(4)), "json $.a is 3: expected equals 4");
        assert_eq!(
            message(Some(json!({"a": [1, 2], "b": 1})), "equals", json!({"a": [1, 3], "c": 1})),
            "json $.a is {\"a\":[1,2],\"b\":1}: expected equals {\"a\":[1,3],\"c\":1}\n  \
             $.a[1] is 2, expected 3\n  $.c is missing, expected 1\n  $.b is 1, expected missing"
        );
        assert_eq!(message(None, "exists", json!(null)), "json $.a is missing: expected exists");
        assert_eq!(message(None, "greater_than", json!(1)), "json $.a is missing: expected greater than 1");
        assert_eq!(message(Some(json!("x")), "not_exists", json!(null)), "json $.a is \"x\": expected not exists");
    }
}
