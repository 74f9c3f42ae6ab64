//! Blocking requests from the shipping thread.

use std::fmt;
use std::time::Duration;

use ureq::http::Uri;

use super::sink::SendError;

/// How long one request may take, from the name's look-up to the last byte of the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Most bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// Most characters of an answer that are shown in a message.
const EXCERPT_CHARS_MAX: usize = 200;

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
    agent: ureq::Agent,
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
        let invalid = || InvalidEndpoint(base.to_owned());
        let url = format!("{}{path}", base.trim_end_matches('/'));
        let uri: Uri = url.parse().map_err(|_| invalid())?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.host().is_none_or(str::is_empty) {
            return Err(invalid());
        }
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(REQUEST_TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("siskin-sdk/", env!("CARGO_PKG_VERSION")))
            .tls_config(crate::tls::config(None))
            .build()
            .into();
        Ok(Self { agent, url, headers: Vec::new(), signer: None })
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
    pub(crate) fn post(&self, headers: &[(&str, &str)], body: &[u8]) -> Result<Response, SendError> {
        let own = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut headers: Vec<_> = own.chain(self.headers.iter().cloned()).collect();
        if let Some(signer) = &self.signer {
            let request = UnsignedRequest { method: "POST", url: &self.url, headers: &headers, body };
            let signature = signer.sign(&request).map_err(SendError::again)?;
            headers.extend(signature);
        }
        let request = headers
            .iter()
            .fold(self.agent.post(&self.url), |request, (name, value)| request.header(name.as_str(), value.as_str()));
        let mut answer = request.send(body).map_err(SendError::again)?;
        let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec().map_err(SendError::again)?;
        Ok(Response { status: answer.status().as_u16(), retry_after: after.map(Duration::from_secs), body })
    }
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Why it is no success: the statuses that may pass are those of OTLP,
    /// <https://opentelemetry.io/docs/specs/otlp/#failures-1>, and 500 of AWS's services.
    pub(crate) fn error(&self) -> SendError {
        let text = String::from_utf8_lossy(&self.body);
        let excerpt: String = text.chars().take(EXCERPT_CHARS_MAX).collect();
        let detail = format!("HTTP status {}: {excerpt}", self.status);
        match self.status {
            408 | 429 | 500 | 502 | 503 | 504 => SendError::Again { detail, after: self.retry_after },
            _ => SendError::Refused { detail },
        }
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
