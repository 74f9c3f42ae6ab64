//! Typed parameters of blueprints, and the arguments given for them.

use serde_json::{Map, Value};
use url::Url;

use crate::{Blueprint, HostPattern, Invalid, StatusSet};

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
    /// True or false.
    Boolean,
    /// A whole number of at most so much.
    Whole {
        /// The limit.
        max: u64,
    },
    /// A [`StatusSet`] as text, or one code as a number.
    Statuses,
    /// One of these words.
    Choice(&'static [&'static str]),
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
    /// A list of records with these fields.
    Records {
        /// Fields of each record.
        fields: &'static [Parameter],
        /// Most records.
        max: usize,
    },
}

/// Values for every parameter of one blueprint: checked, in canonical form, defaults filled in.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Arguments(Map<String, Value>);

impl Arguments {
    /// Checks `given` against the parameters of `blueprint`.
    ///
    /// # Errors
    /// The first field that is unknown, missing, of the wrong kind or outside its limits.
    pub fn parse(blueprint: &Blueprint, given: Map<String, Value>) -> Result<Self, Invalid> {
        let arguments = record(blueprint.parameters, given)?;
        (blueprint.check)(&arguments)?;
        Ok(Self(arguments))
    }

    /// The value of a parameter of the blueprint these arguments are for.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The host and port of every URL among the arguments, each once.
    pub fn hosts(&self, blueprint: &Blueprint) -> Vec<HostPattern> {
        let mut hosts = Vec::new();
        for parameter in blueprint.parameters {
            if let Some(value) = self.0.get(parameter.name) {
                gather_hosts(&parameter.kind, value, &mut hosts);
            }
        }
        hosts.sort();
        hosts.dedup();
        hosts
    }
}

impl Parameter {
    /// Reads a value typed on a command line: text and URLs as they are, everything else as JSON where it is JSON.
    pub fn read(&self, text: &str) -> Value {
        let as_text = || Value::from(text);
        match &self.kind {
            Kind::Text { .. } | Kind::Url | Kind::Statuses | Kind::Choice(_) => as_text(),
            Kind::OneOrMany { .. }
            | Kind::Boolean
            | Kind::Whole { .. }
            | Kind::TextMap { .. }
            | Kind::Json { .. }
            | Kind::Records { .. } => serde_json::from_str(text).unwrap_or_else(|_| as_text()),
        }
    }
}

fn record(fields: &[Parameter], mut given: Map<String, Value>) -> Result<Map<String, Value>, Invalid> {
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
    let invalid = |rule: String| Invalid::new("", &value, rule);
    match kind {
        Kind::Text { bytes_max } => match value.as_str() {
            Some(text) if text.len() <= *bytes_max => Ok(value),
            Some(_) | None => Err(invalid(format!("text of at most {bytes_max} bytes"))),
        },
        Kind::Url => match value.as_str().map(parse_url) {
            Some(Some(url)) => Ok(Value::from(String::from(url))),
            Some(None) | None => Err(invalid("an absolute URL that begins with http:// or https://".to_owned())),
        },
        Kind::Boolean => match &value {
            Value::Bool(_) => Ok(value),
            _ => Err(invalid("true or false".to_owned())),
        },
        Kind::Whole { max } => match value.as_u64() {
            Some(number) if number <= *max => Ok(value),
            Some(_) | None => Err(invalid(format!("a whole number from 0 to {max}"))),
        },
        Kind::Statuses => {
            let text = match &value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let set: StatusSet = text.parse().map_err(|error: Invalid| invalid(error.rule))?;
            Ok(Value::from(set.to_string()))
        }
        Kind::Choice(words) => match value.as_str() {
            Some(word) if words.contains(&word) => Ok(value),
            Some(_) | None => Err(invalid(format!("one of {}", words.join(", ")))),
        },
        Kind::OneOrMany { of, max } => {
            let items = match value {
                Value::Array(items) => items,
                one => vec![one],
            };
            items_within(items, *max, |item| check(of, item))
        }
        Kind::TextMap { max } => match &value {
            Value::Object(entries) if entries.len() <= *max && entries.values().all(Value::is_string) => Ok(value),
            _ => Err(invalid(format!("at most {max} names with text values"))),
        },
        Kind::Json { bytes_max } => {
            if value.to_string().len() <= *bytes_max {
                Ok(value)
            } else {
                Err(invalid(format!("at most {bytes_max} bytes of JSON")))
            }
        }
        Kind::Records { fields, max } => match value {
            Value::Array(items) => items_within(items, *max, |item| match item {
                Value::Object(entries) => record(fields, entries).map(Value::Object),
                other => Err(Invalid::new("", other, "a table with named fields")),
            }),
            other => Err(Invalid::new("", other, "a list of tables")),
        },
    }
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

fn parse_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

fn gather_hosts(kind: &Kind, value: &Value, hosts: &mut Vec<HostPattern>) {
    match (kind, value) {
        (Kind::Url, Value::String(text)) => hosts.extend(parse_url(text).as_ref().and_then(HostPattern::of)),
        (Kind::OneOrMany { of, .. }, Value::Array(items)) => {
            for item in items {
                gather_hosts(of, item, hosts);
            }
        }
        (Kind::Records { fields, .. }, Value::Array(items)) => {
            for (item, field) in items.iter().flat_map(|item| fields.iter().map(move |field| (item, field))) {
                if let Some(value) = item.get(field.name) {
                    gather_hosts(&field.kind, value, hosts);
                }
            }
        }
        (
            Kind::Url
            | Kind::OneOrMany { .. }
            | Kind::Records { .. }
            | Kind::Text { .. }
            | Kind::Boolean
            | Kind::Whole { .. }
            | Kind::Statuses
            | Kind::Choice(_)
            | Kind::TextMap { .. }
            | Kind::Json { .. },
            _,
        ) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(blueprint: &str, given: Value) -> Result<Arguments, Invalid> {
        let Value::Object(given) = given else { panic!("parameters are a map") };
        Arguments::parse(Blueprint::named(blueprint).unwrap(), given)
    }

    #[test]
    fn defaults_are_filled_in_and_values_made_canonical() {
        let arguments = parsed("heartbeat", json!({"url": "HTTP://Shop.example", "status": 200})).unwrap();
        assert_eq!(
            serde_json::to_value(&arguments).unwrap(),
            json!({"url": ["http://shop.example/"], "status": "200", "text": "", "screenshot": true})
        );
    }

    #[test]
    fn errors_name_field_value_and_rule() {
        let cases = [
            (
                "heartbeat",
                json!({}),
                "url = (not given): is required: the page, or a list of pages that are opened in order",
            ),
            (
                "heartbeat",
                json!({"url": "shop"}),
                "url[0] = \"shop\": an absolute URL that begins with http:// or https://",
            ),
            ("heartbeat", json!({"url": []}), "url = 0 items: 1 to 50 items"),
            (
                "heartbeat",
                json!({"url": "http://a.example/", "satus": 200}),
                "satus = 200: no such parameter; there are url, status, text, screenshot",
            ),
            (
                "heartbeat",
                json!({"url": "http://a.example/", "screenshot": "yes"}),
                "screenshot = \"yes\": true or false",
            ),
            (
                "broken-links",
                json!({"url": "http://a.example/", "depth": -1}),
                "depth = -1: a whole number from 0 to 1000",
            ),
            (
                "broken-links",
                json!({"url": "http://a.example/", "links": 0}),
                "links = 0: a check follows at least one link",
            ),
            (
                "api",
                json!({"steps": [{"url": "http://a.example/"}, {"url": "http://a.example/", "method": "FETCH"}]}),
                "steps[1].method = \"FETCH\": one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS",
            ),
            (
                "api",
                json!({"steps": [{"url": "http://a.example/", "body": "x", "json": 1}]}),
                "steps[0].body = \"x\": a step has a text body or a JSON body, not both",
            ),
            (
                "api",
                json!({"steps": [{"url": "http://a.example/", "expect": [{"of": "json", "at": "$[", "compare": "exists"}]}]}),
                "steps[0].expect[0].at = \"$[\": a JSONPath (RFC 9535) such as $.items[0].price",
            ),
            (
                "api",
                json!({"steps": [{"url": "http://a.example/", "expect": [{"of": "text", "compare": "contains"}]}]}),
                "steps[0].expect[0].value = (not given): is required to compare with",
            ),
        ];
        for (blueprint, given, expected) in cases {
            assert_eq!(parsed(blueprint, given).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn hosts_of_all_urls_are_found_once_each() {
        let arguments = parsed(
            "api",
            json!({"steps": [{"url": "http://a.example/x"}, {"url": "https://b.example/"}, {"url": "http://a.example/y"}]}),
        )
        .unwrap();
        let hosts = arguments.hosts(Blueprint::named("api").unwrap());
        assert_eq!(hosts.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a.example:80", "b.example:443"]);
    }

    #[test]
    fn command_line_text_is_read_by_kind() {
        let heartbeat = Blueprint::named("heartbeat").unwrap();
        let read = |name: &str, text| heartbeat.parameters.iter().find(|p| p.name == name).unwrap().read(text);
        assert_eq!(read("text", "true"), json!("true"));
        assert_eq!(read("screenshot", "false"), json!(false));
        assert_eq!(read("url", "http://a.example/"), json!("http://a.example/"));
        assert_eq!(read("url", r#"["http://a.example/"]"#), json!(["http://a.example/"]));
    }
}
