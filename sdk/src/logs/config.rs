//! Where events go, and how much may wait.

use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use tracing_core::Level;

use super::cloudwatch::CloudWatchLogs;
use super::ids::IdForm;
use super::layer::LogsLayer;
use super::otlp::OtlpLogs;
use crate::Clock;
use crate::ship::{Endpoint, InvalidEndpoint, Queue, QueueLimits, ShippingGuard, Sign, start};

/// Events that may wait unless told otherwise.
const EVENTS_MAX: usize = 16_384;
/// Bytes of events that may wait unless told otherwise.
const BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long an event waits for company unless told otherwise.
const INTERVAL: Duration = Duration::from_secs(1);
/// Longest name of a log group or stream.
const NAME_CHARS_MAX: usize = 512;

/// Why events cannot be shipped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogsError {
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

impl From<InvalidEndpoint> for LogsError {
    fn from(InvalidEndpoint(value): InvalidEndpoint) -> Self {
        Self::Invalid { field: "endpoint", value, rule: "expected http://HOST[:PORT][/PATH] or https://..." }
    }
}

/// Settings of the shipping of events; [`layer`] takes them.
pub struct LogsConfig {
    endpoint: String,
    destination: Destination,
    resource: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    signer: Option<Box<dyn Sign>>,
    level: Level,
    form: IdForm,
    events_max: usize,
    bytes_max: usize,
    interval: Duration,
    clock: Clock,
}

#[derive(Debug)]
enum Destination {
    CloudWatch { group: String, stream: String },
    Otlp,
}

impl LogsConfig {
    /// Ships to a stream of CloudWatch Logs; group and stream are created when they are missing.
    ///
    /// `endpoint` is `https://logs.REGION.amazonaws.com`, which wants requests signed
    /// ([`LogsConfig::sign`]), or a backend that speaks its protocol. A stream had better have one
    /// writer, such as one process.
    pub fn cloudwatch(endpoint: impl Into<String>, group: impl Into<String>, stream: impl Into<String>) -> Self {
        let destination = Destination::CloudWatch { group: group.into(), stream: stream.into() };
        Self::new(endpoint.into(), destination)
    }

    /// Ships over OTLP/HTTP as protobuf, to `/v1/logs` below `endpoint`.
    pub fn otlp(endpoint: impl Into<String>, service_name: impl Into<String>) -> Self {
        let config = Self::new(endpoint.into(), Destination::Otlp);
        config.resource_attribute("service.name", service_name)
    }

    fn new(endpoint: String, destination: Destination) -> Self {
        Self {
            endpoint,
            destination,
            resource: Vec::new(),
            headers: Vec::new(),
            signer: None,
            level: Level::INFO,
            form: IdForm::default(),
            events_max: EVENTS_MAX,
            bytes_max: BYTES_MAX,
            interval: INTERVAL,
            clock: Clock::system(),
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
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Signs each request, with AWS's signature version 4 for example.
    #[must_use]
    pub fn sign(self, signer: impl Sign) -> Self {
        Self { signer: Some(Box::new(signer)), ..self }
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
    pub fn bytes_max(self, bytes_max: usize) -> Self {
        Self { bytes_max, ..self }
    }

    /// How long an event waits for company at most; one second unless said otherwise.
    #[must_use]
    pub fn interval(self, interval: Duration) -> Self {
        Self { interval, ..self }
    }

    /// Where time is read.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }
}

impl fmt::Debug for LogsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may hold secrets.
        f.debug_struct("LogsConfig")
            .field("endpoint", &self.endpoint)
            .field("destination", &self.destination)
            .field("level", &self.level)
            .finish_non_exhaustive()
    }
}

/// Makes the layer, and starts the thread that ships what it takes in.
///
/// # Errors
/// [`LogsError`] names a setting that is not what it may be, or the system gives no thread.
pub fn layer(config: LogsConfig) -> Result<(LogsLayer, ShippingGuard), LogsError> {
    let queue = Arc::new(Queue::new(QueueLimits { items_max: config.events_max, bytes_max: config.bytes_max }));
    let path = match config.destination {
        Destination::CloudWatch { .. } => "/",
        Destination::Otlp => "/v1/logs",
    };
    let endpoint = Endpoint::new(&config.endpoint, path)?.with_headers(config.headers).with_signer(config.signer);
    let guard = match config.destination {
        Destination::CloudWatch { group, stream } => {
            check_names(&group, &stream)?;
            let sink = CloudWatchLogs { endpoint, group, stream, form: config.form };
            start("siskin-logs", &queue, sink, config.interval)?
        }
        Destination::Otlp => {
            let sink = OtlpLogs { endpoint, resource: config.resource };
            start("siskin-logs", &queue, sink, config.interval)?
        }
    };
    Ok((LogsLayer::new(queue, config.clock, config.level), guard))
}

fn check_names(group: &str, stream: &str) -> Result<(), LogsError> {
    let is_sized = |name: &str| (1..=NAME_CHARS_MAX).contains(&name.chars().count());
    let in_group = |character: char| character.is_ascii_alphanumeric() || "_/.#-".contains(character);
    if !is_sized(group) || !group.chars().all(in_group) {
        let rule = "expected 1-512 characters of a-z, A-Z, 0-9 and _ / . # -";
        return Err(LogsError::Invalid { field: "log group", value: group.to_owned(), rule });
    }
    if !is_sized(stream) || stream.contains([':', '*']) {
        let rule = "expected 1-512 characters without : and *";
        return Err(LogsError::Invalid { field: "log stream", value: stream.to_owned(), rule });
    }
    Ok(())
}
