//! The three paths.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use http::HeaderMap;
use http::request::Parts;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::body::{self, Encoding};
use super::cumulative::Totals;
use super::fault::OtlpFault;
use super::{logs, metrics, traces};
use crate::base::{Clock, RequestId, Scope};
use crate::edge::aws::Caller;
use crate::service::Context;
use crate::service::logs::record_events;
use crate::service::xray::record_documents;
use crate::wire::Credential;

type MakeContext = dyn Fn(Caller) -> Context + Send + Sync;

/// What the OTLP paths answer with.
#[derive(Clone)]
pub struct OtlpEdge {
    clock: Clock,
    default_scope: Scope,
    make_context: Arc<MakeContext>,
    totals: Arc<Totals>,
}

impl OtlpEdge {
    /// Unsigned requests, which most exporters send, belong to `default_scope`. `make_context` adds to a caller the
    /// parts of the system that operations use.
    pub fn new(
        clock: Clock,
        default_scope: Scope,
        make_context: impl Fn(Caller) -> Context + Send + Sync + 'static,
    ) -> Self {
        let totals = Arc::new(Totals::new(clock.now()));
        Self { clock, default_scope, make_context: Arc::new(make_context), totals }
    }

    fn context(&self, head: &Parts) -> Context {
        let scope = Credential::of(head)
            .map_or_else(|| self.default_scope.clone(), |credential| credential.scope(&self.default_scope));
        (self.make_context)(Caller { scope, request_id: RequestId::random(), now: self.clock.now() })
    }
}

impl fmt::Debug for OtlpEdge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpEdge").field("default_scope", &self.default_scope).finish_non_exhaustive()
    }
}

/// Answers `/v1/traces`, `/v1/logs` and `/v1/metrics`.
pub fn router(edge: OtlpEdge) -> Router {
    Router::new()
        .route("/v1/traces", post(export_traces))
        .route("/v1/logs", post(export_logs))
        .route("/v1/metrics", post(export_metrics))
        .with_state(edge)
}

/// How many items were not taken, and why; the first reasons stand for all.
#[derive(Debug, Default)]
pub(super) struct Rejected {
    count: i64,
    reasons: Vec<String>,
}

impl Rejected {
    /// Most reasons that are told.
    const REASONS_MAX: usize = 5;

    pub(super) fn add(&mut self, count: usize, reason: impl Into<String>) {
        self.count += count as i64;
        if count > 0 && self.reasons.len() < Self::REASONS_MAX {
            let reason = reason.into();
            if !self.reasons.contains(&reason) {
                self.reasons.push(reason);
            }
        }
    }

    pub(super) fn count(&self) -> i64 {
        self.count
    }

    pub(super) fn message(&self) -> String {
        self.reasons.join("; ")
    }
}

async fn export_traces(State(edge): State<OtlpEdge>, request: Request) -> Response {
    let (exchange, request) = open(&edge, request, "traces").await;
    let outcome = match request {
        Ok(request) => take_traces(&exchange.cx, &request).await,
        Err(fault) => Err(fault),
    };
    exchange.close(outcome)
}

async fn take_traces(cx: &Context, request: &ExportTraceServiceRequest) -> Taken<ExportTraceServiceResponse> {
    let (documents, mut rejected) = traces::documents(request, cx.now())?;
    for refused in record_documents(cx, &documents).await? {
        let id = refused.id.unwrap_or_default();
        rejected.add(1, format!("span {id}: {}", refused.message));
    }
    let partial_success = (rejected.count() > 0)
        .then(|| ExportTracePartialSuccess { rejected_spans: rejected.count(), error_message: rejected.message() });
    Ok((ExportTraceServiceResponse { partial_success }, rejected))
}

async fn export_logs(State(edge): State<OtlpEdge>, request: Request) -> Response {
    let (exchange, request) = open(&edge, request, "logs").await;
    let outcome = match request {
        Ok(request) => take_logs(&exchange.cx, &exchange.head.headers, &request).await,
        Err(fault) => Err(fault),
    };
    exchange.close(outcome)
}

async fn take_logs(
    cx: &Context,
    headers: &HeaderMap,
    request: &ExportLogsServiceRequest,
) -> Taken<ExportLogsServiceResponse> {
    let (batches, mut rejected) = logs::batches(request, headers, cx.now())?;
    for batch in batches {
        let left_out = record_events(cx, &batch.group, &batch.stream, batch.events).await?;
        rejected.add(left_out, "log records are too old or too far in the future");
    }
    let partial_success = (rejected.count() > 0).then(|| ExportLogsPartialSuccess {
        rejected_log_records: rejected.count(),
        error_message: rejected.message(),
    });
    Ok((ExportLogsServiceResponse { partial_success }, rejected))
}

async fn export_metrics(State(edge): State<OtlpEdge>, request: Request) -> Response {
    let (exchange, request) = open(&edge, request, "metrics").await;
    let outcome = match request {
        Ok(request) => take_metrics(&exchange.cx, &edge.totals, &request).await,
        Err(fault) => Err(fault),
    };
    exchange.close(outcome)
}

async fn take_metrics(
    cx: &Context,
    totals: &Totals,
    request: &ExportMetricsServiceRequest,
) -> Taken<ExportMetricsServiceResponse> {
    let (rows, rejected) = metrics::rows(request, &cx.scope, totals, cx.now());
    cx.store.metrics.append(&cx.scope, rows).await?;
    let partial_success = (rejected.count() > 0).then(|| ExportMetricsPartialSuccess {
        rejected_data_points: rejected.count(),
        error_message: rejected.message(),
    });
    Ok((ExportMetricsServiceResponse { partial_success }, rejected))
}

/// The answer to what was taken, and what was not.
type Taken<A> = Result<(A, Rejected), OtlpFault>;

/// What is needed to answer a request.
struct Exchange {
    signal: &'static str,
    head: Parts,
    encoding: Option<Encoding>,
    cx: Context,
}

/// Reads the message of a request.
async fn open<M>(edge: &OtlpEdge, request: Request, signal: &'static str) -> (Exchange, Result<M, OtlpFault>)
where
    M: prost::Message + Default + DeserializeOwned,
{
    let (head, body) = request.into_parts();
    let encoding = Encoding::of(&head.headers);
    let exchange = Exchange { signal, cx: edge.context(&head), encoding: encoding.clone().ok(), head };
    let message = match encoding {
        Ok(encoding) => body::read(&exchange.head.headers, body).await.and_then(|body| encoding.decode(&body)),
        Err(fault) => Err(fault),
    };
    (exchange, message)
}

impl Exchange {
    fn close<A: prost::Message + Serialize>(self, outcome: Taken<A>) -> Response {
        let signal = self.signal;
        match outcome {
            Ok((answer, rejected)) => {
                if rejected.count() > 0 {
                    let reasons = rejected.message();
                    tracing::warn!(signal, rejected = rejected.count(), reasons, "OTLP items rejected");
                }
                self.encoding.unwrap_or(Encoding::Json).answer(&answer)
            }
            Err(fault) => {
                tracing::debug!(signal, %fault, "OTLP request refused");
                fault.into_response(self.encoding)
            }
        }
    }
}
