//! The script, as a person would write it.

use serde_json::{Map, Value};

use super::auth;
use super::check::{given, list, text};
use super::expectation::schema_code;
use crate::literal::{map, map_behind, property, string};
use crate::places::{text_code, texts_code, value_code};

/// Longest name of a step that is made of its address.
const NAME_CHARS_MAX: usize = 200;
/// What stands within a step is indented so far.
const INDENT: usize = 4;

pub(super) fn script(arguments: &Map<String, Value>) -> String {
    let goes_on = arguments.get("continue_on_failure").and_then(Value::as_bool) == Some(true);
    let steps = list(arguments.get("steps"));
    let mut out = String::from("// Sends each request and checks its answer; ");
    out.push_str(if goes_on {
        "a step that fails ends only itself, and the run fails at its end.\nstep::configure(#{ continue_on_failure: true });\n"
    } else {
        "the first step that fails ends the run.\n"
    });
    if let Some(auth) = arguments.get("auth").filter(|auth| auth.is_object()) {
        line(&mut out, format_args!("let auth = {};", auth::code(auth)));
    }
    if let Some(certificate) = arguments.get("client_certificate").filter(|given| given.is_object()) {
        line(&mut out, format_args!("let certificate = {};", auth::certificate_code(certificate)));
    }
    if steps.iter().any(|step| !list(step.get("extract")).is_empty()) {
        out.push_str("// What one step finds for the next.\nlet found = #{};\n");
    }
    let credentials =
        Credentials { auth: given_table(arguments, "auth"), certificate: given_table(arguments, "client_certificate") };
    for step in steps {
        out.push('\n');
        write_step(&mut out, step, credentials);
    }
    out
}

#[derive(Clone, Copy)]
struct Credentials {
    auth: bool,
    certificate: bool,
}

fn given_table(arguments: &Map<String, Value>, name: &str) -> bool {
    arguments.get(name).is_some_and(Value::is_object)
}

fn write_step(out: &mut String, step: &Value, credentials: Credentials) {
    line(out, format_args!("step({}, || {{", string(&name_of(step))));
    line(out, format_args!("    let answer = {};", request(step, credentials)));
    let status = text(step, "status");
    let status = status.parse::<u16>().map_or_else(|_| string(status), |code| code.to_string());
    line(out, format_args!("    assert::status(answer, {status});"));
    for expectation in list(step.get("expect")) {
        line(out, format_args!("    {};", assertion(expectation)));
    }
    for extraction in list(step.get("extract")) {
        let place = format!("found{}", property(text(extraction, "name")));
        let at = text(extraction, "at");
        let (taken, what) = match text(extraction, "of") {
            "header" => (format!("http::header(answer, {})", string(at)), "header"),
            "text" => (format!("http::find(answer, {})", string(at)), "text that matches"),
            _ => (format!("http::at(answer, {})", string(at)), "value at"),
        };
        line(out, format_args!("    {place} = {taken};"));
        let missing = string(&format!("the answer has no {what} {at}"));
        line(out, format_args!("    assert::that({place} != (), {missing});"));
    }
    out.push_str("});\n");
}

fn name_of(step: &Value) -> String {
    match text(step, "name") {
        "" => {
            let whole = format!("{} {}", text(step, "method"), text(step, "url"));
            whole.chars().take(NAME_CHARS_MAX).collect()
        }
        name => name.to_owned(),
    }
}

fn request(step: &Value, credentials: Credentials) -> String {
    let url = text_code(text(step, "url"));
    let mut options = Vec::new();
    for name in ["query", "headers"] {
        if step[name].as_object().is_some_and(|entries| !entries.is_empty()) {
            options.push((name, texts_code(&step[name], INDENT + 4)));
        }
    }
    if given(step, "body") {
        options.push(("body", text_code(text(step, "body"))));
    }
    if given(step, "json") {
        options.push(("json", value_code(&step["json"], INDENT + 4)));
    }
    if given(step, "form") {
        options.push(("form", texts_code(&step["form"], INDENT + 4)));
    }
    if credentials.auth && step["authenticate"] != Value::Bool(false) {
        options.push(("auth", "auth".to_owned()));
    }
    if credentials.certificate {
        options.push(("client_certificate", "certificate".to_owned()));
    }
    if step["follow_redirects"] == Value::Bool(false) {
        options.push(("follow_redirects", "false".to_owned()));
    }
    if let Some(ms) = step["timeout"].as_u64() {
        options.push(("timeout_ms", ms.to_string()));
    }
    let method = text(step, "method");
    if method == "OPTIONS" {
        options.insert(0, ("method", string(method)));
        options.insert(1, ("url", url));
        return format!("http::request({})", map(options, INDENT));
    }
    let verb = method.to_ascii_lowercase();
    if options.is_empty() {
        format!("http::{verb}({url})")
    } else {
        let before = "    let answer = http::".len() + verb.len() + url.chars().count();
        format!("http::{verb}({url}, {})", map_behind(before, options, INDENT))
    }
}

fn assertion(expectation: &Value) -> String {
    let (of, at, value) = (text(expectation, "of"), text(expectation, "at"), &expectation["value"]);
    match (of, text(expectation, "compare"), value) {
        ("json", "schema", value) => {
            let schema = schema_code(value, INDENT);
            let checked = match at {
                "" | "$" => "answer".to_owned(),
                at => format!("http::at(answer, {})", string(at)),
            };
            format!("assert::json_schema({checked}, {schema})")
        }
        ("header", "contains", Value::String(part)) => {
            format!("assert::header(answer, {}, {})", string(at), text_code(part))
        }
        ("json", "equals", value) => {
            format!("assert::json_path(answer, {}, {})", string(at), value_code(value, INDENT))
        }
        (of, compare, value) => {
            let mut part = vec![("of", string(of))];
            if !at.is_empty() {
                part.push(("at", string(at)));
            }
            part.push(("compare", string(compare)));
            if !value.is_null() {
                part.push(("value", value_code(value, INDENT + 4)));
            }
            format!("assert::answer(answer, {})", map(part, INDENT))
        }
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.push_str(&text.to_string());
    out.push('\n');
}
