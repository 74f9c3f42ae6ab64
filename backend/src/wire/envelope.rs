//! The answer to one request, in the protocol it came in: the only place that writes a [`Fault`].

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use http::request::Parts;
use http::{Response, StatusCode};

use super::protocol::SMITHY_PROTOCOL;
use super::{
    Fault, Malformed, Members, Protocol, Route, ServiceId, Unroutable, Value, cbor, json, query, rest_json, xml,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const QUERY_MODE: HeaderName = HeaderName::from_static("x-amzn-query-mode");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");

/// The input that a routed request carries.
///
/// # Errors
/// Bytes that are not the protocol's.
pub fn decode_input(route: &Route, head: &Parts, body: &Bytes) -> Result<Value, Malformed> {
    match route.protocol {
        Protocol::Json10 | Protocol::Json11 => json::decode(body),
        Protocol::RestJson => rest_json::decode(route.labels.clone(), head.uri.query().unwrap_or_default(), body),
        Protocol::Query if super::protocol::names_an_action(head) => {
            query::decode(head.uri.query().unwrap_or_default().as_bytes())
        }
        Protocol::Query => query::decode(body),
        Protocol::Cbor => cbor::decode(body),
    }
}

/// What an answer repeats from its request.
#[derive(Clone, Debug)]
pub struct Envelope {
    protocol: Protocol,
    service: Option<ServiceId>,
    operation: String,
    status: u16,
    request_id: String,
    wants_query_error: bool,
}

impl Envelope {
    /// For a request whose body was not read: only its head says how to answer.
    pub fn of_head(head: &Parts, request_id: &str) -> Self {
        Self {
            protocol: Protocol::of_head(head),
            service: None,
            operation: String::new(),
            status: 200,
            request_id: request_id.to_owned(),
            wants_query_error: head.headers.get(QUERY_MODE).is_some_and(|value| value == "true"),
        }
    }

    /// The same for a request that has a route.
    #[must_use]
    pub fn routed(self, route: &Route) -> Self {
        Self {
            protocol: route.protocol,
            service: Some(route.service),
            operation: route.operation.clone(),
            status: route.status,
            ..self
        }
    }

    /// The same for a request that has none.
    #[must_use]
    pub fn unroutable(self, unroutable: &Unroutable) -> Self {
        Self { protocol: unroutable.protocol, service: unroutable.service, ..self }
    }

    /// Writes an output.
    pub fn encode(&self, output: &Value) -> Response<Bytes> {
        let (content_type, body) = match (self.protocol, output) {
            // An operation without output: awsJson clients expect an object all the same.
            (Protocol::Json10 | Protocol::Json11, Value::Null) => (Some(self.protocol.content_type()), "{}".into()),
            (Protocol::RestJson | Protocol::Cbor, Value::Null) => (None, Bytes::new()),
            // A rest-json payload is the body itself.
            (Protocol::RestJson, Value::Blob(payload)) => (Some("application/octet-stream"), payload.clone()),
            (Protocol::Json10 | Protocol::Json11 | Protocol::RestJson, output) => {
                (Some(self.protocol.content_type()), json::encode(output).into())
            }
            (Protocol::Query, output) => {
                let namespace = self.service.and_then(ServiceId::xml_namespace).unwrap_or_default();
                let xml = xml::encode(&self.operation, namespace, &self.request_id, output);
                (Some(self.protocol.content_type()), xml.into())
            }
            (Protocol::Cbor, output) => (Some(self.protocol.content_type()), cbor::encode(output).into()),
        };
        self.response(self.status, content_type, body)
    }

    /// Writes an error.
    pub fn encode_fault(&self, fault: &Fault) -> Response<Bytes> {
        let body: Bytes = match self.protocol {
            Protocol::Json10 | Protocol::Json11 => json::encode(&self.typed_fault(fault)).into(),
            Protocol::RestJson => json::encode(&Value::Struct(self.fault_members(fault))).into(),
            Protocol::Cbor => cbor::encode(&self.typed_fault(fault)).into(),
            Protocol::Query => {
                xml::encode_fault(self.service.and_then(ServiceId::xml_namespace), &self.request_id, fault).into()
            }
        };
        let mut response = self.response(fault.status, Some(self.protocol.content_type()), body);
        let headers = response.headers_mut();
        if self.protocol == Protocol::RestJson {
            headers.insert(ERROR_TYPE, header_value(&fault.code));
        }
        if self.wants_query_error && !matches!(self.protocol, Protocol::Query | Protocol::RestJson) {
            let text = format!("{};{}", fault.query_code, fault.blame.as_str());
            headers.insert(QUERY_ERROR, header_value(&text));
        }
        if let Some(secs) = fault.retry_after_secs {
            headers.insert(RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }

    fn typed_fault(&self, fault: &Fault) -> Value {
        let shape = match fault.code.as_ref() {
            // AWS's own front end answers this one, in its own namespace.
            code @ "UnknownOperationException" => format!("com.amazon.coral.service#{code}"),
            code => code.to_owned(),
        };
        let members = self.fault_members(fault).into_iter();
        Value::Struct(std::iter::once(("__type".into(), Value::String(shape))).chain(members).collect())
    }

    fn fault_members(&self, fault: &Fault) -> Members {
        let message_member = self.service.map_or("message", ServiceId::message_member);
        let message = (message_member.into(), Value::String(fault.message.clone()));
        std::iter::once(message).chain(fault.members.clone()).collect()
    }

    fn response(&self, status: u16, content_type: Option<&'static str>, body: Bytes) -> Response<Bytes> {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, header_value(&self.request_id));
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        if self.protocol == Protocol::Cbor {
            headers.insert(SMITHY_PROTOCOL, HeaderValue::from_static("rpc-v2-cbor"));
        }
        response
    }
}

/// Codes and ids are plain ASCII; were one ever not, a header that says so beats a request without an answer.
fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("unprintable"))
}
