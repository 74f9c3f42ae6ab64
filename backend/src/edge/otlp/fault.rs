//! Refusals as OTLP says: `google.rpc.Status` in the encoding of the request.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use prost::Message as _;
use serde::Serialize;

use super::body::Encoding;
use crate::service::logs::LogsError;
use crate::store::StoreError;

/// Why a request was not taken at all. What is wrong with single items is told in `partial_success`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum OtlpFault {
    /// The body cannot be read, or breaks a limit on numbers.
    #[error("{0}")]
    Malformed(String),
    /// The body is too large.
    #[error("the request is larger than {bytes_max} bytes")]
    TooLarge {
        /// The limit, in bytes.
        bytes_max: usize,
    },
    /// Neither protobuf nor JSON, or compressed otherwise than by gzip.
    #[error("{0} is not supported: send application/x-protobuf or application/json, plain or gzip")]
    UnsupportedMediaType(String),
    /// The body did not come in time.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// Memory is full until the next flush: to be sent again.
    #[error("the store's memory is full")]
    Overloaded {
        /// Whole seconds after which to try again.
        retry_after_secs: u64,
    },
    /// Nothing can be written now: to be sent again.
    #[error("the store cannot write now: {0}")]
    Unavailable(String),
    /// A fault of ours; the details are in the log.
    #[error("an internal error occurred")]
    Internal,
}

/// Codes of `google.rpc.Code`.
const INVALID_ARGUMENT: i32 = 3;
const DEADLINE_EXCEEDED: i32 = 4;
const RESOURCE_EXHAUSTED: i32 = 8;
const INTERNAL: i32 = 13;
const UNAVAILABLE: i32 = 14;

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message, Serialize)]
pub(super) struct Status {
    /// A number of `google.rpc.Code`.
    #[prost(int32, tag = "1")]
    pub(super) code: i32,
    /// For people.
    #[prost(string, tag = "2")]
    pub(super) message: String,
}

impl OtlpFault {
    fn status(&self) -> (StatusCode, i32) {
        match self {
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, INVALID_ARGUMENT),
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, INVALID_ARGUMENT),
            Self::UnsupportedMediaType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, INVALID_ARGUMENT),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, DEADLINE_EXCEEDED),
            Self::Overloaded { .. } => (StatusCode::TOO_MANY_REQUESTS, RESOURCE_EXHAUSTED),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, UNAVAILABLE),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL),
        }
    }

    /// The answer. A request in no encoding that is known gets JSON.
    pub(super) fn into_response(self, encoding: Option<Encoding>) -> Response {
        let (status, code) = self.status();
        let encoding = encoding.unwrap_or(Encoding::Json);
        let body = Status { code, message: self.to_string() };
        let bytes = match encoding {
            Encoding::Protobuf => body.encode_to_vec(),
            Encoding::Json => serde_json::to_vec(&body).expect("a number and a text are JSON"),
        };
        let mut response = (status, [(CONTENT_TYPE, encoding.content_type())], bytes).into_response();
        if let Self::Overloaded { retry_after_secs } = self {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(retry_after_secs));
        }
        response
    }
}

impl From<StoreError> for OtlpFault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded { retry_after } => {
                Self::Overloaded { retry_after_secs: retry_after.as_secs().max(1) }
            }
            StoreError::Unavailable(reason) => Self::Unavailable(reason),
            StoreError::TooLarge { limit, .. } => Self::TooLarge { bytes_max: limit },
            StoreError::TooManyRows { .. } | StoreError::Internal(_) => {
                tracing::error!(%error, "OTLP request failed");
                Self::Internal
            }
        }
    }
}

impl From<LogsError> for OtlpFault {
    fn from(error: LogsError) -> Self {
        match error {
            LogsError::Throttled { retry_after_secs } => Self::Overloaded { retry_after_secs },
            LogsError::Unavailable(reason) => Self::Unavailable(reason),
            LogsError::InvalidParameter(reason) => Self::Malformed(reason),
            // Somebody deleted the group or the stream between its making and the writing: to be sent again.
            LogsError::GroupNotFound | LogsError::StreamNotFound | LogsError::Aborted => {
                Self::Unavailable("the log stream was deleted meanwhile".to_owned())
            }
            LogsError::GroupExists
            | LogsError::StreamExists
            | LogsError::TooManyTags { .. }
            | LogsError::Internal(_) => {
                tracing::error!(%error, "OTLP request failed");
                Self::Internal
            }
        }
    }
}
