//! What there is to do in a step: the table that forms, readers and writers share.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use super::expression::{Expression, parse};
use super::model::WorkflowValue;
use super::token;

/// Something that can be done, as a call with fields.
#[derive(Debug)]
pub struct Kind {
    /// Names it in forms.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it is for: `page`, `element`, `check`, `other`.
    pub group: &'static str,
    /// What it can be told, in the order people should read it.
    pub fields: &'static [Field],
    /// The call, with the fields' names within braces.
    pattern: &'static str,
}

/// One thing that a kind can be told.
#[derive(Debug)]
pub struct Field {
    /// Names it in forms and patterns.
    pub name: &'static str,
    /// What people call it.
    pub label: &'static str,
    /// What it takes.
    pub kind: FieldKind,
    /// What stands in a new form.
    pub initial: &'static str,
    /// Whether an empty text is a text.
    pub may_be_empty: bool,
}

/// What a field takes.
#[derive(Debug, Eq, PartialEq)]
pub enum FieldKind {
    /// Text, or the name of a secret or variable.
    Text,
    /// An address, or the name of a variable that holds one.
    Url,
    /// Selectors, one on each line.
    Selectors,
    /// A number.
    Number,
    /// One of these.
    Choice(&'static [&'static str]),
    /// More options, such as `timeout_ms`; may be left out.
    Options,
}

impl PartialEq for Kind {
    /// There is one table of them.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Field {
    /// Whether a call goes without it.
    pub fn is_optional(&self) -> bool {
        self.kind == FieldKind::Options
    }
}

const fn field(name: &'static str, label: &'static str, kind: FieldKind, initial: &'static str) -> Field {
    Field { name, label, kind, initial, may_be_empty: false }
}

const ON: Field = field("selector", "element", FieldKind::Selectors, "");
const TEXT: Field = field("text", "text", FieldKind::Text, "");
const ANY_TEXT: Field = Field { may_be_empty: true, ..TEXT };
const OPTIONS: Field = field("options", "options", FieldKind::Options, "");
const STATUS: Field = field("status", "good status", FieldKind::Text, "200-299");

const fn kind(
    name: &'static str,
    label: &'static str,
    group: &'static str,
    fields: &'static [Field],
    pattern: &'static str,
) -> Kind {
    Kind { name, label, group, fields, pattern }
}

static KINDS: [Kind; 33] = [
    kind(
        "open",
        "Open a page",
        "page",
        &[field("url", "address", FieldKind::Url, "https://"), OPTIONS, STATUS],
        "assert::status(page::open({url}, {options}), {status})",
    ),
    kind("reload", "Reload the page", "page", &[], "page::reload()"),
    kind("back", "Go back", "page", &[], "page::back()"),
    kind("forward", "Go forward", "page", &[], "page::forward()"),
    kind(
        "new-tab",
        "Open a tab",
        "page",
        &[field("url", "address", FieldKind::Url, "https://")],
        "page::new_tab({url})",
    ),
    kind(
        "to-tab",
        "Go to a tab",
        "page",
        &[field("number", "tab, from 0", FieldKind::Number, "1")],
        "page::tab({number})",
    ),
    kind("close-tab", "Close the tab", "page", &[], "page::close_tab()"),
    kind(
        "viewport",
        "Set the window's size",
        "page",
        &[
            field("width", "width", FieldKind::Number, "1280"),
            field("height", "height", FieldKind::Number, "720"),
            OPTIONS,
        ],
        "page::set_viewport({width}, {height}, {options})",
    ),
    kind(
        "device",
        "Be a device",
        "page",
        &[field("name", "device", FieldKind::Text, "")],
        "page::emulate_device({name})",
    ),
    kind("click", "Click", "element", &[ON, OPTIONS], "element::click({selector}, {options})"),
    kind("dblclick", "Click twice", "element", &[ON, OPTIONS], "element::dblclick({selector}, {options})"),
    kind("hover", "Point at", "element", &[ON, OPTIONS], "element::hover({selector}, {options})"),
    kind("fill", "Fill a field", "element", &[ON, ANY_TEXT, OPTIONS], "element::fill({selector}, {text}, {options})"),
    kind(
        "type",
        "Type into a field",
        "element",
        &[ON, TEXT, OPTIONS],
        "element::type_text({selector}, {text}, {options})",
    ),
    kind("clear", "Clear a field", "element", &[ON, OPTIONS], "element::clear({selector}, {options})"),
    kind(
        "select",
        "Choose an option",
        "element",
        &[ON, field("option", "option", FieldKind::Text, ""), OPTIONS],
        "element::select_option({selector}, {option}, {options})",
    ),
    kind("check", "Tick a box", "element", &[ON, OPTIONS], "element::check({selector}, {options})"),
    kind("uncheck", "Untick a box", "element", &[ON, OPTIONS], "element::uncheck({selector}, {options})"),
    kind(
        "press",
        "Press keys in an element",
        "element",
        &[ON, field("keys", "keys", FieldKind::Text, "Enter"), OPTIONS],
        "element::press({selector}, {keys}, {options})",
    ),
    kind(
        "press-page",
        "Press keys",
        "page",
        &[field("keys", "keys", FieldKind::Text, "Escape")],
        "page::press({keys})",
    ),
    kind("scroll-to", "Scroll to", "element", &[ON, OPTIONS], "element::scroll_into_view({selector}, {options})"),
    kind("see", "Wait for an element", "check", &[ON, OPTIONS], "element::wait_for({selector}, {options})"),
    kind(
        "gone",
        "Wait until an element is gone",
        "check",
        &[ON, OPTIONS],
        "element::wait_until_hidden({selector}, {options})",
    ),
    kind("see-text", "Wait for a text", "check", &[TEXT, OPTIONS], "page::wait_for_text({text}, {options})"),
    kind("see-title", "Wait for a title", "check", &[TEXT, OPTIONS], "page::wait_for_title({text}, {options})"),
    kind("see-url", "Wait for an address", "check", &[TEXT, OPTIONS], "page::wait_for_url({text}, {options})"),
    kind(
        "element-text",
        "Verify an element's text",
        "check",
        &[ON, OPTIONS, TEXT],
        "assert::contains(element::text({selector}, {options}), {text})",
    ),
    kind(
        "element-value",
        "Verify a field's value",
        "check",
        &[ON, OPTIONS, ANY_TEXT],
        "assert::equal(element::value({selector}, {options}), {text})",
    ),
    kind(
        "element-count",
        "Count elements",
        "check",
        &[ON, field("count", "number", FieldKind::Number, "1")],
        "assert::equal(element::count({selector}), {count})",
    ),
    kind(
        "screenshot",
        "Take a picture",
        "other",
        &[field("suffix", "name", FieldKind::Text, "page"), OPTIONS],
        "page::screenshot({suffix}, {options})",
    ),
    kind(
        "dialogs",
        "Answer dialogs from now on",
        "other",
        &[field("answer", "answer", FieldKind::Choice(&["accept", "dismiss", "ask"]), "accept")],
        "page::on_dialog({answer})",
    ),
    kind("wait", "Wait", "other", &[field("seconds", "seconds", FieldKind::Number, "1")], "sleep({seconds})"),
    kind("log", "Write to the log", "other", &[TEXT], "log::info({text})"),
];

/// All kinds, in the order of a menu.
pub fn kinds() -> &'static [Kind] {
    &KINDS
}

/// The patterns of [`KINDS`], read once.
static PATTERNS: LazyLock<Vec<Expression>> = LazyLock::new(|| {
    let read = |kind: &Kind| {
        let pieces = token::split(kind.pattern).expect("patterns are whole: a test reads all of them");
        parse(kind.pattern, &pieces).expect("patterns are calls: a test reads all of them")
    };
    KINDS.iter().map(read).collect()
});

impl Kind {
    /// The kind called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.name == name)
    }

    /// The kind that a call is of, and what its fields hold.
    pub(super) fn of(call: &Expression) -> Option<(&'static Self, BTreeMap<&'static str, WorkflowValue>)> {
        KINDS.iter().zip(PATTERNS.iter()).find_map(|(kind, pattern)| {
            let mut values = BTreeMap::new();
            kind.fits(pattern, Some(call), &mut values).then_some((kind, values))
        })
    }

    fn fits(
        &'static self,
        pattern: &Expression,
        found: Option<&Expression>,
        values: &mut BTreeMap<&'static str, WorkflowValue>,
    ) -> bool {
        match (pattern, found) {
            (Expression::Field(name), found) => {
                let Some(field) = self.field(name) else { return false };
                match found {
                    None => field.is_optional(),
                    Some(found) => field.kind.value(found).is_some_and(|value| {
                        values.insert(field.name, value);
                        true
                    }),
                }
            }
            (
                Expression::Call { function, arguments: wanted },
                Some(Expression::Call { function: called, arguments: given }),
            ) => {
                function == called
                    && given.len() <= wanted.len()
                    && wanted.iter().enumerate().all(|(at, wanted)| self.fits(wanted, given.get(at), values))
            }
            (wanted, Some(found)) => wanted == found,
            (_, None) => false,
        }
    }

    fn field(&self, name: &str) -> Option<&'static Field>
    where
        Self: 'static,
    {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The call with these values; options that are not given are left out.
    pub(super) fn call(&'static self, values: &BTreeMap<&'static str, WorkflowValue>) -> Expression {
        let at = KINDS.iter().position(|kind| kind == self).unwrap_or_default();
        let pattern = PATTERNS.get(at).unwrap_or_else(|| unreachable!("each kind has a pattern"));
        filled(pattern, values).unwrap_or_else(|| pattern.clone())
    }
}

fn filled(pattern: &Expression, values: &BTreeMap<&'static str, WorkflowValue>) -> Option<Expression> {
    match pattern {
        Expression::Field(name) => values.get(name.as_str()).map(WorkflowValue::expression),
        Expression::Call { function, arguments } => {
            let arguments = arguments.iter().filter_map(|argument| filled(argument, values)).collect();
            Some(Expression::Call { function: function.clone(), arguments })
        }
        Expression::Value(value) => Some(Expression::Value(value.clone())),
    }
}

impl FieldKind {
    fn value(&self, found: &Expression) -> Option<WorkflowValue> {
        let named = |wanted: &str| match found {
            Expression::Call { function, arguments } if function == wanted => match arguments.as_slice() {
                [Expression::Value(Value::String(name))] => Some(name.clone()),
                _ => None,
            },
            _ => None,
        };
        match (self, found) {
            (Self::Text | Self::Url, Expression::Value(Value::String(text))) => Some(WorkflowValue::Text(text.clone())),
            (Self::Text | Self::Url, Expression::Call { .. }) => named("secret::get")
                .map(WorkflowValue::Secret)
                .or_else(|| named("variable").map(WorkflowValue::Variable)),
            (Self::Choice(choices), Expression::Value(Value::String(text))) if choices.contains(&text.as_str()) => {
                Some(WorkflowValue::Text(text.clone()))
            }
            (Self::Number, Expression::Value(Value::Number(number))) => Some(WorkflowValue::Number(number.clone())),
            (Self::Selectors, Expression::Value(Value::String(one))) => {
                Some(WorkflowValue::Selectors(vec![one.clone()]))
            }
            (Self::Selectors, Expression::Value(Value::Array(all))) if !all.is_empty() => {
                let texts: Option<Vec<_>> = all.iter().map(|one| one.as_str().map(str::to_owned)).collect();
                texts.map(WorkflowValue::Selectors)
            }
            (Self::Options, Expression::Value(Value::Object(map))) => Some(WorkflowValue::Options(map.clone())),
            _ => None,
        }
    }
}

impl WorkflowValue {
    fn expression(&self) -> Expression {
        let call = |function: &str, name: &str| Expression::Call {
            function: function.to_owned(),
            arguments: vec![Expression::Value(Value::from(name))],
        };
        match self {
            Self::Text(text) => Expression::Value(Value::from(text.as_str())),
            Self::Secret(name) => call("secret::get", name),
            Self::Variable(name) => call("variable", name),
            Self::Number(number) => Expression::Value(Value::Number(number.clone())),
            Self::Selectors(all) => Expression::Value(match all.as_slice() {
                [one] => Value::from(one.as_str()),
                several => Value::from(several),
            }),
            Self::Options(map) => Expression::Value(Value::Object(map.clone())),
        }
    }

    /// Options without any are none.
    pub fn options(map: Map<String, Value>) -> Option<Self> {
        (!map.is_empty()).then_some(Self::Options(map))
    }
}
