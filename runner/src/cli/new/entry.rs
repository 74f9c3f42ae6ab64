//! The canary's entry as TOML.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use siskin_blueprints::{Arguments, Blueprint, CanaryName};

use crate::cli::output::Stop;

/// A canary that is about to be written.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) name: CanaryName,
    pub(super) blueprint: &'static Blueprint,
    /// As they were given.
    pub(super) parameters: Map<String, Value>,
    /// As they are meant.
    pub(super) arguments: Arguments,
    pub(super) schedule: String,
    pub(super) timeout: Option<String>,
}

impl Draft {
    /// The entry that names the blueprint.
    pub(super) fn entry(&self) -> Result<String, Stop> {
        let mut canary = self.head("blueprint", self.blueprint.name);
        self.add_needs(&mut canary);
        canary.insert("parameters".to_owned(), Value::Object(self.parameters.clone()));
        written(&canary)
    }

    /// The entry that names a script, which calls the hosts that the blueprint would.
    pub(super) fn script_entry(&self, file_name: &str) -> Result<String, Stop> {
        let mut canary = self.head("script", file_name);
        let hosts: Vec<_> = self.arguments.hosts(self.blueprint).iter().map(ToString::to_string).collect();
        if !hosts.is_empty() {
            canary.insert("hosts".to_owned(), json!(hosts));
        }
        self.add_needs(&mut canary);
        written(&canary)
    }

    fn head(&self, key: &str, value: &str) -> Map<String, Value> {
        let mut canary = Map::new();
        canary.insert("name".to_owned(), self.name.as_str().into());
        canary.insert(key.to_owned(), value.into());
        canary.insert("schedule".to_owned(), self.schedule.clone().into());
        canary.extend(self.timeout.clone().map(|timeout| ("timeout".to_owned(), timeout.into())));
        canary
    }

    fn add_needs(&self, canary: &mut Map<String, Value>) {
        let needs = self.arguments.needs(self.blueprint);
        for (key, names) in [("secrets", &needs.secrets), ("variables", &needs.variables)] {
            if !names.is_empty() {
                let entries = names.iter().map(|name| (name.clone(), json!({"env": self.variable(name)})));
                canary.insert(key.to_owned(), Value::Object(entries.collect()));
            }
        }
    }

    /// Variables of the environment that the entry takes secrets and variables from.
    pub(super) fn environment(&self) -> BTreeSet<String> {
        let needs = self.arguments.needs(self.blueprint);
        needs.secrets.iter().chain(&needs.variables).map(|name| self.variable(name)).collect()
    }

    /// `SHOP_API_TOKEN` of the canary `shop-api` and its `token`.
    fn variable(&self, name: &str) -> String {
        let whole = format!("{}_{name}", self.name);
        let fit = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        let word: String = whole.chars().map(fit).collect();
        // A name of the environment begins with no digit.
        if word.starts_with(|first: char| first.is_ascii_digit()) { format!("_{word}") } else { word }
    }
}

fn written(canary: &Map<String, Value>) -> Result<String, Stop> {
    let file = json!({"canary": [canary]});
    toml::to_string_pretty(&file).map_err(|error| {
        Stop::usage(format_args!(
            "a parameter cannot be written as TOML: {error}; TOML has no null, and no whole number beyond 9223372036854775807"
        ))
    })
}
