//! One request, from head to answer.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use http::request::Parts;

use super::body;
use crate::base::{Clock, RequestId, Scope, Timestamp};
use crate::service::{Context, Services};
use crate::wire::{Credential, Envelope, Fault, Route, decode_input, route};

/// Who sent a request, and when it arrived.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Account and region of the credentials, or the default.
    pub scope: Scope,
    /// New for each request.
    pub request_id: RequestId,
    /// When the head of the request was read.
    pub now: Timestamp,
}

type MakeContext = dyn Fn(Caller) -> Context + Send + Sync;

/// What the AWS listener answers with.
#[derive(Clone)]
pub struct AwsEdge {
    services: Arc<Services>,
    clock: Clock,
    default_scope: Scope,
    make_context: Arc<MakeContext>,
}

impl AwsEdge {
    /// `make_context` adds to a caller the parts of the system that operations use.
    pub fn new(
        services: Arc<Services>,
        clock: Clock,
        default_scope: Scope,
        make_context: impl Fn(Caller) -> Context + Send + Sync + 'static,
    ) -> Self {
        Self { services, clock, default_scope, make_context: Arc::new(make_context) }
    }
}

impl fmt::Debug for AwsEdge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsEdge").field("services", &self.services).finish_non_exhaustive()
    }
}

/// Answers whatever no other router of the port does. AWS clients choose their paths themselves, so this is a fallback.
pub fn router(edge: AwsEdge) -> Router {
    Router::new().fallback(answer).with_state(edge)
}

async fn answer(State(edge): State<AwsEdge>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let caller = Caller {
        scope: Credential::of(&head)
            .map_or_else(|| edge.default_scope.clone(), |credential| credential.scope(&edge.default_scope)),
        request_id: RequestId::random(),
        now: edge.clock.now(),
    };
    let mut exchange = Exchange::new(&head, &caller);
    let response = match body::read(&head, body).await {
        Ok(body) => exchange.run(&edge, &head, body, &caller).await,
        Err(fault) => exchange.refuse(&fault),
    };
    exchange.log(&head, &caller, &response, &edge.clock);
    response.map(Body::from)
}

/// What is known of a request so far: how to answer it, and what to log.
struct Exchange {
    envelope: Envelope,
    route: Option<Route>,
    body_bytes: usize,
    fault_code: Option<String>,
}

impl Exchange {
    fn new(head: &Parts, caller: &Caller) -> Self {
        Self {
            envelope: Envelope::of_head(head, &caller.request_id.to_string()),
            route: None,
            body_bytes: 0,
            fault_code: None,
        }
    }

    async fn run(&mut self, edge: &AwsEdge, head: &Parts, body: Bytes, caller: &Caller) -> http::Response<Bytes> {
        self.body_bytes = body.len();
        let route = match route(head, &body, edge.services.rest()) {
            Ok(route) => route,
            Err(unroutable) => {
                self.envelope = self.envelope.clone().unroutable(&unroutable);
                return self.refuse(&unroutable.fault);
            }
        };
        self.envelope = self.envelope.clone().routed(&route);
        let input = decode_input(&route, head, &body);
        let route = self.route.insert(route);
        let output = match input {
            Ok(input) => {
                let cx = (edge.make_context)(caller.clone());
                edge.services.call(route.service, &route.operation, &cx, input).await
            }
            Err(malformed) => Err(malformed.into()),
        };
        match output {
            Ok(output) => self.envelope.encode(&output),
            Err(fault) => self.refuse(&fault),
        }
    }

    fn refuse(&mut self, fault: &Fault) -> http::Response<Bytes> {
        self.fault_code = Some(fault.code.to_string());
        self.envelope.encode_fault(fault)
    }

    /// The access log: one event per request, under a target of its own so that a filter can keep or drop it.
    fn log(&self, head: &Parts, caller: &Caller, response: &http::Response<Bytes>, clock: &Clock) {
        let route = self.route.as_ref();
        tracing::info!(
            target: "siskin::access",
            request_id = %caller.request_id,
            scope = %caller.scope,
            method = %head.method,
            path = head.uri.path(),
            protocol = route.map(|route| route.protocol.as_str()),
            service = route.map(|route| route.service.signing_name()),
            operation = route.map(|route| route.operation.as_str()),
            status = response.status().as_u16(),
            error = self.fault_code.as_deref(),
            request_bytes = self.body_bytes,
            response_bytes = response.body().len(),
            duration_ms = clock.now().since(caller.now).as_millis() as u64,
            "request answered"
        );
    }
}
