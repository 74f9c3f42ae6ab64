//! Requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ureq::http::Uri;

use super::super::aws::{AwsClient, AwsError, AwsSettings, CredentialsSource, Keyring, Keys, Variables, Wish};
use super::super::http::certificates;
use super::super::{Batch, BatchMax, Delivery, Rest, Transport};
use super::Rejections;
use super::answer::{Judgement, judge};
use crate::{Clock, ConfigError};

/// Documents of one request, as the X-Ray daemon sends them.
const BATCH_DOCUMENTS_MAX: usize = 50;
/// Bytes of one request's documents: ten of the largest and some.
const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// How long a document waits for company; the daemon's patience, too.
const LINGER: Duration = Duration::from_secs(1);
/// For a request unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends segments to the X-Ray API, or to a backend that answers in its place, without a daemon; put
/// it into an [`Outbox`](crate::export::Outbox).
///
/// ```no_run
/// use siskin_sdk::Config;
/// use siskin_sdk::export::{Outbox, OutboxSettings, SpoolSettings, XRayApi};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let settings = OutboxSettings::default().spool(SpoolSettings::new("/var/spool/shop"));
/// let outbox = Outbox::new(XRayApi::from_env()?, settings)?;
/// let (layer, _guard) = siskin_sdk::layer(Config::new("shop").exporter(outbox))?;
/// # Ok(())
/// # }
/// ```
///
/// # Where, and as whom
///
/// The region is that of `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile, or the instance; the address
/// that of `AWS_ENDPOINT_URL_XRAY`, `AWS_ENDPOINT_URL` or the profile's `endpoint_url`, or else X-Ray's
/// in the region. Requests are signed ([SigV4]) with the credentials of the environment, the shared
/// files' profile (keys only), the container's endpoint (ECS, EKS Pod Identity), or the instance
/// (`IMDSv2`), which are renewed five minutes before they end. For single sign-on, assumed roles and web
/// identities bring a [`CredentialsSource`]. All of that is looked for when the first document is sent,
/// on a thread of the SDK; what fails there is logged and tried again.
///
/// # What becomes of documents
///
/// Those X-Ray does not process count as [`Rejected`](crate::DropReason::Rejected), are named in the
/// log, and are counted by error code ([`XRayApi::rejections`]). Throttling, 429, 502 to 504 and a
/// receiver that cannot be reached are tried again for as long as it takes, other 5xx eight times;
/// what other 4xx refuse is counted as rejected.
///
/// [SigV4]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
pub struct XRayApi {
    settings: AwsSettings,
    rejections: Rejections,
    /// Made with the first request: a forked child must not share connections.
    client: Option<AwsClient>,
    /// Used again for each request.
    body: Vec<u8>,
}

impl XRayApi {
    /// As the environment says; see above, and `AWS_CA_BUNDLE`, a file with the certificates of who
    /// may vouch for the address instead of the system's authorities.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable, its value and what it may be.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// The same with variables from elsewhere than the process's environment.
    ///
    /// # Errors
    /// As [`XRayApi::from_env`].
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let variables = Variables::read(&variable);
        for name in ["AWS_ENDPOINT_URL_XRAY", "AWS_ENDPOINT_URL"] {
            if let Some(value) = variable(name).filter(|value| !value.is_empty()) {
                endpoint(name, &value)?;
            }
        }
        let roots = match variable("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
            None => None,
            Some(value) => {
                let rule = "expected a file with certificates in PEM";
                let refused = || ConfigError { variable: "AWS_CA_BUNDLE", value: value.clone(), rule };
                Some(Arc::new(certificates(&value).ok_or_else(refused)?))
            }
        };
        let settings = AwsSettings {
            service: "xray",
            keys: Keys::Ring(Keyring::standard(variables.clone())),
            variables,
            clock: Clock::system(),
            timeout: TIMEOUT,
            wish: Wish::default(),
            roots,
        };
        Ok(Self { settings, rejections: Rejections::default(), client: None, body: Vec::new() })
    }

    /// Sends to this address, such as `http://127.0.0.1:8000`, whatever the environment says.
    ///
    /// # Errors
    /// [`ConfigError`] when that is no HTTP address.
    pub fn endpoint(mut self, endpoint: &str) -> Result<Self, ConfigError> {
        self.settings.wish.endpoint = Some(self::endpoint("endpoint", endpoint)?);
        Ok(self)
    }

    /// Sends to this region, whatever the environment says.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.settings.wish.region = Some(region.into());
        self
    }

    /// Signs with these credentials.
    #[must_use]
    pub fn credentials(mut self, source: impl CredentialsSource) -> Self {
        self.settings.keys = Keys::Ring(Keyring::own(source));
        self
    }

    /// Does not sign: daemons do not ask for that, nor does a Siskin backend.
    #[must_use]
    pub fn unsigned(mut self) -> Self {
        self.settings.keys = Keys::None;
        self
    }

    /// How long a request may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Where it is read what time it is; signatures depend on it.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        self
    }

    /// The counts of documents that X-Ray does not process, to be kept.
    pub fn rejections(&self) -> Rejections {
        self.rejections.clone()
    }

    fn send(&mut self, documents: usize) -> Result<Judgement, AwsError> {
        let settings = &self.settings;
        let client = self.client.get_or_insert_with(|| AwsClient::new(settings.clone()));
        let answer = client.post("/TraceSegments", &self.body)?;
        Ok(judge(&answer, documents, &self.rejections))
    }
}

impl Transport for XRayApi {
    fn batch_max(&self) -> BatchMax {
        BatchMax { documents: BATCH_DOCUMENTS_MAX, bytes: BATCH_BYTES_MAX, linger: LINGER }
    }

    fn deliver(&mut self, batch: &Batch) -> Delivery {
        write_body(&mut self.body, batch);
        match self.send(batch.len()) {
            Ok(Judgement::Delivery(delivery)) => delivery,
            Ok(Judgement::OtherCredentials(error)) => {
                if let Some(client) = &mut self.client {
                    client.forget_credentials();
                }
                Delivery::unsettled(Rest::Away { after: None, error })
            }
            Err(AwsError(error)) => Delivery::unsettled(Rest::Away { after: None, error }),
        }
    }

    fn successor(&self) -> Option<Box<dyn Transport>> {
        let (settings, rejections) = (self.settings.clone(), self.rejections.clone());
        Some(Box::new(Self { settings, rejections, client: None, body: Vec::new() }))
    }
}

impl fmt::Debug for XRayApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XRayApi").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Writes `{"TraceSegmentDocuments":["...","..."]}`.
fn write_body(body: &mut Vec<u8>, batch: &Batch) {
    body.clear();
    body.extend_from_slice(b"{\"TraceSegmentDocuments\":[");
    for (index, document) in batch.documents().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        let text = String::from_utf8_lossy(document);
        serde_json::to_writer(&mut *body, text.as_ref()).expect("a vector takes every text");
    }
    body.extend_from_slice(b"]}");
}

fn endpoint(variable: &'static str, value: &str) -> Result<Uri, ConfigError> {
    let rule = "expected an address, http://... or https://...";
    let parsed: Option<Uri> = value.parse().ok();
    let is_http = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
    parsed.filter(is_http).ok_or_else(|| ConfigError { variable, value: value.to_owned(), rule })
}
