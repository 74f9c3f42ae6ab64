//! What a field's name means: OpenTelemetry's semantic conventions, and our own prefixes.
//!
//! Conventions: <https://opentelemetry.io/docs/specs/semconv/registry/attributes/>; where a name has
//! changed, the old one is understood as well.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use tracing_core::Metadata;

use crate::segment::limits;

/// A place of which a span has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Kind,
    Name,
    ServiceName,
    PeerService,
    User,
    RpcSystem,
    RpcService,
    RpcMethod,
    Method,
    Url,
    UserAgent,
    ClientIp,
    Scheme,
    Host,
    Port,
    Path,
    Query,
    XForwardedFor,
    Traced,
    Throttle,
    Status,
    ContentLength,
    DbSystem,
    DbQuery,
    DbConnection,
    DbUser,
    DbVersion,
    DbDriver,
    DbPreparation,
    DbNamespace,
    AwsOperation,
    AwsAccountId,
    AwsRegion,
    AwsRequestId,
    AwsQueueUrl,
    AwsTableName,
    StatusCode,
    StatusDescription,
    Message,
    ErrorType,
    Stacktrace,
}

/// How many places there are.
pub(super) const PLACES: usize = Place::Stacktrace as usize + 1;

const _: () = assert!(PLACES <= u64::BITS as usize, "a bit for each place");

impl Place {
    #[inline]
    pub(super) const fn bit(self) -> u64 {
        1 << self as u64
    }
}

/// What a field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Place(Place),
    /// An error, or whether there was one.
    Error,
    Annotation(&'static str),
    /// Of the `aws` block.
    Aws(&'static str),
    Metadata(&'static str),
}

const NAMED: &[(&str, Meaning)] = &[
    ("otel.kind", Meaning::Place(Place::Kind)),
    ("otel.name", Meaning::Place(Place::Name)),
    ("service.name", Meaning::Place(Place::ServiceName)),
    ("peer.service", Meaning::Place(Place::PeerService)),
    ("enduser.id", Meaning::Place(Place::User)),
    ("user.id", Meaning::Place(Place::User)),
    ("rpc.system", Meaning::Place(Place::RpcSystem)),
    ("rpc.service", Meaning::Place(Place::RpcService)),
    ("rpc.method", Meaning::Place(Place::RpcMethod)),
    ("http.request.method", Meaning::Place(Place::Method)),
    ("http.method", Meaning::Place(Place::Method)),
    ("url.full", Meaning::Place(Place::Url)),
    ("http.url", Meaning::Place(Place::Url)),
    ("user_agent.original", Meaning::Place(Place::UserAgent)),
    ("http.user_agent", Meaning::Place(Place::UserAgent)),
    ("client.address", Meaning::Place(Place::ClientIp)),
    ("http.client_ip", Meaning::Place(Place::ClientIp)),
    ("url.scheme", Meaning::Place(Place::Scheme)),
    ("http.scheme", Meaning::Place(Place::Scheme)),
    ("server.address", Meaning::Place(Place::Host)),
    ("http.host", Meaning::Place(Place::Host)),
    ("net.host.name", Meaning::Place(Place::Host)),
    ("net.peer.name", Meaning::Place(Place::Host)),
    ("server.port", Meaning::Place(Place::Port)),
    ("net.host.port", Meaning::Place(Place::Port)),
    ("net.peer.port", Meaning::Place(Place::Port)),
    ("url.path", Meaning::Place(Place::Path)),
    ("http.target", Meaning::Place(Place::Path)),
    ("url.query", Meaning::Place(Place::Query)),
    ("xray.x_forwarded_for", Meaning::Place(Place::XForwardedFor)),
    ("xray.traced", Meaning::Place(Place::Traced)),
    ("xray.throttle", Meaning::Place(Place::Throttle)),
    ("http.response.status_code", Meaning::Place(Place::Status)),
    ("http.status_code", Meaning::Place(Place::Status)),
    ("http.response.body.size", Meaning::Place(Place::ContentLength)),
    ("http.response_content_length", Meaning::Place(Place::ContentLength)),
    ("db.system.name", Meaning::Place(Place::DbSystem)),
    ("db.system", Meaning::Place(Place::DbSystem)),
    ("db.query.text", Meaning::Place(Place::DbQuery)),
    ("db.statement", Meaning::Place(Place::DbQuery)),
    ("db.connection_string", Meaning::Place(Place::DbConnection)),
    ("db.user", Meaning::Place(Place::DbUser)),
    ("db.version", Meaning::Place(Place::DbVersion)),
    ("db.driver_version", Meaning::Place(Place::DbDriver)),
    ("db.preparation", Meaning::Place(Place::DbPreparation)),
    ("db.namespace", Meaning::Place(Place::DbNamespace)),
    ("db.name", Meaning::Place(Place::DbNamespace)),
    ("aws.operation", Meaning::Place(Place::AwsOperation)),
    ("aws.account_id", Meaning::Place(Place::AwsAccountId)),
    ("aws.region", Meaning::Place(Place::AwsRegion)),
    ("aws.request_id", Meaning::Place(Place::AwsRequestId)),
    ("aws.queue_url", Meaning::Place(Place::AwsQueueUrl)),
    ("aws.sqs.queue.url", Meaning::Place(Place::AwsQueueUrl)),
    ("aws.table_name", Meaning::Place(Place::AwsTableName)),
    ("otel.status_code", Meaning::Place(Place::StatusCode)),
    ("otel.status_description", Meaning::Place(Place::StatusDescription)),
    ("otel.status_message", Meaning::Place(Place::StatusDescription)),
    ("exception.message", Meaning::Place(Place::Message)),
    ("error.type", Meaning::Place(Place::ErrorType)),
    ("exception.type", Meaning::Place(Place::ErrorType)),
    ("exception.stacktrace", Meaning::Place(Place::Stacktrace)),
    ("error", Meaning::Error),
    ("err", Meaning::Error),
    ("exception", Meaning::Error),
];

impl Meaning {
    /// What a span's field of this name means.
    fn of_span(name: &'static str) -> Self {
        // A short text called `err` may be anything; an error under that name is known by its type.
        if name == "err" {
            return Self::Metadata(name);
        }
        if let Some((_, meaning)) = NAMED.iter().find(|(named, _)| *named == name) {
            return *meaning;
        }
        [
            ("annotation.", Self::Annotation as fn(&'static str) -> Self),
            ("metadata.", Self::Metadata),
            ("aws.", Self::Aws),
        ]
        .into_iter()
        .find_map(|(prefix, meaning)| Some(meaning(name.strip_prefix(prefix)?)))
        .unwrap_or(Self::Metadata(name))
    }

    /// What an event's field of this name means: it describes an error, or is metadata.
    fn of_event(name: &'static str) -> Self {
        match Self::of_span(name) {
            _ if name == "err" => Self::Error,
            Self::Place(Place::Message | Place::ErrorType | Place::Stacktrace | Place::StatusDescription)
            | Self::Error => Self::of_span(name),
            Self::Place(_) | Self::Annotation(_) | Self::Aws(_) | Self::Metadata(_) if name == "message" => {
                Self::Place(Place::Message)
            }
            Self::Place(_) | Self::Annotation(_) | Self::Aws(_) | Self::Metadata(_) => Self::Metadata(name),
        }
    }
}

/// The meanings of each callsite's fields, looked up once for each. There are as many callsites as
/// the program has `span!` and `event!` in its source.
#[derive(Debug, Default)]
pub(super) struct Meanings(HashMap<usize, Callsite, BuildHasherDefault<AddressHasher>>);

/// What is known of one callsite.
#[derive(Debug)]
pub(super) struct Callsite {
    /// The meanings of its fields, in their order.
    pub(super) fields: Box<[Meaning]>,
    /// X-Ray takes its name as it is.
    pub(super) has_plain_name: bool,
}

impl Meanings {
    /// The meanings of the fields of a callsite, in their order.
    pub(super) fn of(&mut self, metadata: &'static Metadata<'static>) -> &[Meaning] {
        &self.callsite(metadata).fields
    }

    pub(super) fn callsite(&mut self, metadata: &'static Metadata<'static>) -> &Callsite {
        let address = std::ptr::from_ref(metadata).addr();
        self.0.entry(address).or_insert_with(|| {
            let meaning = if metadata.is_span() { Meaning::of_span } else { Meaning::of_event };
            Callsite {
                fields: metadata.fields().iter().map(|field| meaning(field.name())).collect(),
                has_plain_name: limits::is_name(metadata.name()),
            }
        })
    }
}

/// Addresses of statics are far from each other, and nobody chooses them with ill intent.
#[derive(Debug, Default)]
struct AddressHasher(u64);

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_usize(&mut self, address: usize) {
        let mixed = (self.0 ^ address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_the_conventions_say() {
        for (name, meaning) in [
            ("http.response.status_code", Meaning::Place(Place::Status)),
            ("annotation.tenant", Meaning::Annotation("tenant")),
            ("metadata.cart", Meaning::Metadata("cart")),
            ("aws.topic_arn", Meaning::Aws("topic_arn")),
            ("message", Meaning::Metadata("message")),
            ("order", Meaning::Metadata("order")),
        ] {
            assert_eq!(Meaning::of_span(name), meaning);
        }
        assert_eq!(Meaning::of_event("message"), Meaning::Place(Place::Message));
        assert_eq!(Meaning::of_event("http.method"), Meaning::Metadata("http.method"));
        assert_eq!(Meaning::of_event("err"), Meaning::Error);
    }
}
