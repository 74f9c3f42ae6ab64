//! One HTTP request that a run made, from a page or from a script.

use std::time::Duration;

use jiff::Timestamp;
use siskin_sdk::id::SpanId;

/// What became of one request.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub struct RequestReport {
    /// Its subsegment in the run's trace; the id that went out in the request's trace headers.
    pub span_id: SpanId,
    /// The HTTP method.
    pub method: String,
    /// Where it went, without user, password and fragment.
    pub url: String,
    /// The status, if an answer came.
    pub status: Option<u16>,
    /// What went wrong on the way.
    pub failed: Option<String>,
    /// When it was sent.
    pub started: Timestamp,
    /// Until its answer was whole.
    pub duration: Duration,
    /// The parts of it, of a script's request; those of a page's are in the HAR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timings: Option<RequestTimings>,
    /// Whether trace headers went with it.
    pub traced: bool,
}

/// What the time of a request went to; without what an open connection saved.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct RequestTimings {
    /// Looking up the name; none for an address.
    pub dns: Option<Duration>,
    /// Connecting, the TLS handshake in it.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// Sending the request, and waiting for the headers of its answer.
    pub wait: Duration,
    /// From then until the body was read.
    pub receive: Duration,
}

impl RequestReport {
    /// `2`, `4` or `5` of `2xx`; `None` without an answer.
    pub fn status_class(&self) -> Option<u16> {
        self.status.map(|status| status / 100)
    }
}
