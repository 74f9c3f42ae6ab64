//! `blueprints`: what there is, and what each can be told.

use siskin_blueprints::{Default, Engine, Parameter, all, catalogue};

use super::OutputFormat;
use super::output::say;

pub(super) fn run(output: OutputFormat) {
    match output {
        OutputFormat::Json => say(catalogue::json()),
        OutputFormat::Text => {
            for blueprint in all() {
                let engine = match blueprint.engine {
                    Engine::Browser => "runs in a browser",
                    Engine::Http => "needs no browser",
                };
                say(format_args!("{}\n  {}\n  {engine}", blueprint.name, blueprint.summary));
                list(blueprint.parameters, 4);
            }
        }
    }
}

/// Name, kind and what holds without it, then what it is and its rule; fields of tables stand below, further in.
fn list(parameters: &[Parameter], indent: usize) {
    let blank = " ".repeat(indent);
    for parameter in parameters {
        let default = match parameter.default {
            Default::Required => "required".to_owned(),
            Default::Absent => "none".to_owned(),
            Default::Is(default) => default().to_string(),
        };
        say(format_args!("{blank}{}  {}  [{default}]", parameter.name, parameter.kind.word()));
        say(format_args!("{blank}  {}", parameter.summary));
        say(format_args!("{blank}  {}", parameter.kind.rule()));
        if let Some(fields) = parameter.kind.fields() {
            list(fields, indent + 4);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use siskin_blueprints::{Arguments, Blueprint, render};

    use super::*;
    use crate::config::{Config, schema};
    use crate::script;

    #[test]
    fn blueprints_page_in_the_docs_is_that_of_the_code() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/blueprints.md");
        let page = catalogue::markdown();
        if std::env::var_os("SISKIN_WRITE_REFERENCE").is_some() {
            std::fs::write(&file, &page).unwrap();
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(written == page, "docs/blueprints.md is old: run this test with SISKIN_WRITE_REFERENCE=1");
    }

    /// The file's text as editors see it, and as the runner reads it.
    fn example(blueprint: &Blueprint) -> serde_json::Value {
        let read = Config::parse_with(blueprint.example, blueprint.name, Path::new(""), &|_| Some("x".to_owned()));
        assert!(read.is_ok(), "{}", read.unwrap_err());
        toml::from_str(blueprint.example).unwrap()
    }

    #[test]
    fn the_example_of_every_blueprint_is_a_canary_whose_script_has_no_mistake() {
        for blueprint in all() {
            let entry = example(blueprint);
            let given = entry["canary"][0]["parameters"].as_object().unwrap().clone();
            let rendered = render(blueprint, &Arguments::parse(blueprint, given).unwrap());
            assert_eq!(script::mistakes(&rendered), [], "{}", rendered.source);
        }
    }

    #[test]
    fn editors_know_the_parameters_of_every_blueprint() {
        let schema = siskin_blueprints::JsonSchema::parse(&schema()).unwrap();
        for blueprint in all() {
            let mut entry = example(blueprint);
            assert_eq!(schema.mistakes(&entry, 5), Vec::<String>::new(), "{}", blueprint.name);
            entry["canary"][0]["parameters"]["nonesuch"] = 1.into();
            assert_eq!(schema.mistakes(&entry, 5).len(), 1, "{}", blueprint.name);
        }
        let cases = [
            (r#"{"url": "shop"}"#, 1),
            (r#"{"url": ["http://a.example", {"url": "http://b.example", "status": 404}]}"#, 0),
            (r#"{"url": "http://a.example", "screenshot": "yes"}"#, 1),
            (r#"{"url": "http://a.example", "vitals": {"lcp": {"warn": -1}}}"#, 1),
            ("{}", 1),
        ];
        for (parameters, mistakes) in cases {
            let parameters: serde_json::Value = serde_json::from_str(parameters).unwrap();
            let entry =
                serde_json::json!({"canary": [{"name": "a", "blueprint": "heartbeat", "parameters": parameters}]});
            assert_eq!(schema.mistakes(&entry, 5).len(), mistakes, "{entry}");
        }
    }
}
