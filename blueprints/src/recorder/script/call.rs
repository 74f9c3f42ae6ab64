//! Calls of the runner's functions, written down.

use serde_json::{Map, Value, json};

use crate::literal::{literal, string};
use crate::recorder::{Path, limits};

/// Calls that fit are written on one line of at most this many characters.
const LINE_CHARS_MAX: usize = 110;

/// A call with its arguments.
pub(super) struct Call {
    function: &'static str,
    arguments: Vec<Argument>,
}

enum Argument {
    Value(Value),
    /// Rhai as it is.
    Source(String),
}

impl Call {
    pub(super) fn new(function: &'static str) -> Self {
        Self { function, arguments: Vec::new() }
    }

    pub(super) fn value(mut self, value: impl Into<Value>) -> Self {
        self.arguments.push(Argument::Value(value.into()));
        self
    }

    pub(super) fn source(mut self, source: impl Into<String>) -> Self {
        self.arguments.push(Argument::Source(source.into()));
        self
    }

    pub(super) fn on(self, paths: &[Path]) -> Self {
        self.value(selector(paths))
    }

    /// A map of options, unless there are none.
    pub(super) fn options(self, options: Map<String, Value>) -> Self {
        if options.is_empty() { self } else { self.value(Value::Object(options)) }
    }

    /// As Rhai, without a semicolon; lines after the first are indented by `indent`.
    pub(super) fn written(&self, indent: usize) -> String {
        let line = format!("{}({})", self.function, flat_list(&self.arguments));
        if indent + line.chars().count() <= LINE_CHARS_MAX {
            return line;
        }
        let (outer, inner) = (" ".repeat(indent), " ".repeat(indent + 4));
        if let Some((Argument::Value(Value::Array(items)), rest)) = self.arguments.split_first() {
            let items: Vec<_> = items.iter().map(|item| format!("{inner}{},\n", literal(item, indent + 4))).collect();
            let rest = if rest.is_empty() { String::new() } else { format!(", {}", flat_list(rest)) };
            if outer.len() + rest.chars().count() <= LINE_CHARS_MAX && !rest.contains('\n') {
                return format!("{}([\n{}{outer}]{rest})", self.function, items.concat());
            }
        }
        let lines: Vec<_> =
            self.arguments.iter().map(|argument| format!("{inner}{}", argument.written(indent + 4))).collect();
        format!("{}(\n{}\n{outer})", self.function, lines.join(",\n"))
    }
}

impl Argument {
    fn written(&self, indent: usize) -> String {
        match self {
            Self::Value(value) => literal(value, indent),
            Self::Source(source) => source.clone(),
        }
    }
}

fn flat_list(arguments: &[Argument]) -> String {
    let flat = |argument: &Argument| match argument {
        Argument::Value(value) => flat(value),
        Argument::Source(source) => source.clone(),
    };
    arguments.iter().map(flat).collect::<Vec<_>>().join(", ")
}

/// A selector, or a list of them to be tried in order.
pub(super) fn selector(paths: &[Path]) -> Value {
    let mut texts: Vec<String> = Vec::new();
    for text in paths.iter().filter_map(Path::script_text) {
        if !texts.contains(&text) && texts.len() < limits::SELECTORS_MAX {
            texts.push(text);
        }
    }
    match texts.as_slice() {
        [one] => json!(one),
        several => json!(several),
    }
}

/// A value on one line, however long.
fn flat(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(flat).collect::<Vec<_>>().join(", ")),
        Value::String(text) => string(text),
        other => literal(other, 0),
    }
}

/// Text that may stand behind `//`: nothing in it ends the line or hides what follows.
pub(super) fn comment(text: &str) -> String {
    let quoted = string(text);
    let inner = quoted.trim_start_matches('"').trim_end_matches('"').replace("\\n", " ").replace("\\r", " ");
    inner.replace("\\\"", "\"").replace("\\\\", "\\")
}
