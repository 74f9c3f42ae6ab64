//! Where events go, and how much may wait.

use std::sync::Arc;
use std::time::Duration;

use tracing_core::Level;

use super::cloudwatch::CloudWatchLogs;
use super::ids::IdForm;
use super::layer::LogsLayer;
use super::otlp::OtlpLogs;
use super::stream::LogStream;
use crate::Clock;
use crate::ship::{Queue, QueueLimits, Receiver, ShippingError, ShippingGuard, ShippingSettings, Sign, start};
use crate::signing::AwsAccess;

/// Events that may wait unless told otherwise.
const EVENTS_MAX: usize = 16_384;
/// How long an event waits for company unless told otherwise.
const INTERVAL: Duration = Duration::from_secs(1);

/// Settings of the shipping of events; [`layer`] takes them.
#[derive(Debug)]
pub struct LogsConfig {
    shipping: ShippingSettings,
    destination: Destination,
    resource: Vec<(String, String)>,
    level: Level,
    form: IdForm,
    events_max: usize,
    interval: Duration,
}

#[derive(Debug)]
enum Destination {
    CloudWatch { group: String, stream: String },
    Otlp { stream: Option<(String, String)> },
}

impl LogsConfig {
    /// Ships to a stream of AWS's CloudWatch Logs with `PutLogEvents`; group and stream are created when
    /// they are missing. A stream had better have one writer, such as one process.
    pub fn aws(access: AwsAccess, group: impl Into<String>, stream: impl Into<String>) -> Self {
        let destination = Destination::CloudWatch { group: group.into(), stream: stream.into() };
        Self::new(Receiver::Aws("logs", Box::new(access)), destination)
    }

    /// Ships over OTLP/HTTP to a stream of AWS's CloudWatch Logs, at
    /// `https://logs.REGION.amazonaws.com/v1/logs`; group and stream are created when they are missing.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-OTLPEndpoint.html>
    pub fn aws_otlp(
        access: AwsAccess,
        group: impl Into<String>,
        stream: impl Into<String>,
        service_name: impl Into<String>,
    ) -> Self {
        let destination = Destination::Otlp { stream: Some((group.into(), stream.into())) };
        let config = Self::new(Receiver::Aws("logs", Box::new(access)), destination);
        config.resource_attribute("service.name", service_name)
    }

    /// Ships to a stream of a backend that speaks `PutLogEvents`; group and stream are created when they
    /// are missing.
    ///
    /// Requests to `endpoint` are signed where [`LogsConfig::sign`] says how. A stream had better have
    /// one writer, such as one process.
    pub fn cloudwatch(endpoint: impl Into<String>, group: impl Into<String>, stream: impl Into<String>) -> Self {
        let destination = Destination::CloudWatch { group: group.into(), stream: stream.into() };
        Self::new(Receiver::Url(endpoint.into()), destination)
    }

    /// Ships over OTLP/HTTP as protobuf, to `/v1/logs` below `endpoint`.
    pub fn otlp(endpoint: impl Into<String>, service_name: impl Into<String>) -> Self {
        let config = Self::new(Receiver::Url(endpoint.into()), Destination::Otlp { stream: None });
        config.resource_attribute("service.name", service_name)
    }

    fn new(receiver: Receiver, destination: Destination) -> Self {
        Self {
            shipping: ShippingSettings::new(receiver),
            destination,
            resource: Vec::new(),
            level: Level::INFO,
            form: IdForm::default(),
            events_max: EVENTS_MAX,
            interval: INTERVAL,
        }
    }

    /// States a further attribute of what the events come from; only OTLP carries it.
    #[must_use]
    pub fn resource_attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.resource.push((name.into(), value.into()));
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

    /// The most verbose level that is shipped; INFO unless said otherwise.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// How trace ids are written in CloudWatch's events; OTLP has a form of its own.
    #[must_use]
    pub fn id_form(self, form: IdForm) -> Self {
        Self { form, ..self }
    }

    /// Events that may wait, at least 1; further ones are dropped and counted. 16,384 unless said
    /// otherwise.
    #[must_use]
    pub fn events_max(self, events_max: usize) -> Self {
        Self { events_max: events_max.max(1), ..self }
    }

    /// Memory that waiting events may take, in bytes; events beyond are dropped and counted. 16 MiB
    /// unless said otherwise.
    #[must_use]
    pub fn bytes_max(mut self, bytes_max: usize) -> Self {
        self.shipping.bytes_max = bytes_max;
        self
    }

    /// How long an event waits for company at most; one second unless said otherwise.
    #[must_use]
    pub fn interval(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// Where time is read, for events and signatures.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.shipping.clock = clock;
        self
    }
}

/// Makes the layer, and starts the thread that ships what it takes in.
///
/// # Errors
/// [`ShippingError`] names a setting that is not what it may be, or the system gives no thread.
pub fn layer(config: LogsConfig) -> Result<(LogsLayer, ShippingGuard), ShippingError> {
    let LogsConfig { shipping, destination, resource, level, form, events_max, interval } = config;
    let queue = Arc::new(Queue::new(QueueLimits { items_max: events_max, bytes_max: shipping.bytes_max }));
    let clock = shipping.clock.clone();
    let endpoint = shipping.into_endpoint()?;
    let guard = match destination {
        Destination::CloudWatch { group, stream } => {
            let sink = CloudWatchLogs { endpoint, stream: LogStream::new(group, stream)?, form };
            start("siskin-logs", &queue, sink, interval)?
        }
        Destination::Otlp { stream } => {
            let stream = stream.map(|(group, stream)| LogStream::new(group, stream)).transpose()?;
            start("siskin-logs", &queue, OtlpLogs { endpoint, stream, resource }, interval)?
        }
    };
    Ok((LogsLayer::new(queue, clock, level), guard))
}
