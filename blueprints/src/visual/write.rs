//! The script, as a person would write it.

use serde_json::{Map, Value, json};
use url::Url;

use super::viewport::Viewport;
use crate::literal::{literal, string};

/// Options of `visual::compare` that are the same for all pages, and the values that need not be said.
const OPTIONS: &[(&str, Value)] = &[
    ("full_page", Value::Bool(true)),
    ("ignore_colours", Value::Null),
    ("threshold", Value::Null),
    ("variance_threshold_percent", Value::Null),
    ("changed_max", Value::Null),
    ("antialiasing", Value::Bool(false)),
    ("glyph_shifts", Value::Bool(false)),
    ("fail_on_variance", Value::Bool(true)),
];

pub(super) fn script(arguments: &Map<String, Value>) -> String {
    let get = |name: &str| arguments.get(name).unwrap_or(&Value::Null);
    let given = get("url").as_array().map(Vec::as_slice).unwrap_or_default();
    let waits = given.iter().any(|page| wait_for(page, arguments).is_some());
    let pages: Vec<_> = given.iter().map(|page| page_entry(page, arguments, waits)).collect();
    let viewports: Vec<Viewport> = texts(get("viewports")).filter_map(|text| text.parse().ok()).collect();
    let mut out = String::from("// Compares a picture of each page with the one that was approved.\n");
    line(&mut out, format_args!("let pages = {};", literal(&Value::Array(pages), 0)));
    out.push_str("\n// All pages are compared, also when one has changed.\n");
    out.push_str("step::configure(#{ continue_on_failure: true, screenshot_on_success: false });\n");
    let entry = |viewport: &Viewport| json!({"width": viewport.width, "height": viewport.height, "scale": number(viewport.scale)});
    let viewports = Value::Array(viewports.iter().map(entry).collect());
    line(&mut out, format_args!("for viewport in {} {{", literal(&viewports, 0)));
    out.push_str(
        "    page::set_viewport(viewport.width, viewport.height, #{ device_scale_factor: viewport.scale });\n",
    );
    out.push_str("    for wanted in pages {\n");
    out.push_str("        step(`${wanted.name} at ${viewport.width}x${viewport.height}`, || {\n");
    match get("wait_until").as_str() {
        None | Some("load") => out.push_str("            let answer = page::open(wanted.url);\n"),
        Some(state) => line(
            &mut out,
            format_args!("            let answer = page::open(wanted.url, #{{ wait_until: {} }});", string(state)),
        ),
    }
    let status = get("status").as_str().unwrap_or("200-299");
    line(&mut out, format_args!("            assert::status(answer, {});", string(status)));
    if waits {
        out.push_str("            if wanted.wait_for != \"\" {\n                element::wait_for(wanted.wait_for);\n            }\n");
    }
    out.push_str("            visual::compare(wanted.name, wanted.options);\n        });\n    }\n}\n");
    out
}

fn page_entry(page: &Value, arguments: &Map<String, Value>, waits: bool) -> Value {
    let mut options = Map::new();
    for list in ["ignore", "hide"] {
        let of_all = arguments.get(list).unwrap_or(&Value::Null);
        let all: Vec<_> = texts(of_all).chain(texts(&page[list])).map(Value::from).collect();
        if !all.is_empty() {
            options.insert(list.to_owned(), Value::Array(all));
        }
    }
    for (name, unsaid) in OPTIONS {
        let value = arguments.get(*name).unwrap_or(&Value::Null);
        if value != unsaid && !value.is_null() {
            options.insert((*name).to_owned(), value.clone());
        }
    }
    let mut entry = json!({"name": name_of(page), "url": page["url"], "options": options});
    if waits {
        entry["wait_for"] = wait_for(page, arguments).unwrap_or_default().into();
    }
    entry
}

fn wait_for<'a>(page: &'a Value, arguments: &'a Map<String, Value>) -> Option<&'a str> {
    let selector = page["wait_for"].as_str().or_else(|| arguments.get("wait_for").and_then(Value::as_str));
    selector.filter(|selector| !selector.is_empty())
}

/// What a page's baseline is called: its name, or its path and query.
pub(super) fn name_of(page: &Value) -> String {
    if let Some(name) = page["name"].as_str() {
        return name.to_owned();
    }
    let Some(url) = page["url"].as_str().and_then(|url| Url::parse(url).ok()) else { return String::new() };
    let path = url.path().trim_matches('/');
    let path = if path.is_empty() { "home" } else { path };
    match url.query() {
        Some(query) => format!("{path}?{query}").chars().take(128).collect(),
        None => path.chars().take(128).collect(),
    }
}

pub(super) fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Whole numbers without a point, as a person writes them.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 { Value::from(number as i64) } else { Value::from(number) }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.push_str(&text.to_string());
    out.push('\n');
}
