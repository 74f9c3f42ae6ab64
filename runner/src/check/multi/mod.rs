//! AWS's multi-checks: a JSON document of HTTP, DNS, SSL and TCP checks with assertions, and our own checks of gRPC
//! health and `WebSocket`s in the same document.
//!
//! `document` is read by `fields`, which names every mistake by its `JSONPath`; texts are `template`s, filled when their
//! step runs. `dns`, `ssl`, `tcp`, `grpc` and `websocket` each read their part and ask the service; HTTP requests are sent
//! by whoever runs a step. `assertion` judges the `facts` that came back.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Synthetics_WritingCanary_Multichecks.html>

mod assertion;
mod auth;
mod dial;
mod dns;
mod document;
mod encoding;
mod extractor;
mod facts;
mod fields;
mod grpc;
mod http;
mod number;
mod probe;
mod ssl;
mod tcp;
mod template;
mod tls;
mod websocket;

#[cfg(test)]
mod tests;

pub use assertion::Outcome;
pub(crate) use assertion::judge;
pub(crate) use auth::{Auth, ClientCredentials};
pub(crate) use document::{Check, Step};
pub use document::{Checks, limits};
pub(crate) use facts::{Facts, HttpAnswer};
pub(crate) use http::HttpCheck;
pub(crate) use probe::{ProbeError, Probing, probe, target};
pub use template::SecretName;
pub(crate) use template::{Template, Unfilled, Values};
