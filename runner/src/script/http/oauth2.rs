//! Tokens by client credentials (RFC 6749, 4.4).

use ::http::header::{CONTENT_TYPE, HeaderValue};
use ::http::{HeaderMap, Method};
use serde_json::Value;
use url::Url;

use super::auth::Auth;
use super::caller::Outgoing;
use super::request::{ANSWER_WITHIN, exchange};
use crate::script::failure::HostError;
use crate::script::host::Host;

/// Who wants a token, and where it is to be had.
pub(in crate::script) struct Grant {
    /// On an allowed host.
    pub(in crate::script) token_url: Url,
    pub(in crate::script) id: String,
    pub(in crate::script) secret: String,
    /// Further fields of the form, such as `scope`.
    pub(in crate::script) more: Vec<(&'static str, String)>,
    /// Whether the client says who it is by Basic authentication, in the form.
    pub(in crate::script) in_header: bool,
    pub(in crate::script) in_body: bool,
}

impl Grant {
    /// Fetches a token; it and the client's secret are redacted from now on.
    pub(in crate::script) fn token(&self, host: &Host) -> Result<String, HostError> {
        host.add_secret(&self.secret);
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        for (name, value) in &self.more {
            form.append_pair(name, value);
        }
        if self.in_body {
            form.append_pair("client_id", &self.id).append_pair("client_secret", &self.secret);
        }
        let form_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        let outgoing = Outgoing {
            method: Method::POST,
            url: self.token_url.clone(),
            headers: HeaderMap::from_iter([(CONTENT_TYPE, form_type)]),
            body: form.finish().into_bytes(),
            auth: if self.in_header { Auth::basic(&self.id, &self.secret) } else { Auth::None },
            certificate: None,
            follow_redirects: true,
        };
        let answer = exchange(host, outgoing, ANSWER_WITHIN)?;
        let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let token = body.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty());
        let Some(token) = token else {
            let why = body.get("error").and_then(Value::as_str).unwrap_or("no access_token in the answer");
            return Err(HostError::check(format!("{} gave no token: status {}, {why}", self.token_url, answer.status)));
        };
        host.add_secret(token);
        Ok(token.to_owned())
    }
}
