//! A blueprint: a check that needs only parameters.

use serde_json::{Map, Value};

use crate::{Invalid, Parameter, api, broken_links, heartbeat, multi_check};

/// A named check with typed parameters and a Rhai template.
#[derive(Debug)]
pub struct Blueprint {
    /// What a canary names it by.
    pub name: &'static str,
    /// One sentence for people.
    pub summary: &'static str,
    /// What a run of it needs.
    pub engine: Engine,
    /// What it can be told, in the order people should read it.
    pub parameters: &'static [Parameter],
    /// Rules between parameters, beyond the kind of each.
    pub(crate) check: fn(&Map<String, Value>) -> Result<(), Invalid>,
    /// Rhai source with one `{{name}}` for each parameter.
    pub(crate) template: &'static str,
}

/// What a blueprint's script drives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Engine {
    /// A real browser.
    Browser,
    /// HTTP requests alone: no browser is started.
    Http,
}

static ALL: [&Blueprint; 4] =
    [&heartbeat::HEARTBEAT, &api::API, &broken_links::BROKEN_LINKS, &multi_check::MULTI_CHECK];

/// Every blueprint there is.
pub fn all() -> &'static [&'static Blueprint] {
    &ALL
}

impl Blueprint {
    /// The blueprint called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|blueprint| blueprint.name == name)
    }
}

impl PartialEq for Blueprint {
    /// Two blueprints of one name are the same: there is one table of them.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Blueprint {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_has_its_place_in_the_template_and_the_reverse() {
        for blueprint in all() {
            for parameter in blueprint.parameters {
                let place = format!("{{{{{}}}}}", parameter.name);
                assert!(blueprint.template.contains(&place), "{}: {place}", blueprint.name);
            }
            assert_eq!(blueprint.template.matches("{{").count(), blueprint.parameters.len(), "{}", blueprint.name);
        }
    }

    #[test]
    fn blueprints_are_found_by_name() {
        assert_eq!(Blueprint::named("heartbeat").unwrap().engine, Engine::Browser);
        assert!(Blueprint::named("nonesuch").is_none());
    }
}
