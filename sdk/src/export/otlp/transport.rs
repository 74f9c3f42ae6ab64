//! Requests.

use std::io::Write;
use std::time::Duration;

use flate2::write::GzEncoder;

use super::super::{Batch, BatchMax, Delivery, Format, Rest, Transport};
use super::answer::PartialSuccess;
use super::settings::{Compression, OtlpSettings, endpoint, is_header};
use crate::client::{Answer, HttpClient, HttpSettings, Way};
#[cfg(feature = "xray-api")]
use crate::signing::{AwsAccess, AwsClient, AwsError};
use crate::{Clock, ConfigError, DropReason};

/// Documents of one request.
const BATCH_DOCUMENTS_MAX: usize = 512;
/// Bytes of one request before compression; collectors take 20 MiB unless told otherwise, a Siskin
/// backend less.
const BATCH_BYTES_MAX: usize = 4 * 1024 * 1024;
/// How long spans wait for company.
const LINGER: Duration = Duration::from_secs(1);

/// Sends spans to an OTLP/HTTP receiver as protobuf: an OpenTelemetry Collector, a Siskin backend, or
/// whatever else listens; put it into an [`Outbox`](crate::export::Outbox).
///
/// ```no_run
/// use siskin_sdk::Config;
/// use siskin_sdk::export::{OtlpHttp, Outbox, OutboxSettings};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let outbox = Outbox::new(OtlpHttp::from_env()?, OutboxSettings::default())?;
/// let (layer, _guard) = siskin_sdk::layer(Config::new("shop").exporter(outbox))?;
/// # Ok(())
/// # }
/// ```
///
/// As [the protocol says](https://opentelemetry.io/docs/specs/otlp/#otlphttp-response), 429, 502, 503
/// and 504 are tried again, as `Retry-After` wants, and so is a receiver that cannot be reached; 413
/// is tried again in halves; what is refused otherwise counts as [`DropReason::Rejected`], and spans
/// refused out of a request that was taken as [`DropReason::SpansRejected`].
#[derive(Debug)]
pub struct OtlpHttp {
    settings: OtlpSettings,
    /// Says where in place of `settings`, and as whom.
    #[cfg(feature = "xray-api")]
    access: Option<AwsAccess>,
    clock: Clock,
    /// Made with the first request: a forked child must not share connections.
    client: Option<Client>,
    /// Used again for each request.
    compressed: Vec<u8>,
}

#[derive(Debug)]
enum Client {
    Plain(HttpClient),
    #[cfg(feature = "xray-api")]
    Aws(Box<AwsClient>),
}

impl Client {
    fn post(&mut self, settings: &OtlpSettings, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, String> {
        match self {
            Self::Plain(client) => client.post(&settings.endpoint, headers, body),
            #[cfg(feature = "xray-api")]
            Self::Aws(client) => client.post("/v1/traces", headers, body).map_err(|AwsError(error)| error),
        }
    }
}

impl OtlpHttp {
    /// Sends to `endpoint`, such as `http://localhost:4318/v1/traces`.
    ///
    /// # Errors
    /// [`ConfigError`] when that is no HTTP address.
    pub fn new(endpoint: &str) -> Result<Self, ConfigError> {
        let endpoint = self::endpoint("endpoint", endpoint)?;
        Ok(Self::with_settings(OtlpSettings { endpoint, ..OtlpSettings::default() }))
    }

    /// As the environment says: `OTEL_EXPORTER_OTLP_ENDPOINT` (to which `/v1/traces` is added),
    /// `_HEADERS`, `_TIMEOUT` (milliseconds, of which there are 10,000 otherwise), `_COMPRESSION`
    /// (`gzip` or `none`, which it is otherwise), `_CERTIFICATE`, `_PROTOCOL`, and the same with
    /// `_TRACES` in them, which go first. Without any, `http://localhost:4318/v1/traces`.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable, its value and what it may be.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// The same with variables from elsewhere than the process's environment.
    ///
    /// # Errors
    /// As [`OtlpHttp::from_env`].
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        OtlpSettings::from_variables(variable).map(Self::with_settings)
    }

    /// Sends to X-Ray's own OTLP receiver, `https://xray.REGION.amazonaws.com/v1/traces`, signed; or to
    /// `/v1/traces` below the endpoint that `access` names. It takes spans where
    /// [Transaction Search](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html)
    /// is switched on. Variables of the environment that begin with `OTEL_` are not looked at.
    ///
    /// Region and credentials are found when the first spans are sent, on a thread of the SDK; what fails there
    /// is logged and tried again.
    #[cfg(feature = "xray-api")]
    pub fn aws(access: AwsAccess) -> Self {
        Self { access: Some(access), ..Self::with_settings(OtlpSettings::default()) }
    }

    fn with_settings(settings: OtlpSettings) -> Self {
        Self {
            settings,
            #[cfg(feature = "xray-api")]
            access: None,
            clock: Clock::system(),
            client: None,
            compressed: Vec::new(),
        }
    }

    /// Where it is read what time it is; signatures depend on it.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// How requests are made smaller.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.settings.compression = compression;
        self
    }

    /// How long a request may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// A header of every request.
    ///
    /// # Errors
    /// [`ConfigError`] when HTTP allows no such header.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, ConfigError> {
        if !is_header(name, value) {
            let rule = "expected the name of a header, and a value of visible characters";
            return Err(ConfigError { variable: "header", value: name.to_owned(), rule });
        }
        self.settings.headers.push((name.to_owned(), value.to_owned()));
        Ok(self)
    }

    fn send(&mut self, message: &[u8]) -> Result<Answer, String> {
        let settings = &self.settings;
        let mut headers = vec![("content-type", "application/x-protobuf")];
        headers.extend(settings.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let body = match settings.compression {
            Compression::None => message,
            Compression::Gzip => {
                headers.push(("content-encoding", "gzip"));
                self.compressed.clear();
                let mut encoder = GzEncoder::new(&mut self.compressed, flate2::Compression::fast());
                encoder.write_all(message).and_then(|()| encoder.try_finish()).map_err(|error| error.to_string())?;
                drop(encoder);
                &self.compressed
            }
        };
        let client = self.client.take().unwrap_or_else(|| self.new_client());
        self.client.insert(client).post(&self.settings, &headers, body)
    }

    fn new_client(&self) -> Client {
        let (settings, clock) = (&self.settings, self.clock.clone());
        #[cfg(feature = "xray-api")]
        if let Some(access) = &self.access {
            return Client::Aws(Box::new(AwsClient::new("xray", access.clone(), settings.timeout, clock)));
        }
        let roots = settings.roots.clone();
        let settings = HttpSettings { roots, clock, ..HttpSettings::new(settings.timeout, Way::Proxied) };
        Client::Plain(HttpClient::new(&settings))
    }
}

impl Transport for OtlpHttp {
    fn format(&self) -> Format {
        Format::Otlp
    }

    fn document_bytes_max(&self) -> usize {
        BATCH_BYTES_MAX
    }

    fn batch_max(&self) -> BatchMax {
        BatchMax { documents: BATCH_DOCUMENTS_MAX, bytes: BATCH_BYTES_MAX, linger: LINGER }
    }

    fn deliver(&mut self, batch: &Batch) -> Delivery {
        match self.send(batch.concatenated()) {
            Ok(answer) => judge(&answer, batch.len()),
            Err(error) => Delivery::unsettled(Rest::Away { after: None, error }),
        }
    }

    fn successor(&self) -> Option<Box<dyn Transport>> {
        let (settings, clock) = (self.settings.clone(), self.clock.clone());
        Some(Box::new(Self {
            settings,
            #[cfg(feature = "xray-api")]
            access: self.access.clone(),
            clock,
            client: None,
            compressed: Vec::new(),
        }))
    }
}

fn judge(answer: &Answer, documents: usize) -> Delivery {
    match answer.status {
        _ if answer.is_success() => {
            let partial = PartialSuccess::read(answer.body());
            if partial.rejected_spans > 0 || !partial.message.is_empty() {
                let (spans, message) = (partial.rejected_spans, partial.message);
                tracing::warn!(target: "siskin_sdk", spans, message, "the receiver rejected spans");
            }
            Delivery { spans_rejected: partial.rejected_spans, ..Delivery::sent(documents) }
        }
        429 | 502 | 503 | 504 => Delivery::unsettled(Rest::Away { after: answer.retry_after, error: answer.summary() }),
        413 => Delivery::unsettled(Rest::TooLarge),
        _ => Delivery::unsettled(Rest::Refused { reason: DropReason::Rejected, error: answer.summary() }),
    }
}
