//! The `http` block: the request a segment served or a subsegment made.

use serde::{Deserialize, Serialize};

use super::lenient;

/// One HTTP exchange.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Http {
    /// What was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<HttpRequest>,
    /// What was answered; absent when no answer came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<HttpResponse>,
}

/// The request half.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// `GET`, `POST` and so on.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub method: Option<String>,
    /// The full URL, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub url: Option<String>,
    /// The client's `User-Agent`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub user_agent: Option<String>,
    /// The client's IP address; its presence marks a segment as a server's.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub client_ip: Option<String>,
    /// Segments: `client_ip` was read from `X-Forwarded-For`, so anyone may have written it.
    #[serde(default, skip_serializing_if = "lenient::is_false", deserialize_with = "lenient::null_as_default")]
    pub x_forwarded_for: bool,
    /// Subsegments: the callee is traced, too, and sends a segment of its own.
    #[serde(default, skip_serializing_if = "lenient::is_false", deserialize_with = "lenient::null_as_default")]
    pub traced: bool,
}

/// The response half.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HttpResponse {
    /// The status code.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::whole_number")]
    pub status: Option<i64>,
    /// Bytes of the body; emitters write -1 for unknown.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::whole_number")]
    pub content_length: Option<i64>,
}
