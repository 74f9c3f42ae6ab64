//! Texts with places for values: `${name}`, `${AWS_SECRET:name}` and `${AWS_SECRET:name:key}`.

use std::collections::BTreeMap;
use std::fmt;

/// Variables that name each other more deeply are a circle.
const DEPTH_MAX: usize = 10;
const SECRET: &str = "AWS_SECRET:";

/// A secret of the canary, or one member of it.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SecretName {
    /// Its name among the canary's secrets.
    pub name: String,
    /// The member of the JSON object that the secret holds; all of the secret without one.
    pub key: Option<String>,
}

impl SecretName {
    /// Its text, of what the canary's secret of its name holds, if there is one.
    ///
    /// # Errors
    /// What is missing. The secret itself is never told.
    pub fn of(&self, whole: Option<&str>) -> Result<String, String> {
        let Self { name, key } = self;
        let whole = whole
            .ok_or_else(|| format!("the document needs ${{AWS_SECRET:{self}}}: no secret is called \"{name}\""))?;
        let Some(key) = key else { return Ok(whole.to_owned()) };
        let object = serde_json::from_str::<serde_json::Value>(whole).ok().filter(serde_json::Value::is_object);
        let object = object
            .ok_or_else(|| format!("the document needs ${{AWS_SECRET:{self}}}: \"{name}\" holds no JSON object"))?;
        match object.get(key) {
            Some(serde_json::Value::String(text)) => Ok(text.clone()),
            Some(value) if value.is_number() || value.is_boolean() => Ok(value.to_string()),
            Some(_) | None => {
                Err(format!("the document needs ${{AWS_SECRET:{self}}}: \"{name}\" has no text under \"{key}\""))
            }
        }
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.name)?;
        self.key.as_ref().map_or(Ok(()), |key| write!(out, ":{key}"))
    }
}

/// A text, the variables of its document filled in.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, Eq, PartialEq)]
enum Part {
    Text(String),
    /// What the step called `from` extracts.
    Extracted {
        name: String,
        from: String,
    },
    Secret(SecretName),
}

/// What is known while a step runs.
pub(crate) struct Values<'a> {
    /// By the names of their extractors.
    pub(crate) extracted: &'a BTreeMap<String, String>,
    pub(crate) secret: &'a dyn Fn(&SecretName) -> Result<String, Unfilled>,
}

impl fmt::Debug for Values<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Values").finish_non_exhaustive()
    }
}

/// Why a text cannot be filled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Unfilled {
    /// An earlier step did not extract what it was to.
    Value(String),
    /// The canary's secrets are not what the document needs.
    Secret(String),
}

/// The names a text may use.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// Variables as they are written.
    pub(super) variables: BTreeMap<String, String>,
    /// Names of extractors of the steps before, and the last step that has one.
    pub(super) extracted: BTreeMap<String, String>,
}

impl Template {
    /// Reads a text; the error is the rule that it breaks.
    pub(super) fn read(text: &str, scope: &Scope) -> Result<Self, String> {
        let mut template = Self::default();
        template.add(text, scope, 0)?;
        Ok(template)
    }

    fn add(&mut self, text: &str, scope: &Scope, depth: usize) -> Result<(), String> {
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            self.add_text(before);
            match behind.split_once('}') {
                Some((inner, after)) if is_name(inner) => {
                    self.add_value(inner, scope, depth)?;
                    rest = after;
                }
                Some((inner, after)) if inner.starts_with(SECRET) => {
                    self.0.push(Part::Secret(secret_name(inner)?));
                    rest = after;
                }
                // Whatever else it is, it is text.
                Some(_) | None => {
                    self.add_text("${");
                    rest = behind;
                }
            }
        }
        self.add_text(rest);
        Ok(())
    }

    fn add_text(&mut self, text: &str) {
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Text(before)) => before.push_str(text),
            _ => self.0.push(Part::Text(text.to_owned())),
        }
    }

    fn add_value(&mut self, name: &str, scope: &Scope, depth: usize) -> Result<(), String> {
        if depth == 0
            && let Some(from) = scope.extracted.get(name)
        {
            self.0.push(Part::Extracted { name: name.to_owned(), from: from.clone() });
            return Ok(());
        }
        let Some(value) = scope.variables.get(name) else {
            return Err(format!("${{{name}}} is no variable, and no step before this one extracts it"));
        };
        if depth >= DEPTH_MAX {
            return Err(format!("${{{name}}} stands in a circle of variables"));
        }
        self.add(value, scope, depth + 1)
    }

    /// The text, if it needs no value.
    pub(super) fn fixed(&self) -> Option<&str> {
        match &self.0[..] {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text with `filler` for each value.
    pub(super) fn sample(&self, filler: &str) -> String {
        let text = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Extracted { .. } | Part::Secret(_) => filler.to_owned(),
        };
        self.0.iter().map(text).collect()
    }

    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretName> {
        self.0.iter().filter_map(|part| match part {
            Part::Secret(name) => Some(name),
            Part::Text(_) | Part::Extracted { .. } => None,
        })
    }

    /// The whole text.
    pub(crate) fn fill(&self, values: &Values<'_>) -> Result<String, Unfilled> {
        let mut whole = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => whole.push_str(text),
                Part::Secret(name) => whole.push_str(&(values.secret)(name)?),
                Part::Extracted { name, from } => {
                    let value = values.extracted.get(name).ok_or_else(|| {
                        Unfilled::Value(format!("${{{name}}} has no value: step {from} did not extract it"))
                    })?;
                    whole.push_str(value);
                }
            }
        }
        Ok(whole)
    }
}

impl From<&str> for Template {
    fn from(text: &str) -> Self {
        let mut template = Self::default();
        template.add_text(text);
        template
    }
}

/// What variables and extractors may be called.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn secret_name(inner: &str) -> Result<SecretName, String> {
    let name = inner.strip_prefix(SECRET).unwrap_or_default();
    let (name, key) = name.split_once(':').map_or((name, None), |(name, key)| (name, Some(key)));
    if name == "arn" {
        return Err(format!("${{{inner}}} names a secret by its ARN: give its name among the canary's secrets"));
    }
    if name.is_empty() || key.is_some_and(str::is_empty) {
        return Err(format!("${{{inner}}} is no ${{AWS_SECRET:name}} or ${{AWS_SECRET:name:key}}"));
    }
    Ok(SecretName { name: name.to_owned(), key: key.map(str::to_owned) })
}
