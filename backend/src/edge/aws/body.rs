//! The body of a request: bounded in size and time, decompressed.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::base::limits::{REQUEST_BODY_BYTES_MAX, REQUEST_BODY_INFLATED_BYTES_MAX};
use crate::wire::Fault;
use crate::wire::gzip::{InflateError, inflate};

/// How long a client may take to send its body.
const BODY_TIME_MAX: Duration = Duration::from_mins(1);

/// The whole body as the operation sees it.
///
/// # Errors
/// Too large (before or after decompression), too slow, cut off, or encoded otherwise than gzip.
pub(super) async fn read(head: &Parts, body: Body) -> Result<Bytes, Fault> {
    let sent = tokio::time::timeout(BODY_TIME_MAX, collect(body)).await.map_err(|_| too_slow())??;
    decompress(head, sent)
}

async fn collect(body: Body) -> Result<Bytes, Fault> {
    match Limited::new(body, REQUEST_BODY_BYTES_MAX).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Fault::too_large(REQUEST_BODY_BYTES_MAX)),
        Err(error) => Err(Fault::malformed(format!("the body was cut off: {error}"))),
    }
}

fn decompress(head: &Parts, sent: Bytes) -> Result<Bytes, Fault> {
    let encoding = head.headers.get(CONTENT_ENCODING).map_or("", |value| value.to_str().unwrap_or("unprintable"));
    match encoding.to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(sent),
        "gzip" | "x-gzip" => inflate(&sent, REQUEST_BODY_INFLATED_BYTES_MAX).map_err(|error| match error {
            InflateError::NotGzip(_) => Fault::malformed(error.to_string()),
            InflateError::TooLarge(bytes_max) => Fault::too_large(bytes_max),
        }),
        _ => Err(Fault::unsupported_media_type(encoding)),
    }
}

fn too_slow() -> Fault {
    let message = format!("The body did not arrive within {} seconds.", BODY_TIME_MAX.as_secs());
    Fault::sender("RequestTimeoutException", "RequestTimeout", message).with_status(408)
}
