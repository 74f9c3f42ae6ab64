//! The script, as a person would write it.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use url::Url;

use crate::literal::{list, literal, string};

/// Key, name of the metric, and unit of CloudWatch.
const VITALS: &[(&str, &str, &str)] = &[
    ("ttfb", "TTFB", "Milliseconds"),
    ("fcp", "FCP", "Milliseconds"),
    ("lcp", "LCP", "Milliseconds"),
    ("inp", "INP", "Milliseconds"),
    ("cls", "CLS", "None"),
];

pub(super) fn script(arguments: &Map<String, Value>) -> String {
    let asked = Asked(arguments);
    let mut out =
        String::from("// Opens each page in a real browser: it must load, answer a good status and show the text.\n");
    line(&mut out, format_args!("let pages = {};", literal(&Value::Array(asked.pages()), 0)));
    certificates(&mut out, &asked);
    out.push_str("\nfor wanted in pages {\n    step(wanted.name, || {\n");
    open(&mut out, &asked);
    vitals(&mut out, &asked);
    failures(&mut out, &asked);
    out.push_str("    });\n}\n");
    out
}

/// The arguments, which keep all rules.
struct Asked<'a>(&'a Map<String, Value>);

impl Asked<'_> {
    fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).as_str().unwrap_or_default()
    }

    fn given_pages(&self) -> &[Value] {
        self.get("url").as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The text that a page must show.
    fn page_text<'a>(&'a self, page: &'a Value) -> &'a str {
        page["text"].as_str().unwrap_or_else(|| self.text("text"))
    }

    fn shows_text(&self) -> bool {
        self.given_pages().iter().any(|page| !self.page_text(page).is_empty())
    }

    fn pages(&self) -> Vec<Value> {
        let shows_text = self.shows_text();
        let page = |page: &Value| {
            let name = page["name"].as_str().unwrap_or(page["url"].as_str().unwrap_or_default());
            let status = page["status"].as_str().unwrap_or_else(|| self.text("status"));
            let name: String = name.chars().take(1_000).collect();
            let mut made = json!({"name": name, "url": page["url"], "status": status});
            if shows_text {
                made["text"] = self.page_text(page).into();
            }
            made
        };
        self.given_pages().iter().map(page).collect()
    }
}

/// The addresses of https hosts among pages, each once.
pub(super) fn secure_hosts(pages: &[Value]) -> BTreeSet<String> {
    let urls = pages.iter().filter_map(|page| Url::parse(page["url"].as_str()?).ok());
    urls.filter(|url| url.scheme() == "https").map(|url| url.origin().ascii_serialization()).collect()
}

fn certificates(out: &mut String, asked: &Asked<'_>) {
    let days = asked.get("certificate_days");
    if !days.is_object() {
        return;
    }
    let hosts = list(secure_hosts(asked.given_pages()).iter().map(|host| string(host)).collect(), 0);
    line(out, format_args!("\nfor host in {hosts} {{"));
    out.push_str("    step(`certificate of ${host}`, || {\n        let certificate = http::certificate(host);\n");
    out.push_str("        metric::put(\"CertificateDaysLeft\", certificate.days_left, \"None\");\n");
    for (limit, function) in [("fail", "that"), ("warn", "warn")] {
        if let Some(least) = days[limit].as_u64() {
            line(
                out,
                format_args!(
                    "        assert::{function}(certificate.days_left >= {least}, `the certificate has \
                     ${{certificate.days_left}} days left: expected at least {least}`);"
                ),
            );
        }
    }
    out.push_str("    });\n}\n");
}

fn open(out: &mut String, asked: &Asked<'_>) {
    match asked.text("wait_until") {
        "" | "load" => out.push_str("        let answer = page::open(wanted.url);\n"),
        state => line(
            out,
            format_args!("        let answer = page::open(wanted.url, #{{ wait_until: {} }});", string(state)),
        ),
    }
    out.push_str("        assert::status(answer, wanted.status);\n");
    if asked.shows_text() {
        out.push_str("        if wanted.text != \"\" {\n            page::wait_for_text(wanted.text);\n        }\n");
    }
    if asked.get("screenshot") == &Value::Bool(true) {
        out.push_str("        page::screenshot(\"loaded\");\n");
    }
    if !asked.text("click").is_empty() {
        line(out, format_args!("        element::click({});", string(asked.text("click"))));
    }
}

fn vitals(out: &mut String, asked: &Asked<'_>) {
    let limits = asked.get("vitals");
    if !limits.as_object().is_some_and(|limits| limits.values().any(Value::is_object)) {
        return;
    }
    let waits = if limits["inp"].is_object() { "#{ inp: true }" } else { "" };
    line(out, format_args!("        let vitals = page::vitals({waits});"));
    for (key, name, unit) in VITALS {
        let limits = &limits[*key];
        if !limits.is_object() {
            continue;
        }
        let shown_unit = if *unit == "None" { "" } else { " ms" };
        line(out, format_args!("        assert::warn(vitals.{key} != (), \"{name} was not measured\");"));
        line(out, format_args!("        if vitals.{key} != () {{"));
        line(out, format_args!("            metric::put(\"{name}\", vitals.{key}, \"{unit}\");"));
        for (limit, function) in [("fail", "that"), ("warn", "warn")] {
            if !limits[limit].is_number() {
                continue;
            }
            let most = literal(&limits[limit], 0);
            line(
                out,
                format_args!(
                    "            assert::{function}(vitals.{key} <= {most}, `{name} is \
                     ${{vitals.{key}}}{shown_unit}: expected at most {most}`);"
                ),
            );
        }
        out.push_str("        }\n");
    }
}

fn failures(out: &mut String, asked: &Asked<'_>) {
    let kinds = [
        ("failed_requests", "ignore_requests", "failed", "failed_requests", "", "requests of the page failed"),
        ("console_errors", "ignore_console", "errors", "console_errors", "since_open: true", "the console has errors"),
    ];
    for (switch, patterns, variable, function, option, told) in kinds {
        let check = match asked.text(switch) {
            "fail" => "that",
            "warn" => "warn",
            _ => continue,
        };
        let ignored = asked.get(patterns).as_array().map(|patterns| {
            let patterns = patterns.iter().filter_map(Value::as_str).map(string);
            format!("ignore: {}", list(patterns.collect(), 8))
        });
        let options: Vec<_> = ignored.into_iter().chain((!option.is_empty()).then(|| option.to_owned())).collect();
        let options = if options.is_empty() { String::new() } else { format!("#{{ {} }}", options.join(", ")) };
        line(out, format_args!("        let {variable} = page::{function}({options});"));
        line(out, format_args!("        assert::{check}({variable}.is_empty(), `{told}: ${{{variable}}}`);"));
    }
}

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.push_str(&text.to_string());
    out.push('\n');
}
