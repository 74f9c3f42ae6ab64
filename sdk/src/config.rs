//! Configuration.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tracing_core::Level;

use crate::Clock;
use crate::export::{Exporter, Format, UdpExporter};
#[cfg(feature = "spool")]
use crate::export::{Outbox, OutboxSettings, SpoolSettings, UdpTransport};
use crate::layer::slots::Slots;
use crate::layer::{Recorder, RecorderSettings, XRayLayer, remember};
use crate::pipeline::{Guard, Intake, Patience, ServiceIdentity, Work, start};
use crate::sampling::Sampler;
#[cfg(feature = "central-sampling")]
use crate::sampling::{CentralSettings, DaemonSource};

/// Where the X-Ray daemon listens unless told otherwise.
const DAEMON_ADDRESS: &str = "127.0.0.1:2000";
/// Segments that may be open at once unless told otherwise.
const OPEN_SEGMENTS_MAX: usize = 16_384;
/// Memory for open and waiting segments unless told otherwise.
const MEMORY_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Finished segments that may wait for the exporter unless told otherwise.
const QUEUE_MAX: usize = 4_096;

/// What to do when an annotation is made outside of every span; `AWS_XRAY_CONTEXT_MISSING`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContextMissing {
    /// Log an error (`LOG_ERROR`).
    #[default]
    LogError,
    /// Panic (`RUNTIME_ERROR`): finds mistakes in tests.
    Panic,
    /// Nothing (`IGNORE_ERROR`).
    Ignore,
}

/// An environment variable that does not say what it could.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{variable}={value:?}: {rule}")]
pub struct ConfigError {
    /// The variable.
    pub variable: &'static str,
    /// Its value.
    pub value: String,
    /// What it may be.
    pub rule: &'static str,
}

/// Settings of the SDK; [`crate::layer`] takes them.
#[derive(Debug)]
pub struct Config {
    enabled: bool,
    service_name: String,
    service_version: Option<String>,
    origin: Option<String>,
    sampler: Sampler,
    /// Where the daemon passes calls on to the service.
    #[cfg(feature = "central-sampling")]
    daemon_tcp: String,
    #[cfg(feature = "central-sampling")]
    central_sampling: bool,
    destination: Destination,
    clock: Clock,
    span_level: Level,
    event_level: Level,
    context_missing: ContextMissing,
    #[cfg(feature = "opentelemetry")]
    opentelemetry: bool,
    open_segments_max: usize,
    memory_bytes_max: usize,
    queue_max: usize,
    patience: Patience,
    #[cfg(feature = "spool")]
    spool: Option<SpoolSettings>,
}

enum Destination {
    Daemon(String),
    Exporter(Box<dyn Exporter>),
}

impl std::fmt::Debug for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Daemon(address) => f.debug_tuple("Daemon").field(address).finish(),
            Self::Exporter(_) => f.write_str("Exporter(..)"),
        }
    }
}

impl Config {
    /// Settings for a service of this name: the default rule, the daemon at 127.0.0.1:2000, spans of
    /// level INFO and above.
    pub fn new(service_name: impl Into<String>) -> Self {
        Self {
            enabled: true,
            service_name: service_name.into(),
            service_version: None,
            origin: None,
            sampler: Sampler::default(),
            #[cfg(feature = "central-sampling")]
            daemon_tcp: DAEMON_ADDRESS.to_owned(),
            #[cfg(feature = "central-sampling")]
            central_sampling: false,
            destination: Destination::Daemon(DAEMON_ADDRESS.to_owned()),
            clock: Clock::system(),
            span_level: Level::INFO,
            event_level: Level::ERROR,
            context_missing: ContextMissing::default(),
            #[cfg(feature = "opentelemetry")]
            opentelemetry: false,
            open_segments_max: OPEN_SEGMENTS_MAX,
            memory_bytes_max: MEMORY_BYTES_MAX,
            queue_max: QUEUE_MAX,
            patience: Patience::default(),
            #[cfg(feature = "spool")]
            spool: None,
        }
    }

    /// The same, as the environment says: `AWS_XRAY_TRACING_NAME` (or else `OTEL_SERVICE_NAME`) goes
    /// before `service_name`, `AWS_XRAY_DAEMON_ADDRESS`, `AWS_XRAY_CONTEXT_MISSING`,
    /// `AWS_XRAY_SDK_ENABLED` and `AWS_XRAY_SDK_DISABLED` mean what they mean to the X-Ray SDKs.
    ///
    /// # Errors
    /// [`ConfigError`] names the variable, its value and what it may be.
    pub fn from_env(service_name: impl Into<String>) -> Result<Self, ConfigError> {
        Self::from_variables(service_name, |name| std::env::var(name).ok())
    }

    /// The same with variables from elsewhere than the process's environment.
    ///
    /// # Errors
    /// As [`Config::from_env`].
    pub fn from_variables(
        service_name: impl Into<String>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let given = |name: &'static str| variable(name).filter(|value| !value.is_empty());
        let name = given("AWS_XRAY_TRACING_NAME").or_else(|| given("OTEL_SERVICE_NAME"));
        let mut config = Self::new(name.unwrap_or_else(|| service_name.into()));
        if let Some(value) = given("AWS_XRAY_DAEMON_ADDRESS") {
            let addresses = daemon_addresses(&value).ok_or(ConfigError {
                variable: "AWS_XRAY_DAEMON_ADDRESS",
                value: value.clone(),
                rule: "expected host:port, or tcp:host:port udp:host:port",
            })?;
            config.destination = Destination::Daemon(addresses.udp.to_owned());
            #[cfg(feature = "central-sampling")]
            {
                addresses.tcp.clone_into(&mut config.daemon_tcp);
            }
        }
        if let Some(value) = given("AWS_XRAY_CONTEXT_MISSING") {
            config.context_missing = match value.as_str() {
                "LOG_ERROR" => ContextMissing::LogError,
                "RUNTIME_ERROR" => ContextMissing::Panic,
                "IGNORE_ERROR" => ContextMissing::Ignore,
                _ => {
                    let rule = "expected LOG_ERROR, RUNTIME_ERROR or IGNORE_ERROR";
                    return Err(ConfigError { variable: "AWS_XRAY_CONTEXT_MISSING", value, rule });
                }
            };
        }
        for (variable, enables) in [("AWS_XRAY_SDK_ENABLED", true), ("AWS_XRAY_SDK_DISABLED", false)] {
            if let Some(value) = given(variable) {
                let rule = "expected true or false";
                let flag = value.to_ascii_lowercase().parse::<bool>();
                config.enabled &= flag.map_err(|_| ConfigError { variable, value, rule })? == enables;
            }
        }
        Ok(config)
    }

    /// Whether anything is recorded; `true` unless the environment says otherwise.
    #[must_use]
    pub fn enabled(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }

    /// The version every segment states.
    #[must_use]
    pub fn service_version(self, version: impl Into<String>) -> Self {
        Self { service_version: Some(version.into()), ..self }
    }

    /// The kind of resource the service runs on, such as `AWS::ECS::Container`.
    #[must_use]
    pub fn origin(self, origin: impl Into<String>) -> Self {
        Self { origin: Some(origin.into()), ..self }
    }

    /// What decides on traces that begin here.
    #[must_use]
    pub fn sampler(self, sampler: Sampler) -> Self {
        Self { sampler, ..self }
    }

    /// Follows the sampling rules and quotas of the X-Ray service, which the daemon's TCP port passes
    /// on. The sampler set by [`Config::sampler`], or else the default rule, decides until the first
    /// rules are there and when none have come for an hour.
    #[cfg(feature = "central-sampling")]
    #[must_use]
    pub fn central_sampling(self) -> Self {
        Self { central_sampling: true, ..self }
    }

    /// Sends to the daemon at `address`, which is `host:port`.
    #[must_use]
    pub fn daemon_address(self, address: impl Into<String>) -> Self {
        let address = address.into();
        Self {
            #[cfg(feature = "central-sampling")]
            daemon_tcp: address.clone(),
            destination: Destination::Daemon(address),
            ..self
        }
    }

    /// Hands documents to `exporter` instead of the daemon.
    #[must_use]
    pub fn exporter(self, exporter: impl Exporter) -> Self {
        Self { destination: Destination::Exporter(Box::new(exporter)), ..self }
    }

    /// Keeps documents the daemon's port refuses on disk, and sends them when it is open again.
    ///
    /// [`layer`] refuses this beside an exporter of your own: an [`Outbox`] is told of its spool.
    #[cfg(feature = "spool")]
    #[must_use]
    pub fn spool(self, spool: SpoolSettings) -> Self {
        Self { spool: Some(spool), ..self }
    }

    /// Where time is read.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The most verbose level of spans that are recorded; what is inside of more verbose ones belongs
    /// to the nearest recorded span around them.
    #[must_use]
    pub fn span_level(self, span_level: Level) -> Self {
        Self { span_level, ..self }
    }

    /// The most verbose level of events that are recorded, ERROR unless told otherwise. Those of level
    /// ERROR are exceptions of their span, others its metadata `events`; the latest 128 of a span are
    /// kept.
    #[must_use]
    pub fn event_level(self, event_level: Level) -> Self {
        Self { event_level, ..self }
    }

    /// Whether a span that begins outside of all our spans, but inside of one of OpenTelemetry's, is a
    /// segment of that one's trace; `false` unless told otherwise, as it costs each segment a look. The
    /// other way round is [`ContextLayer`](crate::otel::ContextLayer)'s.
    #[cfg(feature = "opentelemetry")]
    #[must_use]
    pub fn opentelemetry(self, opentelemetry: bool) -> Self {
        Self { opentelemetry, ..self }
    }

    /// What to do when an annotation is made outside of every span.
    #[must_use]
    pub fn context_missing(self, context_missing: ContextMissing) -> Self {
        Self { context_missing, ..self }
    }

    /// Segments that may be open at once, 1-65,536; further ones are dropped and counted.
    #[must_use]
    pub fn open_segments_max(self, open_segments_max: usize) -> Self {
        Self { open_segments_max, ..self }
    }

    /// Memory that open and waiting segments may take, in bytes; what is beyond is dropped and counted.
    #[must_use]
    pub fn memory_bytes_max(self, memory_bytes_max: usize) -> Self {
        Self { memory_bytes_max, ..self }
    }

    /// Finished segments that may wait for the exporter, at least 1; further ones are dropped and
    /// counted.
    #[must_use]
    pub fn queue_max(self, queue_max: usize) -> Self {
        Self { queue_max: queue_max.max(1), ..self }
    }

    /// How long a sampled segment may be open before X-Ray is told of it: one document says
    /// `in_progress`, with the segment's id, name, beginning, and what is known of its fields and of
    /// spans open in it. From then on spans inside of it are sent as they end, so that its memory does not
    /// grow with its age.
    ///
    /// From one second to seven days and less than [`Config::close_open_after`], or `None` for never; ten
    /// seconds unless told otherwise. The time is kept to about a second. Over OTLP, which knows no spans in
    /// progress, spans are sent as they end all the same.
    ///
    /// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>
    #[must_use]
    pub fn in_progress_after(self, in_progress_after: impl Into<Option<Duration>>) -> Self {
        let in_progress_after = in_progress_after.into();
        Self { patience: Patience { in_progress_after, ..self.patience }, ..self }
    }

    /// How long a span may be open before it is sent as if it had ended at that moment, with the metadata
    /// `still_open: true` in the namespace `siskin`. It is not sent again when it does end; fields and
    /// events recorded after are lost and counted as [`DropReason::Late`](crate::DropReason::Late). Spans
    /// that begin in it later still belong to its trace, and are sent as they end.
    ///
    /// From one second to seven days, or `None` for never; one hour unless told otherwise. When as long
    /// again nothing is written in a segment, its slot is given to another one: spans that begin in
    /// it after that begin traces of their own. Of what is not sampled nothing is sent, and its slot is taken
    /// until it ends.
    #[must_use]
    pub fn close_open_after(self, close_open_after: impl Into<Option<Duration>>) -> Self {
        let close_open_after = close_open_after.into();
        Self { patience: Patience { close_open_after, ..self.patience }, ..self }
    }
}

/// Makes the layer, and starts the thread that exports what it records.
///
/// # Errors
/// When a duration is out of bounds, the daemon's address cannot be resolved, the spool cannot be used, or the system gives no
/// socket or thread.
pub fn layer(config: Config) -> io::Result<(XRayLayer, Guard)> {
    if !config.enabled {
        let intake = Arc::new(Intake::new(Slots::new(1, 0), 0));
        let recorder = Recorder::new(RecorderSettings::disabled(), intake);
        return Ok((XRayLayer::new(Arc::new(recorder)), Guard::disabled()));
    }
    let patience = config.patience.checked()?;
    #[cfg(feature = "spool")]
    let spool = config.spool;
    #[cfg(not(feature = "spool"))]
    let spool = None;
    let exporter = exporter(config.destination, spool)?;
    if cfg!(not(feature = "otlp")) && exporter.format() == Format::Otlp {
        let rule = "an exporter of format Otlp needs the feature `otlp`";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, rule));
    }
    let slots = Slots::new(config.open_segments_max, config.memory_bytes_max);
    let intake = Arc::new(Intake::new(slots, config.queue_max));
    let identity = ServiceIdentity {
        name: config.service_name.clone(),
        version: config.service_version,
        origin: config.origin.clone(),
    };
    #[cfg(feature = "central-sampling")]
    let sampler = if config.central_sampling {
        let settings = CentralSettings::new(&config.service_name).fallback(config.sampler).clock(config.clock.clone());
        Sampler::central(DaemonSource::new(&config.daemon_tcp), settings)?
    } else {
        config.sampler
    };
    #[cfg(not(feature = "central-sampling"))]
    let sampler = config.sampler;
    start(&intake, exporter, Work { identity, clock: config.clock.clone(), sampler: sampler.clone(), patience })?;
    let settings = RecorderSettings {
        is_enabled: true,
        service_name: config.service_name.into(),
        origin: config.origin,
        sampler,
        clock: config.clock,
        span_level: config.span_level,
        event_level: config.event_level,
        context_missing: config.context_missing,
        #[cfg(feature = "opentelemetry")]
        opentelemetry: config.opentelemetry,
    };
    let recorder = Arc::new(Recorder::new(settings, Arc::clone(&intake)));
    remember(&recorder);
    Ok((XRayLayer::new(recorder), Guard::new(intake)))
}

#[cfg(not(feature = "spool"))]
type SpoolSettings = std::convert::Infallible;

fn exporter(destination: Destination, spool: Option<SpoolSettings>) -> io::Result<Box<dyn Exporter>> {
    match (destination, spool) {
        (Destination::Daemon(address), None) => Ok(Box::new(UdpExporter::connect(&address)?)),
        (Destination::Exporter(exporter), None) => Ok(exporter),
        #[cfg(feature = "spool")]
        (Destination::Daemon(address), Some(spool)) => {
            let settings = OutboxSettings::default().spool(spool);
            Ok(Box::new(Outbox::new(UdpTransport::connect(&address)?, settings)?))
        }
        #[cfg(feature = "spool")]
        (Destination::Exporter(_), Some(_)) => {
            let rule = "Config::spool is for the daemon: an exporter of your own needs a spool of its own";
            Err(io::Error::new(io::ErrorKind::InvalidInput, rule))
        }
        #[cfg(not(feature = "spool"))]
        (_, Some(never)) => match never {},
    }
}

/// Where the daemon listens.
struct DaemonAddresses<'a> {
    #[cfg(feature = "central-sampling")]
    tcp: &'a str,
    udp: &'a str,
}

/// Reads `AWS_XRAY_DAEMON_ADDRESS`.
fn daemon_addresses(value: &str) -> Option<DaemonAddresses<'_>> {
    let is_address = |address: &&str| {
        let parts = address.rsplit_once(':').map(|(host, port)| (host, port.parse::<u16>()));
        matches!(parts, Some((host, Ok(_))) if !host.is_empty() && !host.contains(':'))
    };
    let mut parts = value.split_whitespace();
    let (tcp, udp) = match (parts.next()?, parts.next(), parts.next()) {
        (address, None, None) => (address, address),
        (first, Some(second), None) => {
            let half = |protocol| [first, second].into_iter().find_map(|part| part.strip_prefix(protocol));
            half("tcp:").zip(half("udp:"))?
        }
        _ => return None,
    };
    (is_address(&tcp) && is_address(&udp)).then_some(DaemonAddresses {
        #[cfg(feature = "central-sampling")]
        tcp,
        udp,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_variables("coded", |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn variables_go_before_code() {
        let read = config(&[
            ("AWS_XRAY_TRACING_NAME", "env"),
            ("OTEL_SERVICE_NAME", "otel"),
            ("AWS_XRAY_DAEMON_ADDRESS", "udp:h:2001 tcp:h:2002"),
            ("AWS_XRAY_CONTEXT_MISSING", "IGNORE_ERROR"),
        ])
        .unwrap();
        assert_eq!((read.service_name.as_str(), read.context_missing), ("env", ContextMissing::Ignore));
        #[cfg(feature = "central-sampling")]
        assert_eq!(read.daemon_tcp, "h:2002");
        assert!(matches!(read.destination, Destination::Daemon(address) if address == "h:2001"));
        assert_eq!(config(&[("OTEL_SERVICE_NAME", "otel")]).unwrap().service_name, "otel");
        assert_eq!(config(&[("AWS_XRAY_TRACING_NAME", "")]).unwrap().service_name, "coded");
    }

    #[test]
    fn either_switch_turns_it_off() {
        for (variables, enabled) in [
            (&[("AWS_XRAY_SDK_ENABLED", "False")][..], false),
            (&[("AWS_XRAY_SDK_DISABLED", "TRUE")], false),
            (&[("AWS_XRAY_SDK_ENABLED", "true"), ("AWS_XRAY_SDK_DISABLED", "false")], true),
            (&[], true),
        ] {
            assert_eq!(config(variables).unwrap().enabled, enabled, "{variables:?}");
        }
    }

    #[test]
    fn durations_are_within_bounds() {
        let refusal = |config: Config| layer(config).err().map(|error| error.to_string()).unwrap_or_default();
        let config = || Config::new("shop");
        let seconds = Duration::from_secs;
        insta::assert_snapshot!(refusal(config().in_progress_after(Duration::ZERO)), @"Config::in_progress_after = 0ns: expected one second to seven days");
        insta::assert_snapshot!(refusal(config().close_open_after(seconds(604_801))), @"Config::close_open_after = 604801s: expected one second to seven days");
        insta::assert_snapshot!(refusal(config().close_open_after(seconds(10))), @"Config::in_progress_after = 10s: expected less than close_open_after = 10s");
        assert_eq!(refusal(config().in_progress_after(None).close_open_after(None)), "");
        assert_eq!(refusal(config().in_progress_after(None).close_open_after(seconds(1))), "");
    }

    #[test]
    fn refusals_name_variable_value_and_rule() {
        let message = |name, value| config(&[(name, value)]).unwrap_err().to_string();
        insta::assert_snapshot!(message("AWS_XRAY_DAEMON_ADDRESS", "localhost"), @r#"AWS_XRAY_DAEMON_ADDRESS="localhost": expected host:port, or tcp:host:port udp:host:port"#);
        insta::assert_snapshot!(message("AWS_XRAY_CONTEXT_MISSING", "no"), @r#"AWS_XRAY_CONTEXT_MISSING="no": expected LOG_ERROR, RUNTIME_ERROR or IGNORE_ERROR"#);
        insta::assert_snapshot!(message("AWS_XRAY_SDK_ENABLED", "no"), @r#"AWS_XRAY_SDK_ENABLED="no": expected true or false"#);
        for address in ["tcp:h:1", "tcp:h:1 udp:h", "a b c", ":2000", "h:99999", "[::1]:2000"] {
            assert!(config(&[("AWS_XRAY_DAEMON_ADDRESS", address)]).is_err(), "{address}");
        }
    }
}
