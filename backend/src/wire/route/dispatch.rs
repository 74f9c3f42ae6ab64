//! The dispatch rules of one port for five protocols.

use http::Method;
use http::request::Parts;

use super::RestTable;
use crate::wire::protocol::{FORM, SMITHY_PROTOCOL, TARGET, content_type, names_an_action, rpc_path};
use crate::wire::{Credential, Fault, Protocol, ServiceId, query};

/// Where a request goes. Whether the service has the operation is for its table to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// How the request is written.
    pub protocol: Protocol,
    /// Who answers.
    pub service: ServiceId,
    /// The operation's AWS name, as the request spells it.
    pub operation: String,
    /// Labels of a rest-json path, decoded.
    pub labels: Vec<(String, String)>,
    /// The status of success.
    pub status: u16,
}

impl Route {
    fn new(protocol: Protocol, service: ServiceId, operation: &str) -> Self {
        Self { protocol, service, operation: operation.to_owned(), labels: Vec::new(), status: 200 }
    }
}

/// A request that leads nowhere, with what it takes to say so in its own protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Unroutable {
    /// How the answer is written.
    pub protocol: Protocol,
    /// The service, where the request named one that exists.
    pub service: Option<ServiceId>,
    /// What is wrong; boxed because a route is much smaller.
    pub fault: Box<Fault>,
}

/// Finds the operation that a request names. `body` is the decompressed body: only a form names its operation there.
///
/// 1. a path `/service/S/operation/O`: rpc-v2-cbor;
/// 2. a header `X-Amz-Target`: awsJson;
/// 3. a path of a rest-json service;
/// 4. the path `/` with an `Action` in a form body or in the query string: query.
///
/// # Errors
/// The protocol's own error for what is not known or not supported.
pub fn route(head: &Parts, body: &[u8], rest: &RestTable) -> Result<Route, Unroutable> {
    let signed_for = Credential::of(head).and_then(|credential| ServiceId::from_signing_name(&credential.service));
    if let Some((service, operation)) = rpc_path(head.uri.path()) {
        return route_cbor(head, body, service, operation);
    }
    if let Some(target) = head.headers.get(TARGET) {
        return route_json(head, &String::from_utf8_lossy(target.as_bytes()));
    }
    if let Some(found) = rest.find(head.method.as_str(), head.uri.path(), signed_for) {
        check_rest_content_type(head, found.service)?;
        return Ok(Route {
            protocol: Protocol::RestJson,
            service: found.service,
            operation: found.route.operation.to_owned(),
            labels: found.labels,
            status: found.route.status,
        });
    }
    if Protocol::of_head(head) == Protocol::Query {
        return route_query(head, body, signed_for);
    }
    let fault = Fault::unknown_operation(&format!("{} {}", head.method, head.uri.path())).with_status(404);
    Err(Unroutable { protocol: Protocol::RestJson, service: signed_for, fault: Box::new(fault) })
}

fn route_cbor(head: &Parts, body: &[u8], service: &str, operation: &str) -> Result<Route, Unroutable> {
    let unroutable = |service, fault| Unroutable { protocol: Protocol::Cbor, service, fault: Box::new(fault) };
    let service = ServiceId::from_target_prefix(service).filter(|service| service.speaks_cbor());
    let Some(service) = service.filter(|_| head.method == Method::POST) else {
        return Err(unroutable(None, Fault::unknown_operation(operation)));
    };
    let smithy_protocol = head.headers.get(SMITHY_PROTOCOL).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if smithy_protocol != "rpc-v2-cbor" {
        return Err(unroutable(Some(service), Fault::unsupported_media_type(smithy_protocol)));
    }
    match content_type(head) {
        Some("application/cbor") => Ok(Route::new(Protocol::Cbor, service, operation)),
        None if body.is_empty() => Ok(Route::new(Protocol::Cbor, service, operation)),
        other => Err(unroutable(Some(service), Fault::unsupported_media_type(other.unwrap_or_default()))),
    }
}

fn route_json(head: &Parts, target: &str) -> Result<Route, Unroutable> {
    let protocol = Protocol::of_head(head);
    let unroutable = |service, fault| Unroutable { protocol, service, fault: Box::new(fault) };
    // CloudTrail's prefix has dots inside: the operation is what follows the last one.
    let (prefix, operation) = target.rsplit_once('.').unwrap_or((target, ""));
    let Some(service) = ServiceId::from_target_prefix(prefix).filter(|_| head.method == Method::POST) else {
        return Err(unroutable(None, Fault::unknown_operation(operation)));
    };
    match content_type(head) {
        None | Some("application/x-amz-json-1.0" | "application/x-amz-json-1.1" | "application/json") => {
            Ok(Route::new(protocol, service, operation))
        }
        Some(other) => Err(unroutable(Some(service), Fault::unsupported_media_type(other))),
    }
}

fn check_rest_content_type(head: &Parts, service: ServiceId) -> Result<(), Unroutable> {
    match content_type(head) {
        // The X-Ray SDK for Java polls sampling rules through HttpURLConnection, which calls every body a form.
        None | Some(FORM | "application/json" | "application/x-amz-json-1.0" | "application/x-amz-json-1.1") => Ok(()),
        Some("text/plain" | "application/octet-stream") => Ok(()),
        Some(other) => Err(Unroutable {
            protocol: Protocol::RestJson,
            service: Some(service),
            fault: Box::new(Fault::unsupported_media_type(other)),
        }),
    }
}

fn route_query(head: &Parts, body: &[u8], signed_for: Option<ServiceId>) -> Result<Route, Unroutable> {
    let form = if names_an_action(head) { head.uri.query().unwrap_or_default().as_bytes() } else { body };
    let version = query::field(form, "Version").unwrap_or_default();
    // The scope decides before the version: several services outside this table share one.
    let service = signed_for
        .filter(|service| service.query_version().is_some())
        .or_else(|| ServiceId::from_query_version(&version));
    let unroutable = |fault| Unroutable { protocol: Protocol::Query, service, fault: Box::new(fault) };
    let Some(action) = query::field(form, "Action").filter(|action| !action.is_empty()) else {
        let fault = Fault::sender("MissingAction", "MissingAction", "The request must contain the parameter Action.");
        return Err(unroutable(fault));
    };
    match service {
        Some(service) => Ok(Route::new(Protocol::Query, service, &action)),
        None => Err(unroutable(Fault::unknown_operation(&action))),
    }
}
