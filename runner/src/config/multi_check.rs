//! The document of the blueprint `multi-check`: a file's path, or the JSON itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use siskin_blueprints::{HostPattern, Invalid};

use super::Secrets;
use crate::check::multi::{Checks, limits};

/// The blueprint that has one, and its parameter.
pub(crate) const BLUEPRINT: &str = "multi-check";
pub(crate) const PARAMETER: &str = "checks";

/// A document, and what a canary needs for it.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// The JSON, all rules kept.
    pub(crate) value: Value,
    pub(crate) checks: Checks,
}

impl Document {
    /// Reads a document; a text that begins with no brace is the path of a file in `directory`.
    ///
    /// # Errors
    /// Every mistake. Those of a file's contents name it.
    pub(crate) fn of(given: &Value, directory: &Path) -> Result<Self, Vec<Invalid>> {
        if let Some(file) = Self::file_of(given, directory) {
            return Self::load(&file);
        }
        match given {
            Value::String(text) => Self::parse(text),
            value => Ok(Self { value: value.clone(), checks: Checks::read(value)? }),
        }
    }

    /// The file that is meant, if it is one.
    pub(crate) fn file_of(given: &Value, directory: &Path) -> Option<PathBuf> {
        given.as_str().filter(|text| !text.trim_start().starts_with('{')).map(|path| directory.join(path))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// Why it cannot be read, or every mistake in it.
    pub(crate) fn load(path: &Path) -> Result<Self, Vec<Invalid>> {
        let invalid = |value: String, rule: String| vec![Invalid::new("$", value, rule)];
        let unreadable =
            |error: std::io::Error| invalid(path.display().to_string(), format!("cannot be read: {error}"));
        let bytes = fs::metadata(path).map_err(unreadable)?.len();
        if bytes > limits::DOCUMENT_BYTES_MAX as u64 {
            return Err(invalid(format!("{bytes} bytes"), format!("at most {} bytes", limits::DOCUMENT_BYTES_MAX)));
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self, Vec<Invalid>> {
        let checks = Checks::parse(text)?;
        let value = serde_json::from_str(text).expect("what was read as checks is JSON");
        Ok(Self { value, checks })
    }

    /// The blueprint's arguments.
    pub(crate) fn arguments(&self) -> Map<String, Value> {
        Map::from_iter([(PARAMETER.to_owned(), self.value.clone())])
    }

    pub(crate) fn hosts(&self) -> &[HostPattern] {
        self.checks.hosts()
    }

    /// What is wrong with the secrets that the document needs; of those of `declared` that could not be had something else
    /// is told already.
    pub(crate) fn missing(&self, secrets: &Secrets, declared: &BTreeSet<String>) -> Vec<Invalid> {
        let known = secrets.reveal();
        let faults = self.checks.secrets().iter().filter_map(|name| {
            let whole = known.get(&name.name).map(String::as_str);
            if whole.is_none() && declared.contains(&name.name) {
                return None;
            }
            let shown = if whole.is_some() { "[secret]" } else { "(not given)" };
            Some(Invalid::new(format!("secrets.{}", name.name), shown, name.of(whole).err()?))
        });
        faults.collect()
    }
}
