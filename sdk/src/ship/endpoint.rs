//! Where the shipping thread posts to.

use std::fmt;
use std::time::Duration;

use ureq::http::Uri;

use super::sink::SendError;
use crate::client::{Answer, HttpClient, HttpSettings, Way, address};

/// How long one request may take, from the name's look-up to the last byte of the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A request before it is signed.
#[derive(Debug, Clone, Copy)]
pub struct UnsignedRequest<'a> {
    /// The method, always `POST`.
    pub method: &'static str,
    /// The absolute URL.
    pub url: &'a str,
    /// The headers set so far, with lower-case names; `host` is not among them.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
}

/// Signs requests; closures do.
pub trait Sign: Send + 'static {
    /// Returns the headers to add, such as `authorization` and `x-amz-date`.
    ///
    /// # Errors
    /// A text that says why there is no signature, such as missing credentials; the request is tried
    /// again later.
    fn sign(&self, request: &UnsignedRequest<'_>) -> Result<Vec<(String, String)>, String>;
}

impl<F> Sign for F
where
    F: Fn(&UnsignedRequest<'_>) -> Result<Vec<(String, String)>, String> + Send + 'static,
{
    fn sign(&self, request: &UnsignedRequest<'_>) -> Result<Vec<(String, String)>, String> {
        self(request)
    }
}

/// A text that is not the address of a receiver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("endpoint {0:?}: expected http://HOST[:PORT][/PATH] or https://...")]
pub(crate) struct InvalidEndpoint(pub(crate) String);

/// A URL to post to, and what goes with each request.
pub(crate) struct Endpoint {
    client: HttpClient,
    uri: Uri,
    url: String,
    headers: Vec<(String, String)>,
    signer: Option<Box<dyn Sign>>,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may hold secrets.
        f.debug_struct("Endpoint").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Endpoint {
    /// An endpoint at `base` with `path` behind it.
    ///
    /// # Errors
    /// When `base` is no absolute http URL.
    pub(crate) fn new(base: &str, path: &str) -> Result<Self, InvalidEndpoint> {
        let url = format!("{}{path}", base.trim_end_matches('/'));
        let uri = address(&url).ok_or_else(|| InvalidEndpoint(base.to_owned()))?;
        let client = HttpClient::new(&HttpSettings::new(REQUEST_TIMEOUT, Way::Proxied));
        Ok(Self { client, uri, url, headers: Vec::new(), signer: None })
    }

    pub(crate) fn with_headers(self, headers: Vec<(String, String)>) -> Self {
        Self { headers, ..self }
    }

    pub(crate) fn with_signer(self, signer: Option<Box<dyn Sign>>) -> Self {
        Self { signer, ..self }
    }

    /// Posts `body`. Any answer is one, whatever its status.
    ///
    /// # Errors
    /// When nobody answers, or there is no signature.
    pub(crate) fn post(&self, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, SendError> {
        let own = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut headers: Vec<_> = own.chain(self.headers.iter().cloned()).collect();
        if let Some(signer) = &self.signer {
            let request = UnsignedRequest { method: "POST", url: &self.url, headers: &headers, body };
            let signature = signer.sign(&request).map_err(SendError::again)?;
            headers.extend(signature);
        }
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.client.post(&self.uri, &headers, body).map_err(SendError::again)
    }
}

/// Why an answer is no success: the statuses that may pass are those of OTLP,
/// <https://opentelemetry.io/docs/specs/otlp/#failures-1>, and 500 of AWS's services.
pub(crate) fn refusal(answer: &Answer) -> SendError {
    let detail = answer.summary();
    match answer.status {
        408 | 429 | 500 | 502 | 503 | 504 => SendError::Again { detail, after: answer.retry_after },
        _ => SendError::Refused { detail },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_absolute_http_url() {
        for base in ["", "localhost:4747", "ftp://host", "http://", "http:///x", "https://a b"] {
            assert_eq!(Endpoint::new(base, "/v1/logs").unwrap_err(), InvalidEndpoint(base.to_owned()));
        }
        assert_eq!(Endpoint::new("http://h:1/base/", "/v1/logs").unwrap().url, "http://h:1/base/v1/logs");
    }
}
