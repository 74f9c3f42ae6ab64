//! Where the shipping thread posts to.

use std::fmt;
use std::time::Duration;

use super::sink::SendError;
use crate::Clock;
use crate::client::{Answer, HttpClient, HttpSettings, Way, address, shown};
use crate::signing::{AwsAccess, AwsClient, AwsError, AwsSigner};

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

impl Sign for AwsSigner {
    fn sign(&self, request: &UnsignedRequest<'_>) -> Result<Vec<(String, String)>, String> {
        self.headers(request.method, request.url, request.headers, request.body)
    }
}

/// A text that is not the address of a receiver.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("endpoint {0:?}: expected http://HOST[:PORT][/PATH] or https://...")]
pub(crate) struct InvalidEndpoint(pub(crate) String);

/// A receiver to post to, and what goes with each request.
pub(crate) struct Endpoint {
    headers: Vec<(String, String)>,
    door: Door,
}

enum Door {
    Url { client: HttpClient, base: String, signer: Option<Box<dyn Sign>> },
    Aws(Box<AwsClient>),
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may hold secrets.
        let mut debug = f.debug_struct("Endpoint");
        match &self.door {
            Door::Url { base, .. } => debug.field("base", &address(base).as_ref().map(shown)),
            Door::Aws(client) => debug.field("client", client),
        };
        debug.finish_non_exhaustive()
    }
}

impl Endpoint {
    /// An endpoint at `base`; `headers` go with each request.
    ///
    /// # Errors
    /// When `base` is no absolute http URL.
    pub(crate) fn new(
        base: &str,
        headers: Vec<(String, String)>,
        signer: Option<Box<dyn Sign>>,
    ) -> Result<Self, InvalidEndpoint> {
        let trimmed = base.trim_end_matches('/').to_owned();
        address(&trimmed).ok_or_else(|| InvalidEndpoint(base.to_owned()))?;
        let client = HttpClient::new(&HttpSettings::new(REQUEST_TIMEOUT, Way::Proxied));
        Ok(Self { headers, door: Door::Url { client, base: trimmed, signer } })
    }

    /// A service of AWS; `headers` go with each request.
    pub(crate) fn aws(service: &str, access: AwsAccess, clock: Clock, headers: Vec<(String, String)>) -> Self {
        let client = AwsClient::new(service, access, REQUEST_TIMEOUT, clock);
        Self { headers, door: Door::Aws(Box::new(client)) }
    }

    /// Posts `body` to a path such as `/v1/logs`. Any answer is one, whatever its status.
    ///
    /// # Errors
    /// When nobody answers, or there is no signature.
    pub(crate) fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, SendError> {
        let further = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let headers: Vec<_> = headers.iter().copied().chain(further).collect();
        match &mut self.door {
            Door::Aws(client) => client.post(path, &headers, body).map_err(|AwsError(error)| SendError::again(error)),
            Door::Url { client, base, signer } => {
                let url = format!("{base}{path}");
                let uri = url.parse().map_err(SendError::refused)?;
                let signature = match signer {
                    None => Vec::new(),
                    Some(signer) => {
                        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
                        let headers: Vec<_> = headers.iter().map(own).collect();
                        let request = UnsignedRequest { method: "POST", url: &url, headers: &headers, body };
                        signer.sign(&request).map_err(SendError::again)?
                    }
                };
                let signature = signature.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let headers: Vec<_> = headers.into_iter().chain(signature).collect();
                client.post(&uri, &headers, body).map_err(SendError::again)
            }
        }
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
        let new = |base| Endpoint::new(base, Vec::new(), None);
        for base in ["", "localhost:4747", "ftp://host", "http://", "http:///x", "https://a b"] {
            assert_eq!(new(base).unwrap_err(), InvalidEndpoint(base.to_owned()));
        }
        let shown = format!("{:?}", new("http://me:secret@h:1/base/").unwrap());
        assert!(shown.contains("\"http://h:1/base\"") && !shown.contains("secret"), "{shown}");
    }
}
