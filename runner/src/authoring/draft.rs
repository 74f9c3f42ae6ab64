//! A canary that is about to be written, and its entry as TOML.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use siskin_blueprints::{Arguments, Blueprint, CanaryName, HostPattern, Needs};

use super::AuthoringError;

/// A canary that is about to be written.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its name.
    pub name: CanaryName,
    /// What it runs.
    pub subject: DraftSubject,
    /// When it runs.
    pub schedule: String,
    /// How long a run may take.
    pub timeout: Option<String>,
}

/// What a canary that is about to be written runs.
#[derive(Clone, Debug)]
pub enum DraftSubject {
    /// A blueprint.
    Blueprint {
        /// Which.
        blueprint: &'static Blueprint,
        /// Its parameters as they were given.
        parameters: Map<String, Value>,
        /// The same as they are meant.
        arguments: Arguments,
    },
    /// A script.
    Script {
        /// Its file, beside that of the canaries.
        file_name: String,
        /// Hosts that it may call.
        hosts: Vec<HostPattern>,
        /// Secrets and variables that it asks for.
        needs: Needs,
    },
}

impl Draft {
    /// The entry, as it stands in the canaries' file.
    ///
    /// # Errors
    /// A parameter that TOML cannot have.
    pub fn entry(&self) -> Result<String, AuthoringError> {
        match &self.subject {
            DraftSubject::Blueprint { blueprint, parameters, .. } => {
                let mut canary = self.head("blueprint", blueprint.name);
                self.add_needs(&mut canary);
                canary.insert("parameters".to_owned(), Value::Object(parameters.clone()));
                written(&canary)
            }
            DraftSubject::Script { file_name, hosts, .. } => {
                let mut canary = self.head("script", file_name);
                if !hosts.is_empty() {
                    let hosts: Vec<_> = hosts.iter().map(ToString::to_string).collect();
                    canary.insert("hosts".to_owned(), json!(hosts));
                }
                self.add_needs(&mut canary);
                written(&canary)
            }
        }
    }

    /// The same canary with a script of its own, which calls the hosts that the blueprint would.
    #[must_use]
    pub fn with_script(&self, file_name: &str) -> Self {
        let hosts = match &self.subject {
            DraftSubject::Blueprint { blueprint, arguments, .. } => arguments.hosts(blueprint),
            DraftSubject::Script { hosts, .. } => hosts.clone(),
        };
        let subject = DraftSubject::Script { file_name: file_name.to_owned(), hosts, needs: self.needs() };
        Self { subject, ..self.clone() }
    }

    fn needs(&self) -> Needs {
        match &self.subject {
            DraftSubject::Blueprint { blueprint, arguments, .. } => arguments.needs(blueprint),
            DraftSubject::Script { needs, .. } => needs.clone(),
        }
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
        let needs = self.needs();
        for (key, names) in [("secrets", &needs.secrets), ("variables", &needs.variables)] {
            if !names.is_empty() {
                let entries = names.iter().map(|name| (name.clone(), json!({"env": self.variable(name)})));
                canary.insert(key.to_owned(), Value::Object(entries.collect()));
            }
        }
    }

    /// Variables of the environment that the entry takes secrets and variables from.
    pub fn environment(&self) -> BTreeSet<String> {
        let needs = self.needs();
        needs.secrets.iter().chain(&needs.variables).map(|name| self.variable(name)).collect()
    }

    /// Where a secret or variable comes from: `SHOP_API_TOKEN` of the canary `shop-api` and its `token`.
    pub fn variable(&self, name: &str) -> String {
        let whole = format!("{}_{name}", self.name);
        let fit = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        let word: String = whole.chars().map(fit).collect();
        // A name of the environment begins with no digit.
        if word.starts_with(|first: char| first.is_ascii_digit()) { format!("_{word}") } else { word }
    }
}

fn written(canary: &Map<String, Value>) -> Result<String, AuthoringError> {
    let file = json!({"canary": [canary]});
    toml::to_string_pretty(&file).map_err(|error| {
        AuthoringError::refused(format_args!(
            "a parameter cannot be written as TOML: {error}; TOML has no null, and no whole number beyond 9223372036854775807"
        ))
    })
}
