//! Values for every parameter of one blueprint.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::check::{hosts, record};
use crate::places::{Place, places_of};
use crate::{Blueprint, HostPattern, Invalid};

/// Values for every parameter of one blueprint: checked, in canonical form, defaults filled in.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Arguments(Map<String, Value>);

/// What a canary must have beside its arguments.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Needs {
    /// Names of secrets.
    pub secrets: BTreeSet<String>,
    /// Names of variables.
    pub variables: BTreeSet<String>,
}

impl Arguments {
    /// Checks `given` against the parameters of `blueprint`.
    ///
    /// # Errors
    /// The first field that is unknown, missing, of the wrong kind or outside its limits.
    pub fn parse(blueprint: &Blueprint, given: Map<String, Value>) -> Result<Self, Invalid> {
        let arguments = record(blueprint.parameters, given)?;
        (blueprint.check)(&arguments)?;
        Ok(Self(arguments))
    }

    /// The value of a parameter of the blueprint these arguments are for.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All values by name.
    pub(crate) fn map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Secrets and variables of the canary that the arguments name by their places.
    pub fn needs(&self, blueprint: &Blueprint) -> Needs {
        let mut needs = Needs::default();
        if !blueprint.has_places() {
            return needs;
        }
        let mut places = Vec::new();
        self.0.values().for_each(|value| places_of(value, &mut places));
        for place in places {
            match place {
                Place::Secret(name) => needs.secrets.insert(name),
                Place::Variable(name) => needs.variables.insert(name),
                Place::Found(_) => false,
            };
        }
        needs
    }

    /// The host and port of every URL among the arguments, each once.
    pub fn hosts(&self, blueprint: &Blueprint) -> Vec<HostPattern> {
        let mut found = hosts(blueprint.parameters, &self.0);
        found.sort();
        found.dedup();
        found
    }
}
