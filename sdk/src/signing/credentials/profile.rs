//! The files `~/.aws/credentials` and `~/.aws/config`.
//!
//! Source: <https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html>

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::super::variables::Variables;
use super::Credentials;

/// Larger files are not read.
const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// Ways to credentials that are not built in.
const UNSUPPORTED: [&str; 5] =
    ["role_arn", "sso_session", "sso_start_url", "credential_process", "web_identity_token_file"];

/// The settings of one profile.
#[derive(Debug, Default)]
pub(in crate::signing) struct Profile {
    name: String,
    settings: BTreeMap<String, String>,
}

impl Profile {
    /// Reads the profile `AWS_PROFILE` names, or `default`.
    ///
    /// # Errors
    /// A file is there and cannot be read, or a profile was named that is not there.
    pub(in crate::signing) fn read(variables: &Variables) -> Result<Self, String> {
        let named = variables.get("AWS_PROFILE").or_else(|| variables.get("AWS_DEFAULT_PROFILE"));
        let name = named.unwrap_or("default");
        let mut settings = BTreeMap::new();
        let mut found = false;
        // What both files say, the credentials file decides.
        for (variable, file, section) in [
            ("AWS_CONFIG_FILE", "config", config_section as fn(&str) -> Option<&str>),
            ("AWS_SHARED_CREDENTIALS_FILE", "credentials", |section| Some(section)),
        ] {
            let Some(path) = path(variables, variable, file) else { continue };
            let Some(text) = text(&path)? else { continue };
            for (header, key, value) in entries(&text) {
                if section(header) == Some(name) {
                    found = true;
                    settings.extend(key.map(|key| (key.to_ascii_lowercase(), value.to_owned())));
                }
            }
        }
        match named {
            Some(named) if !found => Err(format!("AWS_PROFILE={named:?}: no such profile in the shared files")),
            _ => Ok(Self { name: name.to_owned(), settings }),
        }
    }

    pub(in crate::signing) fn get(&self, key: &str) -> Option<&str> {
        self.settings.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn credentials(&self) -> Result<Option<Credentials>, String> {
        let (id, key) = (self.get("aws_access_key_id"), self.get("aws_secret_access_key"));
        if let (Some(id), Some(key)) = (id, key) {
            return Ok(Some(Credentials {
                access_key_id: id.to_owned(),
                secret_access_key: key.to_owned(),
                session_token: self.get("aws_session_token").map(str::to_owned),
                expires_at: None,
            }));
        }
        let name = &self.name;
        if id.is_some() != key.is_some() {
            return Err(format!("profile {name:?} has one of aws_access_key_id and aws_secret_access_key only"));
        }
        match UNSUPPORTED.into_iter().find(|key| self.get(key).is_some()) {
            Some(way) => Err(format!("profile {name:?} has {way}, which needs a CredentialsSource of your own")),
            None => Ok(None),
        }
    }
}

/// In the configuration file every profile but the default one says that it is one.
fn config_section(section: &str) -> Option<&str> {
    if section == "default" {
        return Some(section);
    }
    section.strip_prefix("profile").filter(|rest| rest.starts_with(char::is_whitespace)).map(str::trim)
}

fn path(variables: &Variables, variable: &str, file: &str) -> Option<PathBuf> {
    let home = || variables.get("HOME").or_else(|| variables.get("USERPROFILE")).map(Path::new);
    match variables.get(variable) {
        Some(path) => match path.strip_prefix("~/") {
            Some(rest) => Some(home()?.join(rest)),
            None => Some(PathBuf::from(path)),
        },
        None => Some(home()?.join(".aws").join(file)),
    }
}

fn text(path: &Path) -> Result<Option<String>, String> {
    let told = |error: io::Error| format!("{}: {error}", path.display());
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(told(error)),
        Ok(metadata) if metadata.len() > FILE_BYTES_MAX => Err(format!("{}: larger than 1 MiB", path.display())),
        Ok(_) => fs::read_to_string(path).map(Some).map_err(told),
    }
}

/// Each section with each of its settings, and once without.
fn entries(text: &str) -> impl Iterator<Item = (&str, Option<&str>, &str)> {
    let mut section = "";
    text.lines().filter_map(move |line| {
        // Indented lines belong to the setting above, and none of those matters here.
        if line.starts_with(char::is_whitespace) || line.starts_with(['#', ';']) {
            return None;
        }
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            section = header.split(']').next().unwrap_or_default().trim();
            return Some((section, None, ""));
        }
        let (key, value) = line.split_once('=')?;
        // A comment after a value needs a space before it.
        let comment = value.find(" #").into_iter().chain(value.find(" ;")).min();
        let value = comment.and_then(|end| value.get(..end)).unwrap_or(value);
        Some((section, Some(key.trim()), value.trim()))
    })
}
