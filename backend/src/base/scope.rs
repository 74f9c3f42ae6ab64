//! Whose data it is: account and region, from the credentials of the request.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// An AWS account id: twelve digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// `None` unless `text` is twelve digits.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| Self(text.into()))
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("account id {text:?} is not twelve digits"))
    }
}

impl From<AccountId> for String {
    fn from(account: AccountId) -> Self {
        account.0.to_string()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A region name: `us-east-1`, or any of 1 to 32 lower-case letters, digits and dashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(Arc<str>);

impl Region {
    const LEN_MAX: usize = 32;

    /// `None` unless `text` is 1 to 32 lower-case letters, digits and dashes.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        ((1..=Self::LEN_MAX).contains(&text.len()) && text.bytes().all(allowed)).then(|| Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Region {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
            .ok_or_else(|| format!("region {text:?} is not 1 to 32 lower-case letters, digits and dashes"))
    }
}

impl From<Region> for String {
    fn from(region: Region) -> Self {
        region.0.to_string()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Account and region. Every row and every resource carries one; nothing is ever read across scopes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// Whose.
    pub account: AccountId,
    /// Where.
    pub region: Region,
}

impl Default for Scope {
    /// Account `123456789012` in `us-east-1`, which unsigned requests (X-Ray SDKs, OTLP exporters) get.
    fn default() -> Self {
        Self { account: AccountId("123456789012".into()), region: Region("us-east-1".into()) }
    }
}

/// `123456789012/us-east-1`.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}
