//! JSON values written as Rhai literals.

use serde_json::Value;

/// Arrays and maps that fit are written on one line of at most this many characters.
const LINE_CHARS_MAX: usize = 90;

/// What may stand before a map that is just short enough.
const INDENT_FREE: usize = 30;

/// Writes `value` as a Rhai literal that evaluates to the same value; lines after the first are indented by `indent`.
///
/// No text of the value can leave its string literal: quotes, backslashes and control characters are escaped, and
/// double-quoted Rhai strings know no interpolation.
pub(crate) fn literal(value: &Value, indent: usize) -> String {
    literal_with(value, indent, &string)
}

/// The same with the expressions of texts from elsewhere.
pub(crate) fn literal_with(value: &Value, indent: usize, text: &dyn Fn(&str) -> String) -> String {
    match value {
        Value::Null => "()".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number_text(number),
        Value::String(value) => text(value),
        Value::Array(items) => list(items.iter().map(|item| literal_with(item, indent + 4, text)).collect(), indent),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.as_str(), literal_with(value, indent + 4, text)));
            map(entries.collect(), indent)
        }
    }
}

/// A list of expressions, on one line where it fits.
pub(crate) fn list(items: Vec<String>, indent: usize) -> String {
    let on_one_line = format!("[{}]", items.join(", "));
    if fits(&on_one_line) { on_one_line } else { block('[', ']', items, indent) }
}

/// A map of names and expressions, on one line where it fits.
pub(crate) fn map(entries: Vec<(&str, String)>, indent: usize) -> String {
    map_behind(0, entries, indent)
}

/// The same behind so many characters of the line.
pub(crate) fn map_behind(before: usize, entries: Vec<(&str, String)>, indent: usize) -> String {
    if entries.is_empty() {
        return "#{}".to_owned();
    }
    let entries: Vec<_> = entries.into_iter().map(|(key, value)| format!("{}: {value}", key_text(key))).collect();
    let on_one_line = format!("#{{ {} }}", entries.join(", "));
    let short = before + on_one_line.chars().count() <= LINE_CHARS_MAX + INDENT_FREE;
    if fits(&on_one_line) && short { on_one_line } else { format!("#{}", block('{', '}', entries, indent)) }
}

fn fits(line: &str) -> bool {
    !line.contains('\n') && line.chars().count() <= LINE_CHARS_MAX
}

fn block(open: char, close: char, items: Vec<String>, indent: usize) -> String {
    let inner = " ".repeat(indent + 4);
    let mut out = String::from(open);
    for item in items {
        out.push('\n');
        out.push_str(&inner);
        out.push_str(&item);
        out.push(',');
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push(close);
    out
}

fn number_text(number: &serde_json::Number) -> String {
    match number.as_i64() {
        // Rhai reads the digits before the sign, and these do not fit without it.
        Some(i64::MIN) => "(-9223372036854775807 - 1)".to_owned(),
        Some(whole) => whole.to_string(),
        // Rhai has no exponent-free form for the very large and small, and needs a dot to see a float.
        None => {
            let float = number.as_f64().unwrap_or_default();
            let text = format!("{float:?}");
            match text.split_once('e') {
                Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0e{exponent}"),
                Some(_) | None => text,
            }
        }
    }
}

/// Words that Rhai reads as plain property names need no quotes.
fn key_text(key: &str) -> String {
    if is_property(key) { key.to_owned() } else { string(key) }
}

/// How a property is reached: `.id`, or `["for"]`.
pub(crate) fn property(key: &str) -> String {
    if is_property(key) { format!(".{key}") } else { format!("[{}]", string(key)) }
}

fn is_property(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_alphabetic())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&key)
}

/// Whether a text stands between back-ticks as it is, and shows what it is.
pub(crate) fn is_plain(text: &str) -> bool {
    !text.contains(['`', '$']) && !text.contains(hides)
}

/// Rhai's keywords and reserved words (its book, "Keywords").
const RESERVED: &[&str] = &[
    "as",
    "async",
    "await",
    "break",
    "call",
    "case",
    "catch",
    "const",
    "continue",
    "curry",
    "debug",
    "default",
    "do",
    "each",
    "else",
    "eval",
    "exit",
    "export",
    "false",
    "fn",
    "for",
    "function",
    "global",
    "go",
    "goto",
    "if",
    "import",
    "in",
    "is",
    "is_def_fn",
    "is_def_var",
    "is_shared",
    "let",
    "loop",
    "match",
    "module",
    "mut",
    "new",
    "nil",
    "null",
    "package",
    "print",
    "private",
    "protected",
    "public",
    "return",
    "shared",
    "spawn",
    "static",
    "super",
    "switch",
    "sync",
    "then",
    "this",
    "thread",
    "throw",
    "true",
    "try",
    "type_of",
    "undefined",
    "unless",
    "until",
    "use",
    "val",
    "var",
    "void",
    "while",
    "with",
    "Fn",
    "F",
];

pub(crate) fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if hides(c) => {
                let escaped = format!("\\u{:04x}", u32::from(c));
                out.push_str(&escaped);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Invisible characters and those that turn text around would hide what the script says.
fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn evaluated(value: &Value) -> Value {
        let source = literal(value, 0);
        let dynamic = rhai::Engine::new().eval_expression::<rhai::Dynamic>(&source);
        rhai::serde::from_dynamic(&dynamic.unwrap_or_else(|error| panic!("{source}: {error}"))).unwrap()
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            Just(Value::from(i64::MIN)),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[\"\\\\`${}\\n\u{202e}]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::hash_map("[a-z]{1,6}|.{0,6}", inner, 0..5)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_literal_evaluates_to_its_value(value in any_json()) {
            prop_assert_eq!(evaluated(&value), value);
        }
    }

    #[test]
    fn text_cannot_leave_its_literal() {
        assert_eq!(string("a\" + evil() + \"${x}`\n"), r#""a\" + evil() + \"${x}`\n""#);
        assert_eq!(evaluated(&json!("\u{202e}\u{0}\u{7f}")), json!("\u{202e}\u{0}\u{7f}"));
    }

    #[test]
    fn long_values_are_laid_out_in_lines() {
        let value = json!({"name": "a".repeat(50), "for": {"accept": "b".repeat(50)}});
        let long_a = "a".repeat(50);
        let long_b = "b".repeat(50);
        assert_eq!(
            literal(&value, 4),
            format!("#{{\n        name: \"{long_a}\",\n        \"for\": #{{ accept: \"{long_b}\" }},\n    }}")
        );
    }
}
