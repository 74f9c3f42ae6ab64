//! A request of an archive as a step.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::entry::Entry;
use crate::import::Imported;
use crate::import::sensitive::{is_sensitive, secret_name};
use crate::places::escaped;

const BODY_BYTES_MAX: usize = 256 * 1024;
const PAIRS_MAX: usize = 50;
/// Headers that the client writes itself, that belong to one connection or one cache, or that say only which browser asked.
const LEFT_OUT: &[&str] = &[
    "accept-encoding",
    "cache-control",
    "connection",
    "content-length",
    "dnt",
    "host",
    "if-modified-since",
    "if-none-match",
    "keep-alive",
    "origin",
    "pragma",
    "priority",
    "referer",
    "te",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "upgrade-insecure-requests",
    "user-agent",
    "x-amzn-trace-id",
];

/// Gives each secret value a name; equal values have the same.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    names: HashMap<(String, String), String>,
    count: HashMap<String, usize>,
}

impl Redactor {
    fn place(&mut self, name: &str, value: &str, imported: &mut Imported) -> String {
        let word = secret_name(name);
        let known = self.names.entry((word.clone(), value.to_owned())).or_insert_with(|| {
            let count = self.count.entry(word.clone()).or_default();
            *count += 1;
            if *count == 1 { word.clone() } else { format!("{word}_{count}") }
        });
        imported.secret(known)
    }

    fn text(&mut self, name: &str, value: &str, imported: &mut Imported) -> String {
        if is_sensitive(name) && !value.is_empty() { self.place(name, value, imported) } else { escaped(value) }
    }
}

pub(super) fn step(entry: &Entry<'_>, redactor: &mut Redactor, imported: &mut Imported) -> Value {
    let mut step = Map::new();
    let path: String = entry.url.path().chars().take(100).collect();
    step.insert("name".to_owned(), format!("{} {path}", entry.method).into());
    step.insert("method".to_owned(), entry.method.into());
    address(&mut step, entry, redactor, imported);
    let headers = headers(entry, redactor, imported);
    if !headers.is_empty() {
        step.insert("headers".to_owned(), Value::Object(headers));
    }
    body(&mut step, entry, redactor, imported);
    let status = entry.status().unwrap_or(200);
    let redirects = (300..400).contains(&status) && status != 304;
    if redirects {
        // The archive has the next request of its own.
        step.insert("follow_redirects".to_owned(), false.into());
    }
    // What a browser had in its cache is sent to who has none.
    step.insert("status".to_owned(), if status == 304 { json!("200-299,304") } else { json!(status.to_string()) });
    Value::Object(step)
}

/// Secret parts of the address are added to it by the script.
fn address(step: &mut Map<String, Value>, entry: &Entry<'_>, redactor: &mut Redactor, imported: &mut Imported) {
    let mut url = entry.url.clone();
    url.set_fragment(None);
    if !url.username().is_empty() || url.password().is_some() {
        imported.note("left out, user and password in addresses: give them by `auth`".to_owned());
        let taken = url.set_username("").and_then(|()| url.set_password(None));
        debug_assert!(taken.is_ok(), "addresses of http have a host, and so may have users");
    }
    let mut query = Map::new();
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    if pairs.iter().any(|(name, value)| is_sensitive(name) && !value.is_empty()) {
        let (secret, open): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(name, _)| is_sensitive(name));
        for (name, value) in secret.into_iter().take(PAIRS_MAX) {
            query.insert(name.clone(), redactor.text(&name, &value, imported).into());
        }
        url.set_query(None);
        for (name, value) in open {
            url.query_pairs_mut().append_pair(&name, &value);
        }
    }
    step.insert("url".to_owned(), escaped(url.as_str()).into());
    if !query.is_empty() {
        step.insert("query".to_owned(), Value::Object(query));
    }
}

fn headers(entry: &Entry<'_>, redactor: &mut Redactor, imported: &mut Imported) -> Map<String, Value> {
    let mut headers = Map::new();
    for (name, value) in pairs(&entry.request["headers"]) {
        let name = name.to_ascii_lowercase();
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        // Multipart bodies get a boundary of their own.
        let is_left_out = LEFT_OUT.contains(&name.as_str())
            || name.starts_with("sec-")
            || (name == "content-type" && value.starts_with("multipart/"));
        if is_left_out || name.is_empty() || !name.chars().all(is_token) || headers.len() >= PAIRS_MAX {
            continue;
        }
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        headers.insert(name.clone(), redactor.text(&name, &value, imported).into());
    }
    headers
}

fn body(step: &mut Map<String, Value>, entry: &Entry<'_>, redactor: &mut Redactor, imported: &mut Imported) {
    let data = &entry.request["postData"];
    if data.is_null() || entry.method == "GET" || entry.method == "HEAD" {
        return;
    }
    let mime = data["mimeType"].as_str().unwrap_or_default().to_ascii_lowercase();
    let text = data["text"].as_str().unwrap_or_default();
    let cannot = |imported: &mut Imported, why: &str| {
        imported.note(format!("the body of {} {} is left out: {why}", entry.method, entry.url.path()));
    };
    // Redacting may make it longer.
    if text.len() > BODY_BYTES_MAX / 2 {
        return cannot(imported, "it is longer than 131072 bytes");
    }
    if mime.starts_with("multipart/") || data["encoding"] == "base64" {
        return cannot(imported, "steps have no files and no binary bodies");
    }
    if mime.contains("x-www-form-urlencoded") {
        let decoded = url::form_urlencoded::parse(text.as_bytes()).into_owned();
        let listed = pairs(&data["params"]).map(|(name, value)| (name.to_owned(), value.to_owned()));
        let fields: Vec<_> = if text.is_empty() { listed.collect() } else { decoded.collect() };
        let unique: std::collections::HashSet<_> = fields.iter().map(|(name, _)| name).collect();
        if fields.len() > PAIRS_MAX || unique.len() < fields.len() {
            return cannot(imported, "its form has more than 50 fields, or one twice");
        }
        let fields = fields.into_iter().map(|(name, value)| {
            let value = redactor.text(&name, &value, imported);
            (name, Value::from(value))
        });
        let fields = fields.collect();
        step.insert("form".to_owned(), Value::Object(fields));
        return;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(mut value @ (Value::Object(_) | Value::Array(_))) if mime.contains("json") => {
            let is_plain = is_plain(&value);
            redact(&mut value, None, redactor, imported);
            if is_plain {
                step.insert("json".to_owned(), value);
            } else {
                step.insert("body".to_owned(), value.to_string().into());
            }
        }
        _ if text.is_empty() => {}
        _ => {
            step.insert("body".to_owned(), escaped(text).into());
        }
    }
}

/// Takes secrets out of a value: all that stands under a name of them, numbers too.
fn redact(value: &mut Value, under: Option<&str>, redactor: &mut Redactor, imported: &mut Imported) {
    match (value, under) {
        (Value::Object(fields), under) => {
            let taken = std::mem::take(fields);
            for (name, mut field) in taken {
                let within = if is_sensitive(&name) { Some(name.as_str()) } else { under };
                redact(&mut field, within, redactor, imported);
                fields.insert(name, field);
            }
        }
        (Value::Array(items), under) => {
            for item in items {
                redact(item, under, redactor, imported);
            }
        }
        (Value::String(text), Some(name)) => *text = redactor.text(name, text, imported),
        (Value::String(text), None) => *text = escaped(text),
        (number @ Value::Number(_), Some(name)) => {
            let place = redactor.text(name, &number.to_string(), imported);
            *number = place.into();
        }
        (Value::Null | Value::Bool(_) | Value::Number(_), _) => {}
    }
}

/// Whether a body can be written as a table: TOML has no null, a script no list of thousands.
fn is_plain(value: &Value) -> bool {
    const ITEMS_MAX: usize = 1_000;
    fn within(value: &Value, levels: usize) -> bool {
        match value {
            Value::Null => false,
            Value::Bool(_) | Value::String(_) => true,
            Value::Number(number) => number.is_i64() || number.is_f64(),
            Value::Array(items) => {
                levels > 0 && items.len() <= ITEMS_MAX && items.iter().all(|item| within(item, levels - 1))
            }
            Value::Object(fields) => {
                levels > 0 && fields.len() <= ITEMS_MAX && fields.values().all(|item| within(item, levels - 1))
            }
        }
    }
    within(value, 20)
}

fn pairs(list: &Value) -> impl Iterator<Item = (&str, &str)> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|pair| Some((pair["name"].as_str()?, pair["value"].as_str()?)))
}
