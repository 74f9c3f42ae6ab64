//! Names of log groups and log streams.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::LogsError;
use crate::base::{Arn, Scope};

/// Longest name, in characters.
const NAME_LEN_MAX: usize = 512;

/// Name of a log group: 1 to 512 letters, digits and `. - _ / #`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogGroupName(Arc<str>);

impl LogGroupName {
    /// Reads a name.
    ///
    /// # Errors
    /// The constraint that `text` breaks, in AWS's words.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#".contains(&byte);
        if text.is_empty() {
            return Err("Member must have length greater than or equal to 1");
        }
        if text.len() > NAME_LEN_MAX {
            return Err("Member must have length less than or equal to 512");
        }
        if !text.bytes().all(allowed) {
            return Err(r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+");
        }
        Ok(Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, shared.
    pub fn to_arc(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// The group's ARN, without the `:*` that stands for its streams.
    pub fn arn(&self, scope: &Scope) -> Arn {
        Arn::new("logs", scope, format!("log-group:{self}"))
    }
}

impl TryFrom<String> for LogGroupName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::parse(&text)
    }
}

impl From<LogGroupName> for String {
    fn from(name: LogGroupName) -> Self {
        name.0.to_string()
    }
}

impl fmt::Display for LogGroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Name of a log stream: 1 to 512 characters other than `:` and `*`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LogStreamName(Arc<str>);

impl LogStreamName {
    /// Reads a name.
    ///
    /// # Errors
    /// The constraint that `text` breaks, in AWS's words.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("Member must have length greater than or equal to 1");
        }
        if text.chars().count() > NAME_LEN_MAX {
            return Err("Member must have length less than or equal to 512");
        }
        if text.contains([':', '*']) {
            return Err("Member must satisfy regular expression pattern: [^:*]*");
        }
        Ok(Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, shared.
    pub fn to_arc(&self) -> Arc<str> {
        Arc::clone(&self.0)
    }

    /// The stream's ARN.
    pub fn arn(&self, scope: &Scope, group: &LogGroupName) -> Arn {
        Arn::new("logs", scope, format!("log-group:{group}:log-stream:{self}"))
    }
}

impl TryFrom<String> for LogStreamName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        Self::parse(&text)
    }
}

impl From<LogStreamName> for String {
    fn from(name: LogStreamName) -> Self {
        name.0.to_string()
    }
}

impl fmt::Display for LogStreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The group of a request that names it by `logGroupName` or by `logGroupIdentifier`.
pub(super) fn one_group(
    scope: &Scope,
    name: Option<LogGroupName>,
    identifier: Option<&str>,
) -> Result<LogGroupName, LogsError> {
    match (name, identifier) {
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) => group_of_identifier(scope, identifier),
        (Some(_), Some(_)) => Err(LogsError::InvalidParameter(
            "LogGroup name and LogGroup identifier cannot both be specified".to_owned(),
        )),
        (None, None) => {
            let message = "Either LogGroup name or LogGroup identifier must be specified";
            Err(LogsError::InvalidParameter(message.to_owned()))
        }
    }
}

/// A name, or the ARN of a group. Groups of other accounts and regions are not there.
pub(super) fn group_of_identifier(scope: &Scope, identifier: &str) -> Result<LogGroupName, LogsError> {
    let invalid = |constraint| LogsError::constraint("logGroupIdentifier", identifier, constraint);
    let Some(arn) = Arn::parse(identifier) else { return LogGroupName::parse(identifier).map_err(invalid) };
    let name = arn.resource().strip_prefix("log-group:").filter(|_| arn.service() == "logs");
    let name = name.ok_or_else(|| invalid("Member must be the name or the ARN of a log group"))?;
    if arn.account() != scope.account.as_str() || arn.region() != scope.region.as_str() {
        return Err(LogsError::GroupNotFound);
    }
    LogGroupName::parse(name).map_err(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_to_the_model() {
        assert!(LogGroupName::parse("/aws/lambda/a-b_c.d#1").is_ok());
        assert!(LogGroupName::parse("a b").is_err());
        assert!(LogGroupName::parse("").is_err());
        assert!(LogGroupName::parse(&"x".repeat(513)).is_err());
        assert!(LogStreamName::parse("2026/11/23/[$LATEST]é").is_ok());
        assert!(LogStreamName::parse("a:b").is_err());
    }

    #[test]
    fn identifiers_are_names_or_arns_of_the_same_scope() {
        let scope = Scope::default();
        let group = |identifier: &str| one_group(&scope, None, Some(identifier)).map(|name| name.to_string());
        assert_eq!(group("app").expect("name"), "app");
        assert_eq!(group("arn:aws:logs:us-east-1:123456789012:log-group:app").expect("ARN"), "app");
        let other = group("arn:aws:logs:eu-west-1:123456789012:log-group:app");
        assert!(matches!(other, Err(LogsError::GroupNotFound)), "{other:?}");
        let star = group("arn:aws:logs:us-east-1:123456789012:log-group:app:*");
        assert!(matches!(star, Err(LogsError::InvalidParameter(_))), "{star:?}");
        assert!(matches!(one_group(&scope, None, None), Err(LogsError::InvalidParameter(_))));
    }
}
