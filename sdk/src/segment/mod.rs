//! The X-Ray segment document: one definition that the SDK and the runner write with and a backend
//! parses with.
//!
//! A [`Segment`] is a whole segment (the work of one service on one request), an independent
//! subsegment (sent on its own), or a subsegment embedded in either. Parsing is lenient where
//! emitters in the field differ, and strict where the service is: [`Segment::parse`] answers with the
//! error code `PutTraceSegments` reports.
//!
//! Format: <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>

mod annotation;
mod aws;
mod cause;
mod document;
mod http;
mod invalid;
mod lenient;
pub mod limits;
mod sql;
mod time;

pub use annotation::{AnnotationValue, Annotations};
pub use aws::{Aws, XRaySdk};
pub use cause::{Cause, CauseDetail, Exception, StackFrame};
pub use document::{Kind, Link, Segment, Service};
pub use http::{Http, HttpRequest, HttpResponse};
pub use invalid::Invalid;
pub use sql::Sql;
pub use time::EpochTime;

#[cfg(test)]
mod tests;
