//! What a blueprint can be told.

use std::time::Duration;

use serde_json::{Map, Value, json};

/// One thing a blueprint can be told.
#[derive(Debug)]
pub struct Parameter {
    /// Its key in the configuration.
    pub name: &'static str,
    /// One clause for people.
    pub summary: &'static str,
    /// What values it takes.
    pub kind: Kind,
    /// What holds when it is not given.
    pub default: Default,
}

/// What holds for a parameter that is not given.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// It must be given.
    Required,
    /// This value; it satisfies the parameter's kind.
    Is(fn() -> Value),
    /// Nothing: scripts see `()`.
    Absent,
}

/// What values a parameter takes.
#[derive(Debug)]
pub enum Kind {
    /// Text of at most so many bytes.
    Text {
        /// The limit.
        bytes_max: usize,
    },
    /// An absolute `http` or `https` URL.
    Url,
    /// The same, with places such as `{{id}}` behind the host.
    UrlTemplate,
    /// True or false.
    Boolean,
    /// A whole number of at most so much.
    Whole {
        /// The limit.
        max: u64,
    },
    /// A number from 0 to so much.
    Number {
        /// The limit.
        max: f64,
    },
    /// A duration such as `30s`, above zero and at most so long; scripts see milliseconds.
    Duration {
        /// The limit.
        max: Duration,
    },
    /// A [`StatusSet`](crate::StatusSet) as text, or one code as a number.
    Statuses,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A regular expression.
    Pattern,
    /// A letter, then letters, digits and underscores: at most 64.
    Name,
    /// One value of a kind, or a list of one to `max` of them; scripts always see the list.
    OneOrMany {
        /// Kind of each value.
        of: &'static Self,
        /// The limit.
        max: usize,
    },
    /// Names to texts, as headers are.
    TextMap {
        /// Most entries.
        max: usize,
    },
    /// Any JSON that takes at most so many bytes as text.
    Json {
        /// The limit.
        bytes_max: usize,
    },
    /// A table with these fields.
    Record {
        /// Fields of it.
        fields: &'static [Parameter],
        /// The field that a bare value in the table's place stands for.
        short: Option<&'static str>,
    },
    /// A list of records with these fields.
    Records {
        /// Fields of each record.
        fields: &'static [Parameter],
        /// Most records.
        max: usize,
    },
}

/// How deep JSON given as a parameter may nest: each level is some three of the 64 levels of a script's expressions.
pub(super) const JSON_DEPTH_MAX: usize = 16;
/// Most items of one list, and most entries of one map, of JSON given as a parameter: a script's maps have no more.
pub(super) const JSON_ITEMS_MAX: usize = 2_000;
pub(super) const NAME_CHARS_MAX: usize = 64;
pub(super) const PATTERN_BYTES_MAX: usize = 1_024;

impl Kind {
    /// What a value must be, as it is told to people.
    pub fn rule(&self) -> String {
        match self {
            Self::Text { bytes_max } => format!("text of at most {bytes_max} bytes"),
            Self::Url => "an absolute URL that begins with http:// or https://".to_owned(),
            Self::UrlTemplate => {
                "an absolute URL that begins with http:// or https://; places such as {{id}} stand behind the host"
                    .to_owned()
            }
            Self::Boolean => "true or false".to_owned(),
            Self::Whole { max } => format!("a whole number from 0 to {max}"),
            Self::Number { max } => format!("a number from 0 to {max}"),
            Self::Duration { max } => {
                format!("a duration such as 500ms, 30s or 1m 30s, above 0 and at most {}s", max.as_secs_f64())
            }
            Self::Statuses => crate::status::RULE.to_owned(),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Pattern => format!("a regular expression of at most {PATTERN_BYTES_MAX} bytes"),
            Self::Name => format!("a letter, then letters, digits and underscores: at most {NAME_CHARS_MAX}"),
            Self::OneOrMany { of, max } => format!("{}; or a list of 1 to {max} of them", of.rule()),
            Self::TextMap { max } => format!("at most {max} names with text values"),
            Self::Json { bytes_max } => format!(
                "at most {bytes_max} bytes of JSON, {JSON_DEPTH_MAX} levels deep, {JSON_ITEMS_MAX} items in one list or map"
            ),
            Self::Record { short: None, .. } => "a table with named fields".to_owned(),
            Self::Record { fields, short: Some(short) } => {
                let rule = fields.iter().find(|field| field.name == *short).map(|field| field.kind.rule());
                format!("{}; or a table with named fields", rule.unwrap_or_default())
            }
            Self::Records { max, .. } => format!("a list of 1 to {max} tables"),
        }
    }

    /// The kind in a word or two, for tables.
    pub fn word(&self) -> String {
        match self {
            Self::Text { .. } => "text".to_owned(),
            Self::Url | Self::UrlTemplate => "URL".to_owned(),
            Self::Boolean => "boolean".to_owned(),
            Self::Whole { .. } => "whole number".to_owned(),
            Self::Number { .. } => "number".to_owned(),
            Self::Duration { .. } => "duration".to_owned(),
            Self::Statuses => "status codes".to_owned(),
            Self::Choice(_) => "word".to_owned(),
            Self::Pattern => "regular expression".to_owned(),
            Self::Name => "name".to_owned(),
            Self::OneOrMany { of, .. } => format!("{}, or list", of.word()),
            Self::TextMap { .. } => "table of texts".to_owned(),
            Self::Json { .. } => "any value".to_owned(),
            Self::Record { fields, short: Some(short) } => {
                let word = fields.iter().find(|field| field.name == *short).map(|field| field.kind.word());
                format!("{} or table", word.unwrap_or_default())
            }
            Self::Record { short: None, .. } => "table".to_owned(),
            Self::Records { .. } => "list of tables".to_owned(),
        }
    }

    /// Fields of the tables that such a value holds, if it holds any.
    pub fn fields(&self) -> Option<&'static [Parameter]> {
        match self {
            Self::Record { fields, .. } | Self::Records { fields, .. } => Some(fields),
            Self::OneOrMany { of, .. } => of.fields(),
            Self::Text { .. }
            | Self::Url
            | Self::UrlTemplate
            | Self::Boolean
            | Self::Whole { .. }
            | Self::Number { .. }
            | Self::Duration { .. }
            | Self::Statuses
            | Self::Choice(_)
            | Self::Pattern
            | Self::Name
            | Self::TextMap { .. }
            | Self::Json { .. } => None,
        }
    }

    /// JSON schema (draft 2020-12) of such values as they are written.
    pub fn schema(&self) -> Value {
        match self {
            Self::Text { .. } | Self::Duration { .. } | Self::Pattern => json!({"type": "string"}),
            Self::Url | Self::UrlTemplate => json!({"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Whole { max } => json!({"type": "integer", "minimum": 0, "maximum": max}),
            Self::Number { max } => json!({"type": "number", "minimum": 0, "maximum": max}),
            Self::Statuses => json!({"type": ["string", "integer"]}),
            Self::Choice(words) => json!({"enum": words}),
            Self::Name => json!({"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$", "maxLength": NAME_CHARS_MAX}),
            Self::OneOrMany { of, max } => {
                let one = of.schema();
                json!({"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": max}]})
            }
            Self::TextMap { max } => {
                json!({"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": max})
            }
            Self::Json { .. } => json!({}),
            Self::Record { fields, short } => {
                let table = schema_of(fields);
                match fields.iter().find(|field| Some(field.name) == *short) {
                    Some(field) => json!({"anyOf": [field.kind.schema(), table]}),
                    None => table,
                }
            }
            Self::Records { fields, max } => {
                json!({"type": "array", "items": schema_of(fields), "minItems": 1, "maxItems": max})
            }
        }
    }
}

/// JSON schema of a table with these fields.
pub(crate) fn schema_of(fields: &[Parameter]) -> Value {
    let properties: Map<_, _> = fields
        .iter()
        .map(|field| {
            let mut value = field.kind.schema();
            value["description"] = field.summary.into();
            if let Default::Is(default) = field.default {
                value["default"] = default();
            }
            (field.name.to_owned(), value)
        })
        .collect();
    let required: Vec<_> =
        fields.iter().filter(|field| matches!(field.default, Default::Required)).map(|field| field.name).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}
