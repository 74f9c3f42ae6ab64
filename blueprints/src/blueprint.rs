//! A blueprint: a check that needs only parameters.

use serde_json::{Map, Value};

use crate::{Invalid, Kind, Parameter, api, broken_links, heartbeat, multi_check, visual};

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
    /// Its entry in `canaries.toml`, by an example.
    pub example: &'static str,
    /// How its script is made.
    pub(crate) source: Source,
}

/// How a script is made of arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// Rhai source with one `{{name}}` for each parameter.
    Template(&'static str),
    /// Rhai source that says only what was asked for.
    Written(fn(&Map<String, Value>) -> String),
}

/// What a blueprint's script drives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Engine {
    /// A real browser.
    Browser,
    /// HTTP requests alone: no browser is started.
    Http,
}

static ALL: [&Blueprint; 5] =
    [&heartbeat::HEARTBEAT, &api::API, &broken_links::BROKEN_LINKS, &visual::VISUAL, &multi_check::MULTI_CHECK];

/// Every blueprint there is.
pub fn all() -> &'static [&'static Blueprint] {
    &ALL
}

impl Blueprint {
    /// The blueprint called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|blueprint| blueprint.name == name)
    }

    /// Whether texts of its parameters may hold places such as `{{secret:token}}`.
    pub(crate) fn has_places(&self) -> bool {
        fn any(fields: &[Parameter]) -> bool {
            fields.iter().any(|field| matches!(field.kind, Kind::UrlTemplate) || field.kind.fields().is_some_and(any))
        }
        any(self.parameters)
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
            let Source::Template(template) = blueprint.source else { continue };
            for parameter in blueprint.parameters {
                let place = format!("{{{{{}}}}}", parameter.name);
                assert!(template.contains(&place), "{}: {place}", blueprint.name);
            }
            assert_eq!(template.matches("{{").count(), blueprint.parameters.len(), "{}", blueprint.name);
        }
    }

    #[test]
    fn blueprints_are_found_by_name() {
        assert_eq!(Blueprint::named("heartbeat").unwrap().engine, Engine::Browser);
        assert!(Blueprint::named("nonesuch").is_none());
    }
}
