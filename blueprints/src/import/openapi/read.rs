//! From a document to steps: which of its operations, and where they are sent.

use serde_json::Value;
use url::Url;

use super::document::{At, Document};
use super::operation::{Operation, step};
use super::security::{Proof, proof};
use crate::Invalid;
use crate::import::{Imported, limits};

/// What is taken out of a document.
#[derive(Clone, Debug, Default)]
pub struct OpenApiOptions {
    /// Which operations.
    pub operations: Operations,
    /// Where they are sent in place of the document's first server.
    pub server: Option<String>,
}

/// Which operations of a document become steps.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Operations {
    /// Those that only read: GET and HEAD.
    #[default]
    Reading,
    /// All of them: also those that change and delete.
    All,
    /// These, in this order, by `operationId` or as `GET /pets`.
    Named(Vec<String>),
}

const METHODS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options"];

/// Takes operations out of an OpenAPI document (3.0 or 3.1; JSON or YAML): examples for what a request must have, the
/// statuses that are good, and the schema of the answer; what proves who calls becomes secrets.
///
/// <https://spec.openapis.org/oas/v3.1.1.html>
///
/// # Errors
/// A text that is no such document, a broken or remote reference, or an operation that is not there; the field is the
/// place in the document.
pub fn from_openapi(text: &str, options: &OpenApiOptions) -> Result<Imported, Invalid> {
    let document = Document::parse(text)?;
    let root = document.root();
    let title = root.get("info").and_then(|info| info.text("title")).map(str::to_owned);
    let mut imported = Imported { title, ..Imported::default() };
    let all = operations(&document)?;
    let chosen = choose(&all, &options.operations)?;
    if chosen.len() > limits::STEPS_MAX {
        let more = chosen.len() - limits::STEPS_MAX;
        imported
            .note(format!("{more} further operations are left out: a canary has at most {} steps", limits::STEPS_MAX));
    }
    let global = root.get("security");
    for operation in chosen.into_iter().take(limits::STEPS_MAX) {
        let requirements = operation.at.get("security").or_else(|| global.clone());
        let proof = match requirements {
            Some(requirements) => proof(&document, &requirements, &mut imported)?,
            None => Proof::default(),
        };
        let servers = operation.servers.clone().or_else(|| root.get("servers"));
        let base = base(servers.as_ref(), options.server.as_deref())?;
        let mut step = step(&document, operation, &base, &proof, &mut imported)?;
        match (&imported.auth, &proof.auth) {
            (None, Some(auth)) => imported.auth = Some(auth.clone()),
            (Some(known), Some(auth)) if known != auth => {
                let title = operation.title();
                imported
                    .note(format!("{title}: proves who calls in another way than the steps before, which is left out"));
                step["authenticate"] = false.into();
            }
            _ => {}
        }
        if proof.auth.is_none() {
            step["authenticate"] = false.into();
        }
        imported.steps.push(step);
    }
    if imported.auth.is_none() {
        for step in &mut imported.steps {
            if let Some(fields) = step.as_object_mut() {
                fields.remove("authenticate");
            }
        }
    }
    Ok(imported)
}

fn operations(document: &Document) -> Result<Vec<Operation<'_>>, Invalid> {
    let mut found = Vec::new();
    let Some(paths) = document.root().get("paths") else {
        return Err(Invalid::new("#/paths", "(not given)", "a document has operations here"));
    };
    for (path, item) in paths.entries() {
        if !path.starts_with('/') {
            continue;
        }
        let item = document.resolve(&item)?;
        for method in METHODS {
            let Some(at) = item.get(method).filter(|at| at.value.is_object()) else { continue };
            let mut parameters: Vec<At<'_>> = Vec::new();
            for list in [at.get("parameters"), item.get("parameters")].into_iter().flatten() {
                for parameter in list.items() {
                    let parameter = document.resolve(&parameter)?;
                    let key = |one: &At<'_>| (one.text("name").map(str::to_owned), one.text("in").map(str::to_owned));
                    if !parameters.iter().any(|known| key(known) == key(&parameter)) {
                        parameters.push(parameter);
                    }
                }
            }
            let servers = at.get("servers").or_else(|| item.get("servers"));
            found.push(Operation { method: method.to_ascii_uppercase(), path, at, parameters, servers });
        }
    }
    Ok(found)
}

fn choose<'a, 'b>(all: &'b [Operation<'a>], wanted: &Operations) -> Result<Vec<&'b Operation<'a>>, Invalid> {
    let titles =
        || all.iter().map(|one| one.id().map_or_else(|| one.title(), str::to_owned)).collect::<Vec<_>>().join(", ");
    let chosen: Vec<_> = match wanted {
        Operations::All => all.iter().collect(),
        Operations::Reading => all.iter().filter(|one| matches!(one.method.as_str(), "GET" | "HEAD")).collect(),
        Operations::Named(names) => {
            let find = |name: &String| {
                let found = all.iter().find(|one| one.id() == Some(name) || one.title().eq_ignore_ascii_case(name));
                found.ok_or_else(|| {
                    Invalid::new("operation", name, format!("no such operation; there are {}", titles()))
                })
            };
            names.iter().map(find).collect::<Result<_, _>>()?
        }
    };
    if chosen.is_empty() {
        let rule = format!("no operation only reads; name some of {}", titles());
        return Err(Invalid::new("#/paths", format!("{} operations", all.len()), rule));
    }
    Ok(chosen)
}

/// Where operations are sent, without a slash at the end.
fn base(servers: Option<&At<'_>>, given: Option<&str>) -> Result<String, Invalid> {
    let (place, text) = if let Some(given) = given {
        ("server".to_owned(), given.to_owned())
    } else {
        let first = servers.and_then(|servers| servers.items().into_iter().next());
        let Some(first) = first else {
            let rule = "the document names no server: say where requests go";
            return Err(Invalid::new("#/servers", "(not given)", rule));
        };
        (format!("{}/url", first.place), filled(&first)?)
    };
    let parsed = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = parsed.filter(|url| url.query().is_none() && url.fragment().is_none()) else {
        let rule = "an absolute http or https address without ? and #: say where requests go";
        return Err(Invalid::new(place, format!("\"{text}\""), rule));
    };
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// The address with the defaults of its variables.
fn filled(server: &At<'_>) -> Result<String, Invalid> {
    let mut url = server.text("url").unwrap_or_default().to_owned();
    for (name, variable) in server.get("variables").map(|all| all.entries()).unwrap_or_default() {
        let default = variable.value.get("default").map(|default| match default {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        });
        let missing = || Invalid::new(format!("{}/default", variable.place), "(not given)", "is required");
        url = url.replace(&format!("{{{name}}}"), &default.ok_or_else(missing)?);
    }
    Ok(url)
}
