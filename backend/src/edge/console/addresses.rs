//! Where the backend listens, for the commands that pages suggest.

use std::net::SocketAddr;

/// Where the backend listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// AWS APIs and console.
    pub api: SocketAddr,
    /// X-Ray daemon, UDP and TCP.
    pub xray: SocketAddr,
    /// OTLP over HTTP.
    pub otlp: SocketAddr,
}

impl Addresses {
    /// The beginning of every AWS CLI command against this backend.
    pub(super) fn aws(&self) -> String {
        format!("aws --endpoint-url http://{}", self.api)
    }

    /// How an instrumented service is told where to send its traces.
    pub(super) fn traced(&self) -> String {
        format!("AWS_XRAY_DAEMON_ADDRESS={} cargo run", self.xray)
    }
}
