//! Who calls: what `auth` and `client_certificate` of a request hold.

use ::http::header::AUTHORIZATION;
use ::http::{HeaderMap, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use rhai::Map;

use super::sigv4::{self, Key};
use crate::script::failure::HostError;

/// How a request proves who calls.
#[derive(Clone)]
pub(in crate::script) enum Auth {
    None,
    /// The whole value of the header.
    Header(String),
    SigV4(Key),
}

/// A client's certificate and key, PEM.
#[derive(Clone, Eq, Hash, PartialEq)]
pub(in crate::script) struct Certificate {
    pub(super) certificate: String,
    pub(super) key: String,
}

impl std::fmt::Debug for Auth {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::None => "None",
            Self::Header(_) => "Header",
            Self::SigV4(_) => "SigV4",
        })
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Certificate")
    }
}

fn field(map: &Map, name: &str) -> Result<String, HostError> {
    let text = map.get(name).and_then(|value| value.clone().into_string().ok());
    text.ok_or_else(|| HostError::script("that is nothing that http::basic and its like gave"))
}

impl Auth {
    pub(in crate::script) fn basic(user: &str, password: &str) -> Self {
        Self::Header(format!("Basic {}", BASE64.encode(format!("{user}:{password}"))))
    }

    pub(super) fn parse(given: &Map) -> Result<Self, HostError> {
        match field(given, "kind")?.as_str() {
            "basic" => Ok(Self::basic(&field(given, "user")?, &field(given, "password")?)),
            "bearer" => Ok(Self::Header(format!("Bearer {}", field(given, "token")?))),
            "sigv4" => Ok(Self::SigV4(Key {
                id: field(given, "access_key_id")?,
                secret: field(given, "secret_access_key")?,
                token: field(given, "session_token").ok(),
                region: field(given, "region")?,
                service: field(given, "service")?,
            })),
            _ => Err(HostError::script("`auth` of a request is what http::basic, bearer, oauth2 or sigv4 give")),
        }
    }

    /// Adds what proves it to the headers of one request.
    pub(super) fn apply(
        &self,
        method: &::http::Method,
        url: &url::Url,
        body: &[u8],
        headers: &mut HeaderMap,
        now: Timestamp,
    ) -> Result<(), HostError> {
        match self {
            Self::None => Ok(()),
            Self::Header(value) => {
                let mut value = HeaderValue::from_str(value)
                    .map_err(|_| HostError::script("user, password or token has characters that no header can have"))?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
                Ok(())
            }
            Self::SigV4(key) => sigv4::sign(key, &sigv4::Request { method, url, body }, headers, now),
        }
    }
}

impl Certificate {
    pub(super) fn parse(given: &Map) -> Result<Self, HostError> {
        if field(given, "kind")? != "certificate" {
            return Err(HostError::script("`client_certificate` of a request is what http::client_certificate gives"));
        }
        Ok(Self { certificate: field(given, "certificate")?, key: field(given, "key")? })
    }
}
