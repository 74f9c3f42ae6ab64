//! Where metrics go, and how much may wait.

use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};

use super::exporter::{OtlpExporter, OtlpMetrics};
use super::guard::MetricsGuard;
use crate::ship::{Endpoint, InvalidEndpoint, Queue, QueueLimits, ShippingGuard, Sign, start};

/// Collections that may wait.
const EXPORTS_MAX: usize = 256;
/// Bytes of collections that may wait unless told otherwise.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// How often is collected unless told otherwise.
const INTERVAL: Duration = Duration::from_mins(1);
/// A collection is sent no later than this.
const SEND_INTERVAL: Duration = Duration::from_secs(1);

/// Why metrics cannot be shipped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// A setting is not what it may be.
    #[error("{field} {value:?}: {rule}")]
    Invalid {
        /// The setting.
        field: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        rule: &'static str,
    },
    /// The system gives no thread.
    #[error("the shipping thread could not be started: {0}")]
    Thread(#[from] io::Error),
}

impl From<InvalidEndpoint> for MetricsError {
    fn from(InvalidEndpoint(value): InvalidEndpoint) -> Self {
        Self::Invalid { field: "endpoint", value, rule: "expected http://HOST[:PORT][/PATH] or https://..." }
    }
}

/// Settings of exports over OTLP; [`otlp`] takes them.
pub struct OtlpConfig {
    endpoint: String,
    resource: Vec<KeyValue>,
    headers: Vec<(String, String)>,
    signer: Option<Box<dyn Sign>>,
    interval: Duration,
    bytes_max: usize,
    temporality: Temporality,
}

impl OtlpConfig {
    /// Exports each minute to `/v1/metrics` below `endpoint`, cumulatively.
    pub fn new(endpoint: impl Into<String>, service_name: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            resource: vec![KeyValue::new("service.name", service_name.into())],
            headers: Vec::new(),
            signer: None,
            interval: INTERVAL,
            bytes_max: BYTES_MAX,
            temporality: Temporality::Cumulative,
        }
    }

    /// States a further attribute of what is measured.
    #[must_use]
    pub fn resource_attribute(mut self, attribute: KeyValue) -> Self {
        self.resource.push(attribute);
        self
    }

    /// Sends a further header with each request, such as `authorization`; the name in lower case.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Signs each request, with AWS's signature version 4 for example.
    #[must_use]
    pub fn sign(self, signer: impl Sign) -> Self {
        Self { signer: Some(Box::new(signer)), ..self }
    }

    /// How often is collected, at least each second; each minute unless said otherwise.
    #[must_use]
    pub fn interval(self, interval: Duration) -> Self {
        Self { interval: interval.max(Duration::from_secs(1)), ..self }
    }

    /// Memory that waiting collections may take, in bytes; collections beyond are dropped and counted.
    /// 16 MiB unless said otherwise.
    #[must_use]
    pub fn bytes_max(self, bytes_max: usize) -> Self {
        Self { bytes_max, ..self }
    }

    /// Whether sums are those since the start, or those since the last collection, which survive the
    /// loss of none.
    #[must_use]
    pub fn temporality(self, temporality: Temporality) -> Self {
        Self { temporality, ..self }
    }
}

impl fmt::Debug for OtlpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may hold secrets.
        f.debug_struct("OtlpConfig")
            .field("endpoint", &self.endpoint)
            .field("interval", &self.interval)
            .field("temporality", &self.temporality)
            .finish_non_exhaustive()
    }
}

/// Makes a meter provider that exports over OTLP, for `opentelemetry::global::set_meter_provider`.
///
/// # Errors
/// [`MetricsError`] names a setting that is not what it may be, or the system gives no thread.
pub fn otlp(mut config: OtlpConfig) -> Result<(SdkMeterProvider, MetricsGuard), MetricsError> {
    let resource = Resource::builder().with_attributes(std::mem::take(&mut config.resource)).build();
    let interval = config.interval;
    let (exporter, shipping) = otlp_exporter(config)?;
    let reader = PeriodicReader::builder(exporter).with_interval(interval).build();
    let provider = SdkMeterProvider::builder().with_resource(resource).with_reader(reader).build();
    Ok((provider.clone(), MetricsGuard::new(provider, shipping)))
}

/// Makes only the exporter, for a provider with views or readers of one's own. The interval and the
/// attributes of the resource are the reader's and the provider's business then.
///
/// # Errors
/// As [`otlp`].
pub fn otlp_exporter(config: OtlpConfig) -> Result<(OtlpExporter, ShippingGuard), MetricsError> {
    let endpoint =
        Endpoint::new(&config.endpoint, "/v1/metrics")?.with_headers(config.headers).with_signer(config.signer);
    let queue = Arc::new(Queue::new(QueueLimits { items_max: EXPORTS_MAX, bytes_max: config.bytes_max }));
    let guard = start("siskin-metrics", &queue, OtlpMetrics { endpoint }, SEND_INTERVAL)?;
    Ok((OtlpExporter::new(queue, config.temporality), guard))
}
