//! Where metrics go, and how much may wait.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider, Temporality};

use super::exporter::{OtlpExporter, OtlpMetrics};
use super::guard::MetricsGuard;
use crate::Clock;
use crate::ship::{Queue, QueueLimits, Receiver, ShippingError, ShippingGuard, ShippingSettings, Sign, start};
use crate::signing::AwsAccess;

/// Collections that may wait.
const EXPORTS_MAX: usize = 256;
/// How often is collected unless told otherwise.
const INTERVAL: Duration = Duration::from_mins(1);
/// A collection is sent no later than this.
const SEND_INTERVAL: Duration = Duration::from_secs(1);

/// Settings of exports over OTLP; [`otlp`] takes them.
#[derive(Debug)]
pub struct OtlpConfig {
    shipping: ShippingSettings,
    resource: Vec<KeyValue>,
    interval: Duration,
    temporality: Temporality,
}

impl OtlpConfig {
    /// Exports each minute to `/v1/metrics` below `endpoint`, cumulatively.
    pub fn new(endpoint: impl Into<String>, service_name: impl Into<String>) -> Self {
        Self::to(Receiver::Url(endpoint.into()), service_name)
    }

    /// Exports each minute to AWS's CloudWatch, at `https://monitoring.REGION.amazonaws.com/v1/metrics`,
    /// cumulatively.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html>
    pub fn aws(access: AwsAccess, service_name: impl Into<String>) -> Self {
        Self::to(Receiver::Aws("monitoring", Box::new(access)), service_name)
    }

    fn to(receiver: Receiver, service_name: impl Into<String>) -> Self {
        Self {
            shipping: ShippingSettings::new(receiver),
            resource: vec![KeyValue::new("service.name", service_name.into())],
            interval: INTERVAL,
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
        self.shipping.headers.push((name.into(), value.into()));
        self
    }

    /// Signs each request in a way of one's own; an [`AwsAccess`] signs by itself, and none other then.
    #[must_use]
    pub fn sign(mut self, signer: impl Sign) -> Self {
        self.shipping.signer = Some(Box::new(signer));
        self
    }

    /// How often is collected, at least each second; each minute unless said otherwise.
    #[must_use]
    pub fn interval(self, interval: Duration) -> Self {
        Self { interval: interval.max(Duration::from_secs(1)), ..self }
    }

    /// Memory that waiting collections may take, in bytes; collections beyond are dropped and counted.
    /// 16 MiB unless said otherwise.
    #[must_use]
    pub fn bytes_max(mut self, bytes_max: usize) -> Self {
        self.shipping.bytes_max = bytes_max;
        self
    }

    /// Where it is read what time it is; signatures depend on it.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.shipping.clock = clock;
        self
    }

    /// Whether sums are those since the start, or those since the last collection, which survive the
    /// loss of none.
    #[must_use]
    pub fn temporality(self, temporality: Temporality) -> Self {
        Self { temporality, ..self }
    }
}

/// Makes a meter provider that exports over OTLP, for `opentelemetry::global::set_meter_provider`.
///
/// # Errors
/// [`ShippingError`] names a setting that is not what it may be, or the system gives no thread.
pub fn otlp(mut config: OtlpConfig) -> Result<(SdkMeterProvider, MetricsGuard), ShippingError> {
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
pub fn otlp_exporter(config: OtlpConfig) -> Result<(OtlpExporter, ShippingGuard), ShippingError> {
    let limits = QueueLimits { items_max: EXPORTS_MAX, bytes_max: config.shipping.bytes_max };
    let endpoint = config.shipping.into_endpoint()?;
    let queue = Arc::new(Queue::new(limits));
    let guard = start("siskin-metrics", &queue, OtlpMetrics { endpoint }, SEND_INTERVAL)?;
    Ok((OtlpExporter::new(queue, config.temporality), guard))
}
