//! The five protocols, and what a request's head says about them.

use http::header::CONTENT_TYPE;
use http::request::Parts;

/// How a request is written, and so its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// awsJson 1.0.
    Json10,
    /// awsJson 1.1.
    Json11,
    /// rest-json.
    RestJson,
    /// Form in, XML out.
    Query,
    /// smithy rpc-v2-cbor.
    Cbor,
}

impl Protocol {
    /// For logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json10 => "json-1.0",
            Self::Json11 => "json-1.1",
            Self::RestJson => "rest-json",
            Self::Query => "query",
            Self::Cbor => "cbor",
        }
    }

    /// The content type of its answers.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json10 => "application/x-amz-json-1.0",
            Self::Json11 => "application/x-amz-json-1.1",
            Self::RestJson => "application/json",
            Self::Query => "text/xml",
            Self::Cbor => "application/cbor",
        }
    }

    /// The protocol that a head speaks, whether or not its operation exists: how an error is written when the body
    /// could not be read.
    pub fn of_head(head: &Parts) -> Self {
        let content_type = content_type(head);
        if head.headers.contains_key(SMITHY_PROTOCOL) || rpc_path(head.uri.path()).is_some() {
            Self::Cbor
        } else if head.headers.contains_key(TARGET) {
            if content_type == Some(Self::Json10.content_type()) { Self::Json10 } else { Self::Json11 }
        } else if head.uri.path() == "/" && (content_type == Some(FORM) || names_an_action(head)) {
            Self::Query
        } else {
            Self::RestJson
        }
    }
}

pub(super) const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const TARGET: &str = "x-amz-target";
pub(super) const SMITHY_PROTOCOL: &str = "smithy-protocol";

/// The media type without its parameters; `None` when there is none that is text.
pub(super) fn content_type(head: &Parts) -> Option<&str> {
    let text = head.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    text.split(';').next().map(str::trim)
}

/// Service and operation of `.../service/SERVICE/operation/OPERATION`.
pub(super) fn rpc_path(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.rsplit('/');
    let (operation, operation_word) = (parts.next()?, parts.next()?);
    let (service, service_word) = (parts.next()?, parts.next()?);
    (operation_word == "operation" && service_word == "service").then_some((service, operation))
}

/// Whether the query string holds a whole query request, as presigned `GetCallerIdentity` does.
pub(super) fn names_an_action(head: &Parts) -> bool {
    head.uri.query().is_some_and(|query| super::query::field(query.as_bytes(), "Action").is_some())
}
