//! A key, and how long it lasts.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use super::super::time;

/// What a request is signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The key's name.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
    /// Goes with keys that last for some time only.
    pub session_token: Option<String>,
    /// When the key ends, as time since the Unix epoch; never, if there is none.
    pub expires_at: Option<Duration>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { access_key_id, expires_at, .. } = self;
        f.debug_struct("Credentials")
            .field("access_key_id", access_key_id)
            .field("expires_at", expires_at)
            .finish_non_exhaustive()
    }
}

/// Why there are no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no AWS credentials: {0}")]
pub struct CredentialsError(pub String);

/// What containers' endpoints and instances answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: Option<String>,
}

impl Credentials {
    /// Reads the answer of a container's endpoint or of an instance.
    pub(super) fn from_json(json: &[u8]) -> Result<Self, String> {
        let read: Document = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let expires_at = match read.expiration {
            None => None,
            Some(text) => Some(time::read(&text).ok_or_else(|| format!("Expiration={text:?}: expected a date"))?),
        };
        Ok(Self {
            access_key_id: read.access_key_id,
            secret_access_key: read.secret_access_key,
            session_token: read.token.filter(|token| !token.is_empty()),
            expires_at,
        })
    }
}
