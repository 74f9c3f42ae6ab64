//! DevTools' JSON becomes a recording.

use serde_json::Value;

use super::fields::{Fields, shown, text};
use super::held::Held;
use super::step::{Recorded, step, timeout};
use crate::Invalid;
use crate::recorder::{
    Action, ChosenFile, Content, Navigation, Recording, SecretNames, Step, Value as FieldValue, limits, secret,
};

/// What is to be told about a recording beyond what stands in it.
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// Fields are for secrets, too, if one of their selectors contains one of these, in any case.
    pub secret_words: Vec<String>,
}

/// A recording, and what its reader should know.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    pub recording: Recording,
    /// What was recorded and cannot be done again as it was.
    pub warnings: Vec<String>,
}

/// What Chrome gives pages for the path of a file.
const FAKE_PATH: &str = "C:\\fakepath\\";
/// Secrets that are shorter stand in other texts by chance.
const SECRET_CHARS_MIN: usize = 4;

/// Reads a recording of Chrome DevTools' Recorder. What is typed into fields for secrets is no part of the result.
///
/// # Errors
/// The first step that breaks a rule, with its number from 1, the field, what it holds, and the rule; unknown kinds of
/// steps and unknown fields too.
pub fn read(json: &str, options: &ReadOptions) -> Result<Read, Invalid> {
    if json.len() > limits::JSON_BYTES_MAX {
        let rule = format!("at most {} bytes", limits::JSON_BYTES_MAX);
        return Err(Invalid::new("recording", format!("{} bytes", json.len()), rule));
    }
    let value: Value = serde_json::from_str(json)
        .map_err(|error| Invalid::new("recording", error, "the JSON that DevTools' Recorder exports"))?;
    let mut fields = Fields::of(value).map_err(|invalid| invalid.within("recording"))?;
    let mut recording = Recording {
        title: fields.required("title", text)?,
        timeout_ms: fields.optional("timeout", |value| timeout(&value))?,
        selector_attribute: fields.optional("selectorAttribute", text)?,
        steps: Vec::new(),
    };
    let steps = fields.required("steps", |steps| match steps {
        Value::Array(steps) => Ok(steps),
        other => Err(Invalid::new("", shown(&other), "a list of steps")),
    })?;
    fields.end("recordings")?;
    if steps.is_empty() || steps.len() > limits::STEPS_MAX {
        return Err(Invalid::new("steps", steps.len(), format!("1 to {} steps", limits::STEPS_MAX)));
    }
    let mut warnings = Vec::new();
    recording.steps = all_steps(steps, options, &mut warnings)?;
    Ok(Read { recording, warnings })
}

/// A step with the name that errors call it by.
struct Told {
    step: Step,
    name: String,
}

fn all_steps(json: Vec<Value>, options: &ReadOptions, warnings: &mut Vec<String>) -> Result<Vec<Step>, Invalid> {
    let mut steps = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut held = Held::default();
    let mut secrets = Secrets { names: SecretNames::default(), known: Vec::new(), words: &options.secret_words };
    for (at, value) in json.into_iter().enumerate() {
        let kind = value.get("type").and_then(Value::as_str).unwrap_or("?").to_owned();
        let name = format!("step {} ({kind})", at + 1);
        let told = |invalid: Invalid| invalid.within(&name);
        let fields = Fields::of(value).map_err(told)?;
        match step(fields).map_err(told)? {
            Recorded::KeyDown { key, of } => held.key_down(&key, of, &mut steps).map_err(told)?,
            Recorded::KeyUp { key, of } => {
                if !held.key_up(&key, of, &mut steps).map_err(told)? {
                    warnings.push(format!("{name}: {key} goes up without having gone down; left out"));
                }
            }
            Recorded::Step(mut step) => {
                held.apply(&mut step);
                secrets.take_out(&mut step.action);
                files(&mut step.action, &name, warnings);
                if let Action::Custom { name: custom, .. } = &step.action {
                    warnings.push(format!("{name}: {custom:?} is a step of another tool; a comment in the script"));
                }
                steps.push(step);
            }
        }
        names.resize(steps.len(), name);
    }
    for name in held.left_over() {
        warnings.push(format!("{name} goes down and never up; left out"));
    }
    let told = steps.into_iter().zip(names).map(|(step, name)| Told { step, name });
    told.map(|told| secrets.hide(told)).collect()
}

/// DevTools tells of a chosen file only its name.
fn files(action: &mut Action, step: &str, warnings: &mut Vec<String>) {
    if let Action::Change { on, value: FieldValue::Text(value) } = action
        && let Some(name) = value.strip_prefix(FAKE_PATH)
    {
        warnings
            .push(format!("{step}: the recording does not hold the file {name:?}; put its content into the script"));
        let file = ChosenFile { name: name.to_owned(), media_type: "text/plain".to_owned(), content: Content::Unknown };
        *action = Action::SetFiles { on: std::mem::take(on), files: vec![file] };
    }
}

/// What was typed into fields for secrets, and the names that stand for it.
struct Secrets<'a> {
    names: SecretNames,
    known: Vec<String>,
    words: &'a [String],
}

impl Secrets<'_> {
    fn take_out(&mut self, action: &mut Action) {
        let Action::Change { on, value } = action else { return };
        let FieldValue::Text(text) = value else { return };
        if !secret::is_secret(on, self.words) && !secret::is_masked(text) {
            return;
        }
        let name = self.names.of(on);
        if text.chars().count() >= SECRET_CHARS_MIN {
            self.known.push(std::mem::take(text));
        }
        *value = FieldValue::Secret(name);
    }

    fn holds(&self, text: &str) -> bool {
        let plain = percent_decoded(text);
        self.known.iter().any(|secret| text.contains(secret.as_str()) || plain.contains(secret.as_str()))
    }

    /// Sees to it that no secret is left in a step: addresses that a page came to are cut, the rest is a mistake.
    fn hide(&self, told: Told) -> Result<Step, Invalid> {
        let Told { mut step, name } = told;
        for navigation in &mut step.navigations {
            *navigation = self.hide_in(navigation);
        }
        let held = match &step.action {
            Action::Navigate { url } => self.holds(url).then_some("url"),
            Action::WaitForExpression { expression } => self.holds(expression).then_some("expression"),
            Action::Custom { parameters, .. } => self.holds(&parameters.to_string()).then_some("parameters"),
            Action::Change { value: FieldValue::Text(text), .. } => self.holds(text).then_some("value"),
            Action::WaitForElement(expected) => {
                let holds = |map: &Option<serde_json::Map<_, _>>| {
                    map.as_ref().is_some_and(|map| map.values().any(|value| self.holds(&value.to_string())))
                };
                let attributes = holds(&expected.attributes).then_some("attributes");
                attributes.or_else(|| holds(&expected.properties).then_some("properties"))
            }
            _ => None,
        };
        match held {
            Some(field) => {
                let rule = "it must not hold what is typed into a field for secrets";
                Err(Invalid::new(field, "[redacted]", rule).within(&name))
            }
            None => Ok(step),
        }
    }

    fn hide_in(&self, navigation: &Navigation) -> Navigation {
        let url = navigation.url.as_deref().map(|url| {
            if !self.holds(url) {
                return url.to_owned();
            }
            url.split(['?', '#']).next().filter(|cut| !self.holds(cut)).unwrap_or_default().to_owned()
        });
        let title = navigation.title.clone().filter(|title| !self.holds(title));
        Navigation { url: url.filter(|url| !url.is_empty()), title }
    }
}

fn percent_decoded(text: &str) -> String {
    // The form of queries, whose plus is a blank; what is none of it stays as it is.
    let query = text.split_once('?').map_or(text, |(_, query)| query);
    url::form_urlencoded::parse(query.as_bytes()).flat_map(|(name, value)| [name, value]).collect()
}
