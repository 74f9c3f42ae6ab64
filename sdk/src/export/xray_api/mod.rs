//! Segments to the X-Ray API.
//!
//! Source: <https://docs.aws.amazon.com/xray/latest/api/API_PutTraceSegments.html>

mod answer;
mod rejections;
mod transport;

pub use rejections::Rejections;
pub use transport::XRayApi;
