//! An operation of the document as a step.

use serde_json::{Map, Value, json};

use super::document::{At, Document};
use super::example::{Example, example};
use super::schema::json_schema;
use super::security::Proof;
use crate::import::Imported;
use crate::parameter::can_be_read;
use crate::places::escaped;
use crate::{Invalid, JsonSchema};

const SCHEMA_BYTES_MAX: usize = 60 * 1024;
const BODY_BYTES_MAX: usize = 128 * 1024;

/// An operation with where it stands.
#[derive(Clone, Debug)]
pub(super) struct Operation<'a> {
    pub(super) method: String,
    pub(super) path: &'a str,
    pub(super) at: At<'a>,
    /// Parameters of the path and of the operation, which come first.
    pub(super) parameters: Vec<At<'a>>,
    /// Servers of its own, or of its path.
    pub(super) servers: Option<At<'a>>,
}

impl Operation<'_> {
    /// `GET /pets/{petId}`.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(super) fn id(&self) -> Option<&str> {
        self.at.text("operationId")
    }
}

/// Where the parameters of a request go.
#[derive(Default)]
struct Request {
    path: String,
    query: Map<String, Value>,
    headers: Map<String, Value>,
}

pub(super) fn step(
    document: &Document,
    operation: &Operation<'_>,
    base: &str,
    proof: &Proof,
    imported: &mut Imported,
) -> Result<Value, Invalid> {
    let mut request = Request { path: operation.path.to_owned(), ..Request::default() };
    for parameter in &operation.parameters {
        add_parameter(document, operation, parameter, &mut request, imported)?;
    }
    if let Some((_, rest)) = request.path.split_once('{') {
        let name = rest.split('}').next().unwrap_or_default();
        return Err(Invalid::new(&operation.at.place, format!("{{{name}}}"), "a part of the path without a parameter"));
    }
    request.query.extend(proof.query.clone());
    request.headers.extend(proof.headers.clone());
    let mut step = Map::new();
    let name: String = operation.id().map_or_else(|| operation.title(), str::to_owned).chars().take(100).collect();
    step.insert("name".to_owned(), name.into());
    step.insert("method".to_owned(), operation.method.clone().into());
    step.insert("url".to_owned(), format!("{base}{}", request.path).into());
    for (key, map) in [("query", request.query), ("headers", request.headers)] {
        if !map.is_empty() {
            step.insert(key.to_owned(), Value::Object(map));
        }
    }
    add_body(document, operation, &mut step, imported)?;
    add_answer(document, operation, &mut step, imported)?;
    Ok(Value::Object(step))
}

fn add_parameter(
    document: &Document,
    operation: &Operation<'_>,
    parameter: &At<'_>,
    request: &mut Request,
    imported: &mut Imported,
) -> Result<(), Invalid> {
    let (name, place) = (parameter.text("name").unwrap_or_default(), parameter.text("in").unwrap_or_default());
    let is_required = place == "path" || parameter.value["required"] == Value::Bool(true);
    if !is_required {
        return Ok(());
    }
    let found = match example(document, parameter)? {
        Some(found) => Some(found),
        None => {
            media(document, parameter, |_| true)?.map(|(_, media)| example(document, &media)).transpose()?.flatten()
        }
    };
    let found = found.unwrap_or(Example { value: json!("text"), is_made_up: true });
    let explodes = place == "query" && parameter.value["explode"] != Value::Bool(false);
    let text = match &found.value {
        // Each item would be a parameter of its own: one of them is enough.
        Value::Array(items) if explodes => items.first().map(plain).unwrap_or_default(),
        value => plain(value),
    };
    if found.is_made_up {
        imported.note(format!("{}: {name} has no example, \"{text}\" is made up", operation.title()));
    }
    match place {
        "path" => {
            let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            request.path = request.path.replace(&format!("{{{name}}}"), &encoded.replace('+', "%20"));
        }
        "query" => {
            request.query.insert(name.to_owned(), escaped(&text).into());
        }
        // These are told by the body and by `auth` (OpenAPI 3.1, 4.8.12.1).
        "header" if ["accept", "content-type", "authorization"].contains(&name.to_ascii_lowercase().as_str()) => {}
        "header" => {
            request.headers.insert(name.to_owned(), escaped(&text).into());
        }
        "cookie" => {
            let pair = format!("{name}={}", escaped(&text));
            let before = request.headers.get("cookie").and_then(Value::as_str);
            let all = before.map_or_else(|| pair.clone(), |before| format!("{before}; {pair}"));
            request.headers.insert("cookie".to_owned(), all.into());
        }
        other => {
            let rule = "one of path, query, header, cookie";
            return Err(Invalid::new(format!("{}/in", parameter.place), format!("\"{other}\""), rule));
        }
    }
    Ok(())
}

/// A value as it stands in an address or a header (style `simple`).
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn media<'a>(
    document: &'a Document,
    of: &At<'a>,
    wanted: impl Fn(&str) -> bool,
) -> Result<Option<(&'a str, At<'a>)>, Invalid> {
    let Some(content) = of.get("content") else { return Ok(None) };
    let found = content.entries().into_iter().find(|(name, _)| wanted(&name.to_ascii_lowercase()));
    found.map(|(name, media)| Ok((name, document.resolve(&media)?))).transpose()
}

fn is_json(name: &str) -> bool {
    let name = name.split(';').next().unwrap_or_default().trim();
    name == "application/json" || name.ends_with("+json") || name == "*/*"
}

fn add_body(
    document: &Document,
    operation: &Operation<'_>,
    step: &mut Map<String, Value>,
    imported: &mut Imported,
) -> Result<(), Invalid> {
    let Some(body) = operation.at.get("requestBody") else { return Ok(()) };
    let body = document.resolve(&body)?;
    let title = operation.title();
    if let Some((name, media)) = media(document, &body, is_json)? {
        let Some(found) = example(document, &media)? else { return Ok(()) };
        if found.is_made_up {
            imported.note(format!("{title}: parts of the body have no example and are made up"));
        }
        // As a text, which also holds nulls.
        let text = escaped(&found.value.to_string());
        if text.len() > BODY_BYTES_MAX {
            imported.note(format!("{title}: the body is left out: it is longer than {BODY_BYTES_MAX} bytes"));
            return Ok(());
        }
        let kind = if name == "*/*" { "application/json" } else { name };
        let headers = step.entry("headers").or_insert_with(|| json!({}));
        headers["content-type"] = kind.into();
        step.insert("body".to_owned(), text.into());
        return Ok(());
    }
    if let Some((_, media)) = media(document, &body, |name| name.starts_with("application/x-www-form-urlencoded"))? {
        let found = example(document, &media)?;
        let fields = found.as_ref().and_then(|found| found.value.as_object()).cloned().unwrap_or_default();
        let fields: Map<_, _> =
            fields.iter().take(50).map(|(name, value)| (name.clone(), escaped(&plain(value)).into())).collect();
        step.insert("form".to_owned(), Value::Object(fields));
        return Ok(());
    }
    let kinds: Vec<_> = body
        .get("content")
        .map(|content| content.entries())
        .unwrap_or_default()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    imported.note(format!("{title}: the body is left out: steps send JSON and forms, not {}", kinds.join(", ")));
    Ok(())
}

/// The good statuses, and the schema of the first that has one.
fn add_answer(
    document: &Document,
    operation: &Operation<'_>,
    step: &mut Map<String, Value>,
    imported: &mut Imported,
) -> Result<(), Invalid> {
    let mut statuses = Vec::new();
    let mut schema = None;
    for (status, answer) in operation.at.get("responses").map(|all| all.entries()).unwrap_or_default() {
        let set = match status {
            "2XX" | "2xx" => "200-299",
            code if code.len() == 3 && code.starts_with('2') && code.parse::<u16>().is_ok() => code,
            _ => continue,
        };
        statuses.push(set);
        let answer = document.resolve(&answer)?;
        if let (None, Some((_, media))) = (&schema, media(document, &answer, is_json)?) {
            schema = media.get("schema");
        }
    }
    let several = statuses.len() > 1;
    let status = if statuses.is_empty() { "200-299".to_owned() } else { statuses.join(",") };
    step.insert("status".to_owned(), status.into());
    let Some(schema) = schema.filter(|_| operation.method != "HEAD") else { return Ok(()) };
    let schema = json_schema(document, &schema)?;
    let title = operation.title();
    if several {
        imported.note(format!("{title}: several answers are good, and there is no schema for all of them"));
        return Ok(());
    }
    let text = schema.to_string();
    match JsonSchema::parse(&schema) {
        Ok(_) if text.len() <= SCHEMA_BYTES_MAX && can_be_read(&schema) => {
            let expect = json!([{"of": "json", "compare": "schema", "value": text}]);
            step.insert("expect".to_owned(), expect);
        }
        Ok(_) => imported.note(format!("{title}: the schema of the answer is left out: it is too long or too deep")),
        Err(why) => imported.note(format!("{title}: the schema of the answer is left out: {why}")),
    }
    Ok(())
}
