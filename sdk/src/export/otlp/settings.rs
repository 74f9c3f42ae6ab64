//! Settings, by code or by the variables OpenTelemetry names.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use ureq::http::{HeaderName, HeaderValue, Uri};
use ureq::tls::Certificate;

use crate::ConfigError;
use crate::client::{ADDRESS_RULE, address, certificates, shown};

/// Where a collector listens unless told otherwise.
const ENDPOINT: &str = "http://localhost:4318/v1/traces";
/// For a request unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How requests are made smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// By gzip.
    Gzip,
}

#[derive(Clone)]
pub(super) struct OtlpSettings {
    pub(super) endpoint: Uri,
    pub(super) headers: Vec<(String, String)>,
    pub(super) timeout: Duration,
    pub(super) compression: Compression,
    pub(super) roots: Option<Arc<Vec<Certificate<'static>>>>,
}

impl fmt::Debug for OtlpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers are where tokens are.
        f.debug_struct("OtlpSettings")
            .field("endpoint", &shown(&self.endpoint))
            .field("timeout", &self.timeout)
            .field("compression", &self.compression)
            .finish_non_exhaustive()
    }
}

impl Default for OtlpSettings {
    fn default() -> Self {
        Self {
            endpoint: Uri::from_static(ENDPOINT),
            headers: Vec::new(),
            timeout: TIMEOUT,
            compression: Compression::default(),
            roots: None,
        }
    }
}

impl OtlpSettings {
    pub(super) fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let given = |name: &'static str| variable(name).filter(|value| !value.is_empty()).map(|value| (name, value));
        // What is said of traces goes before what is said of everything.
        let either = |traces, all| given(traces).or_else(|| given(all));
        let mut settings = Self::default();
        if let Some((name, value)) = given("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
            settings.endpoint = endpoint(name, &value)?;
        } else if let Some((name, value)) = given("OTEL_EXPORTER_OTLP_ENDPOINT") {
            endpoint(name, &value)?;
            settings.endpoint = endpoint(name, &format!("{}/v1/traces", value.trim_end_matches('/')))?;
        }
        if let Some((name, value)) = either("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS") {
            settings.headers = headers(name, &value)?;
        }
        if let Some((name, value)) = either("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT") {
            let millis = value.parse().ok().filter(|millis| *millis > 0);
            settings.timeout =
                millis.map(Duration::from_millis).ok_or(refuse(name, &value, "expected milliseconds, at least 1"))?;
        }
        if let Some((name, value)) = either("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION") {
            settings.compression = match value.as_str() {
                "gzip" => Compression::Gzip,
                "none" => Compression::None,
                _ => return Err(refuse(name, &value, "expected gzip or none")),
            };
        }
        if let Some((name, value)) = either("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE") {
            let roots = certificates(&value);
            settings.roots =
                Some(Arc::new(roots.ok_or_else(|| refuse(name, &value, "expected a file with certificates in PEM"))?));
        }
        if let Some((name, value)) = either("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
            && value != "http/protobuf"
        {
            return Err(refuse(name, &value, "expected http/protobuf, which is what this exporter speaks"));
        }
        Ok(settings)
    }
}

fn refuse(variable: &'static str, value: &str, rule: &'static str) -> ConfigError {
    ConfigError { variable, value: value.to_owned(), rule }
}

pub(super) fn endpoint(variable: &'static str, value: &str) -> Result<Uri, ConfigError> {
    address(value).ok_or_else(|| refuse(variable, value, ADDRESS_RULE))
}

/// Reads `key=value,key=value`, percent-encoded, as W3C baggage is.
fn headers(variable: &'static str, value: &str) -> Result<Vec<(String, String)>, ConfigError> {
    // Headers are where tokens are: the message does not repeat them.
    let wrong = || refuse(variable, "...", "expected header=value,header=value, percent-encoded");
    let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').and_then(|(name, value)| header(name, value)).ok_or_else(wrong)).collect()
}

fn header(name: &str, value: &str) -> Option<(String, String)> {
    let name = name.trim().to_ascii_lowercase();
    let value = percent_decode_str(value.trim()).decode_utf8().ok()?.into_owned();
    is_header(&name, &value).then_some((name, value))
}

pub(super) fn is_header(name: &str, value: &str) -> bool {
    HeaderName::try_from(name).is_ok() && HeaderValue::try_from(value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<OtlpSettings, ConfigError> {
        OtlpSettings::from_variables(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn endpoints_are_what_the_specification_makes_of_them() {
        for (variable, value, endpoint) in [
            ("", "", "http://localhost:4318/v1/traces"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318", "http://c:4318/v1/traces"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c/otlp/", "https://c/otlp/v1/traces"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:4318/mine", "http://c:4318/mine"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:4318", "http://c:4318/"),
        ] {
            assert_eq!(read(&[(variable, value)]).unwrap().endpoint.to_string(), endpoint);
        }
    }

    #[test]
    fn what_is_said_of_traces_goes_first() {
        let settings = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", " Api-Key = s%20ecret , x=1=2,"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "1"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "2500"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
            ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"),
        ])
        .unwrap();
        assert_eq!(settings.endpoint.to_string(), "http://traces/");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(settings.headers, [pair("api-key", "s ecret"), pair("x", "1=2")]);
        assert_eq!(settings.timeout, Duration::from_millis(2_500));
        assert_eq!(settings.compression, Compression::Gzip);
        assert!(!format!("{settings:?}").contains("ecret"), "{settings:?}");
    }

    #[test]
    fn refusals_name_variable_value_and_rule() {
        let message = |name, value| read(&[(name, value)]).unwrap_err().to_string();
        insta::assert_snapshot!(message("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"), @r#"OTEL_EXPORTER_OTLP_ENDPOINT="localhost:4318": expected an address, http://... or https://..."#);
        insta::assert_snapshot!(message("OTEL_EXPORTER_OTLP_HEADERS", "token"), @r#"OTEL_EXPORTER_OTLP_HEADERS="...": expected header=value,header=value, percent-encoded"#);
        insta::assert_snapshot!(message("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"), @r#"OTEL_EXPORTER_OTLP_TIMEOUT="10s": expected milliseconds, at least 1"#);
        insta::assert_snapshot!(message("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd"), @r#"OTEL_EXPORTER_OTLP_COMPRESSION="zstd": expected gzip or none"#);
        insta::assert_snapshot!(message("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), @r#"OTEL_EXPORTER_OTLP_PROTOCOL="grpc": expected http/protobuf, which is what this exporter speaks"#);
        insta::assert_snapshot!(message("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere.pem"), @r#"OTEL_EXPORTER_OTLP_CERTIFICATE="/nowhere.pem": expected a file with certificates in PEM"#);
    }
}
