//! A workflow: steps, and in each of them what is done.

use std::collections::BTreeMap;

use serde_json::{Map, Number};

use super::kind::{FieldKind, Kind};
use crate::Invalid;

/// Limits of workflows.
pub mod limits {
    /// Bytes of a script that is opened.
    pub const SOURCE_BYTES_MAX: usize = 256 * 1024;
    /// Steps and pieces of code.
    pub const PARTS_MAX: usize = 200;
    /// What is done in one step.
    pub const ACTS_MAX: usize = 200;
    /// Bytes of a step's name.
    pub const NAME_BYTES_MAX: usize = 200;
    /// Bytes of one value.
    pub const VALUE_BYTES_MAX: usize = 16 * 1024;
    /// Ways to name one element.
    pub const SELECTORS_MAX: usize = 10;
}

/// A script as the builder shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workflow {
    /// In the order of the script.
    pub parts: Vec<Part>,
}

/// A part of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// A step of the report.
    Step(Step),
    /// Rhai as it is written: comments, functions, whatever stands outside of steps.
    Code(String),
}

/// A step of the report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    /// What the report calls it.
    pub name: String,
    /// What is done, in order.
    pub acts: Vec<Act>,
}

/// One thing that is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Something that a form has fields for.
    Known {
        /// What.
        kind: &'static Kind,
        /// By the names of its fields; those that may be left out need not be there.
        values: BTreeMap<&'static str, WorkflowValue>,
    },
    /// Rhai as it is written.
    Code(String),
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkflowValue {
    /// Text, a URL or a choice.
    Text(String),
    /// The canary's secret of this name.
    Secret(String),
    /// The canary's variable of this name.
    Variable(String),
    /// A number.
    Number(Number),
    /// Ways to name an element, tried in order.
    Selectors(Vec<String>),
    /// More options of a call.
    Options(Map<String, serde_json::Value>),
}

impl Workflow {
    /// Whether a script of it can run as far as a form can know.
    ///
    /// # Errors
    /// The first value that breaks a rule, such as `steps[0].acts[1].selector`.
    pub fn check(&self) -> Result<(), Invalid> {
        let most = |field: &str, count: usize, most: usize| {
            if count <= most { Ok(()) } else { Err(Invalid::new(field, count, format!("at most {most}"))) }
        };
        most("parts", self.parts.len(), limits::PARTS_MAX)?;
        let steps = self.parts.iter().filter_map(|part| match part {
            Part::Step(step) => Some(step),
            Part::Code(_) => None,
        });
        for (at, step) in steps.enumerate() {
            let within = |error: Invalid| error.within(&format!("steps[{at}]"));
            step.check().map_err(within)?;
            most("acts", step.acts.len(), limits::ACTS_MAX).map_err(within)?;
        }
        Ok(())
    }
}

impl Step {
    fn check(&self) -> Result<(), Invalid> {
        let name = self.name.trim();
        if name.is_empty() || name.len() > limits::NAME_BYTES_MAX {
            let rule = format!("a name of 1 to {} bytes", limits::NAME_BYTES_MAX);
            return Err(Invalid::new("name", format!("{name:?}"), rule));
        }
        for (at, act) in self.acts.iter().enumerate() {
            if let Act::Known { kind, values } = act {
                check_act(kind, values).map_err(|error| error.within(&format!("acts[{at}]")))?;
            }
        }
        Ok(())
    }
}

fn check_act(kind: &Kind, values: &BTreeMap<&'static str, WorkflowValue>) -> Result<(), Invalid> {
    for field in kind.fields {
        let Some(value) = values.get(field.name) else {
            if field.is_optional() {
                continue;
            }
            return Err(Invalid::new(field.name, "nothing", format!("\"{}\" needs it", kind.label)));
        };
        let refused = |told: String, rule: String| Err(Invalid::new(field.name, told, rule));
        match (value, &field.kind) {
            (WorkflowValue::Text(text), FieldKind::Number) => {
                return refused(format!("{text:?}"), "a number".to_owned());
            }
            (WorkflowValue::Text(text), FieldKind::Options) => {
                return refused(format!("{text:?}"), "a JSON object, such as {\"timeout_ms\": 5000}".to_owned());
            }
            (WorkflowValue::Secret(name) | WorkflowValue::Variable(name), _) if !is_name(name) => {
                return refused(format!("{name:?}"), "a name: letters, digits and underscores".to_owned());
            }
            (WorkflowValue::Text(text), _) if text.len() > limits::VALUE_BYTES_MAX => {
                return refused(format!("{} bytes", text.len()), format!("at most {}", limits::VALUE_BYTES_MAX));
            }
            (WorkflowValue::Text(text), FieldKind::Url) => {
                let is_web = url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
                if !is_web {
                    return refused(format!("{text:?}"), "an address that begins with http:// or https://".to_owned());
                }
            }
            (WorkflowValue::Text(text), FieldKind::Choice(choices)) if !choices.contains(&text.as_str()) => {
                return refused(format!("{text:?}"), format!("one of {}", choices.join(", ")));
            }
            (WorkflowValue::Text(text), FieldKind::Text) if text.is_empty() && !field.may_be_empty => {
                return refused("\"\"".to_owned(), format!("\"{}\" needs it", kind.label));
            }
            (WorkflowValue::Selectors(all), _)
                if all.is_empty()
                    || all.len() > limits::SELECTORS_MAX
                    || all.iter().any(|one| one.trim().is_empty()) =>
            {
                let rule = format!("1 to {} selectors, one on each line", limits::SELECTORS_MAX);
                return refused(format!("{all:?}"), rule);
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
