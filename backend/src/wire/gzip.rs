//! Compressed bodies. SDKs compress `PutMetricData` from 10 KB on; any operation may be sent so.

use std::io::Read as _;

use bytes::Bytes;
use flate2::bufread::MultiGzDecoder;

/// Why a body could not be inflated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InflateError {
    /// Not gzip, or cut off.
    #[error("the body is not gzip: {0}")]
    NotGzip(String),
    /// It would be larger than allowed.
    #[error("the body is larger than {0} bytes when decompressed")]
    TooLarge(usize),
}

/// The bytes inside a gzip body.
///
/// # Errors
/// Not gzip, or more than `bytes_max` inside; what is over is never held in memory.
pub fn inflate(body: &[u8], bytes_max: usize) -> Result<Bytes, InflateError> {
    let mut inflated = Vec::new();
    let limit = bytes_max as u64 + 1;
    MultiGzDecoder::new(body)
        .take(limit)
        .read_to_end(&mut inflated)
        .map_err(|error| InflateError::NotGzip(error.to_string()))?;
    if inflated.len() > bytes_max { Err(InflateError::TooLarge(bytes_max)) } else { Ok(inflated.into()) }
}
