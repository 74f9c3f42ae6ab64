//! Limits that more than one layer needs; the limits of one operation stand beside it.

/// Largest body of a request on the AWS port, in bytes, as sent.
pub const REQUEST_BODY_BYTES_MAX: usize = 16 << 20;

/// Largest body after decompression, in bytes. `CloudWatch` allows 1 MB per request, X-Ray's OTLP 5 MB.
pub const REQUEST_BODY_INFLATED_BYTES_MAX: usize = 64 << 20;
