//! How a trace ended.

use std::time::Duration;

/// How the root of a trace ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcome<'a> {
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// Whether it failed; a status goes before this.
    pub failed: bool,
    /// How long it took.
    pub duration: Duration,
    /// The name of the root's span, such as `GET /orders/{id}`.
    pub operation: Option<&'a str>,
    /// The HTTP method.
    pub method: Option<&'a str>,
    /// The path of the URL.
    pub path: Option<&'a str>,
}

impl Outcome<'_> {
    /// Whether the trace is one of `operation`: the name of the root's span, or what the AWS Distro for
    /// OpenTelemetry makes of a request, the method and the first part of the path, as in `GET /orders`.
    pub fn is_of(&self, operation: &str) -> bool {
        self.operation == Some(operation) || self.is_request(operation)
    }

    fn is_request(&self, operation: &str) -> bool {
        let Some(path) = self.path else { return false };
        let path = path.split_once('?').map_or(path, |(path, _query)| path);
        let asked = match self.method {
            Some(method) => operation.strip_prefix(method).and_then(|rest| rest.strip_prefix(' ')),
            None => Some(operation),
        };
        asked.and_then(|asked| asked.strip_prefix('/')) == Some(path.split('/').nth(1).unwrap_or_default())
    }
}
