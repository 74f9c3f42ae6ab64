//! What was taken out of a file.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Limits of imports.
pub mod limits {
    /// Size of a file.
    pub const TEXT_BYTES_MAX: usize = 64 * 1024 * 1024;
    /// Steps of one canary; further requests are left out and noted.
    pub const STEPS_MAX: usize = 50;
    /// Notes that are kept.
    pub const NOTES_MAX: usize = 100;
}

/// Steps for the blueprint `api`, and what a person should know of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// The file's own title, if it has one.
    pub title: Option<String>,
    /// What `steps` of the blueprint is given.
    pub steps: Vec<Value>,
    /// What `auth` of the blueprint is given.
    pub auth: Option<Value>,
    /// Names of secrets that the steps use, which the canary must have.
    pub secrets: BTreeSet<String>,
    /// What was left out or made up, a sentence each.
    pub notes: Vec<String>,
}

impl Imported {
    /// Parameters of the blueprint `api`.
    pub fn parameters(&self) -> Map<String, Value> {
        let mut parameters = Map::from_iter([("steps".to_owned(), json!(self.steps))]);
        parameters.extend(self.auth.clone().map(|auth| ("auth".to_owned(), auth)));
        parameters
    }

    pub(super) fn note(&mut self, note: String) {
        if self.notes.len() < limits::NOTES_MAX && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The place of a secret, which the canary must have from now on.
    pub(super) fn secret(&mut self, name: &str) -> String {
        self.secrets.insert(name.to_owned());
        format!("{{{{secret:{name}}}}}")
    }
}
