//! Requests.

use std::fmt;
use std::time::Duration;

use super::super::{Batch, BatchMax, Delivery, Rest, Transport};
use super::Rejections;
use super::answer::judge;
use crate::signing::{AwsAccess, AwsClient, AwsError, CredentialsSource};
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
/// [`AwsAccess`] says which region and address are found, and which credentials sign requests. That is
/// done when the first document is sent, on a thread of the SDK; what fails there is logged and tried
/// again.
///
/// # What becomes of documents
///
/// Those X-Ray does not process count as [`Rejected`](crate::DropReason::Rejected), are named in the
/// log, and are counted by error code ([`XRayApi::rejections`]). Throttling, 429, 502 to 504 and a
/// receiver that cannot be reached are tried again for as long as it takes, other 5xx eight times;
/// what other 4xx refuse is counted as rejected. Credentials that X-Ray does not take are asked for
/// again.
pub struct XRayApi {
    access: AwsAccess,
    timeout: Duration,
    clock: Clock,
    rejections: Rejections,
    /// Made with the first request: a forked child must not share connections.
    client: Option<AwsClient>,
    /// Used again for each request.
    body: Vec<u8>,
}

impl XRayApi {
    /// With the access that the environment gives.
    ///
    /// # Errors
    /// As [`AwsAccess::from_env`].
    pub fn from_env() -> Result<Self, ConfigError> {
        AwsAccess::from_env().map(Self::new)
    }

    /// The same with variables from elsewhere than the process's environment.
    ///
    /// # Errors
    /// As [`AwsAccess::from_env`].
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        AwsAccess::from_variables(variable).map(Self::new)
    }

    /// Sends where, and as whom, `access` says.
    pub fn new(access: AwsAccess) -> Self {
        let (timeout, clock) = (TIMEOUT, Clock::system());
        Self { access, timeout, clock, rejections: Rejections::default(), client: None, body: Vec::new() }
    }

    /// Sends to this address, such as `http://127.0.0.1:8000`, whatever the environment says.
    ///
    /// # Errors
    /// [`ConfigError`] when that is no HTTP address.
    pub fn endpoint(self, endpoint: &str) -> Result<Self, ConfigError> {
        Ok(Self { access: self.access.endpoint(endpoint)?, ..self })
    }

    /// Sends to this region, whatever the environment says.
    #[must_use]
    pub fn region(self, region: impl Into<String>) -> Self {
        Self { access: self.access.region(region), ..self }
    }

    /// Signs with these credentials.
    #[must_use]
    pub fn credentials(self, source: impl CredentialsSource) -> Self {
        Self { access: self.access.credentials(source), ..self }
    }

    /// Does not sign: daemons do not ask for that, nor does a Siskin backend.
    #[must_use]
    pub fn unsigned(self) -> Self {
        Self { access: self.access.unsigned(), ..self }
    }

    /// How long a request may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Where it is read what time it is; signatures depend on it.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The counts of documents that X-Ray does not process, to be kept.
    pub fn rejections(&self) -> Rejections {
        self.rejections.clone()
    }

    fn send(&mut self, documents: usize) -> Result<Delivery, AwsError> {
        let Self { access, timeout, clock, .. } = self;
        let new = || AwsClient::new("xray", access.clone(), *timeout, clock.clone());
        let client = self.client.get_or_insert_with(new);
        let answer = client.post("/TraceSegments", &[("content-type", "application/json")], &self.body)?;
        Ok(judge(&answer, documents, &self.rejections))
    }
}

impl Transport for XRayApi {
    fn batch_max(&self) -> BatchMax {
        BatchMax { documents: BATCH_DOCUMENTS_MAX, bytes: BATCH_BYTES_MAX, linger: LINGER }
    }

    fn deliver(&mut self, batch: &Batch) -> Delivery {
        write_body(&mut self.body, batch);
        self.send(batch.len()).unwrap_or_else(|AwsError(error)| Delivery::unsettled(Rest::Away { after: None, error }))
    }

    fn successor(&self) -> Option<Box<dyn Transport>> {
        let (access, clock, rejections) = (self.access.clone(), self.clock.clone(), self.rejections.clone());
        Some(Box::new(Self { access, timeout: self.timeout, clock, rejections, client: None, body: Vec::new() }))
    }
}

impl fmt::Debug for XRayApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XRayApi").field("access", &self.access).finish_non_exhaustive()
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
