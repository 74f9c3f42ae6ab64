//! Values that a step takes out of a body, for the steps after it.

use regex::Regex;
use serde_json::Value;

use super::fields::Fields;
use super::number::{Number, Range};
use super::template::{Template, Unfilled, Values, is_name};
use crate::check::json_path;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Extractor {
    pub(crate) name: String,
    path: Option<Template>,
    regex: Option<Template>,
    group: Number,
}

const NAME: &str = "a letter, then letters, digits and _";

impl Extractor {
    pub(super) fn read(mut fields: Fields<'_, '_>) -> Option<Self> {
        let name = fields.plain("name", NAME, is_name);
        let kind = fields.word("type", &[("BODY", ())], None);
        let path = fields.text_if_given("path");
        check(&mut fields, "path", path.as_ref(), |text| json_path::at(&Value::Null, text).map(drop));
        let regex = fields.text_if_given("regex");
        check(&mut fields, "regex", regex.as_ref(), |text| {
            let told = |error: regex::Error| error.to_string().lines().last().unwrap_or_default().to_owned();
            Regex::new(text).map(drop).map_err(|error| format!("a regular expression: {}", told(error)))
        });
        let group = fields.number("regexGroup", Range::COUNT, Some(0));
        let groups = regex.as_ref().and_then(Template::fixed).and_then(|text| Regex::new(text).ok());
        if let (Some(groups), Some(group)) = (groups, group.as_ref().and_then(Number::fixed))
            && group as usize >= groups.captures_len()
        {
            fields.fault("regexGroup", format!("the expression has groups 0 to {}", groups.captures_len() - 1));
        }
        fields.end();
        kind?;
        Some(Self { name: name?, path, regex, group: group? })
    }

    /// What it takes out of a body; the inner error says why there is nothing.
    pub(crate) fn extract(&self, body: &str, values: &Values<'_>) -> Result<Result<String, String>, Unfilled> {
        let mut text = body.to_owned();
        if let Some(path) = &self.path {
            let path = path.fill(values)?;
            match at(body, &path) {
                Ok(found) => text = found,
                Err(reason) => return Ok(Err(reason)),
            }
        }
        let Some(regex) = &self.regex else { return Ok(Ok(text)) };
        let expression = regex.fill(values)?;
        let regex = match Regex::new(&expression) {
            Ok(regex) => regex,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let group = self.group.get(values)? as usize;
        let found = regex.captures(&text).and_then(|found| found.get(group)).map(|found| found.as_str().to_owned());
        Ok(found.ok_or_else(|| format!("group {group} of /{expression}/ matches nothing")))
    }
}

fn check(
    fields: &mut Fields<'_, '_>,
    name: &str,
    text: Option<&Template>,
    rule_of: impl Fn(&str) -> Result<(), String>,
) {
    if let Some(Err(rule)) = text.and_then(Template::fixed).map(rule_of) {
        fields.fault(name, rule);
    }
}

fn at(body: &str, path: &str) -> Result<String, String> {
    let json: Value = serde_json::from_str(body).map_err(|error| format!("the body is no JSON: {error}"))?;
    let found = json_path::at(&json, path)?.ok_or_else(|| format!("there is nothing at {path}"))?;
    Ok(text_of(&found))
}

/// A text as it is, anything else as JSON.
pub(super) fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
