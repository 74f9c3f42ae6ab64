//! Bodies: bounded in size and time, inflated, protobuf or JSON.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::fault::OtlpFault;
use crate::wire::gzip::{InflateError, inflate};

/// Largest body, before and after decompression, in bytes. AWS takes 5 MB.
pub(super) const BODY_BYTES_MAX: usize = 5 << 20;
/// How long a client may take to send its body.
const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// How a request is written; the answer is written likewise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

impl Encoding {
    /// What `Content-Type` says.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, OtlpFault> {
        let text = headers.get(CONTENT_TYPE).map_or("", |value| value.to_str().unwrap_or("unprintable"));
        let kind = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-protobuf" | "application/protobuf" => Ok(Self::Protobuf),
            "application/json" => Ok(Self::Json),
            _ => Err(OtlpFault::UnsupportedMediaType(format!("content type {text:?}"))),
        }
    }

    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }

    /// The message inside a body.
    pub(super) fn decode<M: prost::Message + Default + DeserializeOwned>(self, body: &[u8]) -> Result<M, OtlpFault> {
        match self {
            Self::Protobuf => {
                M::decode(body).map_err(|error| OtlpFault::Malformed(format!("the body is not protobuf: {error}")))
            }
            Self::Json => serde_json::from_slice(body)
                .map_err(|error| OtlpFault::Malformed(format!("the body is not OTLP JSON: {error}"))),
        }
    }

    /// The answer that says 200.
    pub(super) fn answer<M: prost::Message + Serialize>(self, message: &M) -> Response {
        let bytes = match self {
            Self::Protobuf => message.encode_to_vec(),
            Self::Json => serde_json::to_vec(message).expect("numbers and texts are JSON"),
        };
        ([(CONTENT_TYPE, self.content_type())], bytes).into_response()
    }
}

/// The whole body, decompressed.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, OtlpFault> {
    let sent = tokio::time::timeout(BODY_TIME_MAX, collect(body)).await.map_err(|_| OtlpFault::TooSlow)??;
    let encoding = headers.get(CONTENT_ENCODING).map_or("", |value| value.to_str().unwrap_or("unprintable"));
    match encoding.to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(sent),
        "gzip" => inflate(&sent, BODY_BYTES_MAX).map_err(|error| match error {
            InflateError::NotGzip(_) => OtlpFault::Malformed(error.to_string()),
            InflateError::TooLarge(bytes_max) => OtlpFault::TooLarge { bytes_max },
        }),
        _ => Err(OtlpFault::UnsupportedMediaType(format!("content encoding {encoding:?}"))),
    }
}

async fn collect(body: Body) -> Result<Bytes, OtlpFault> {
    match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(OtlpFault::TooLarge { bytes_max: BODY_BYTES_MAX }),
        Err(error) => Err(OtlpFault::Malformed(format!("the body was cut off: {error}"))),
    }
}
