//! A request under its span, until the response's head.

use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::{CONTENT_LENGTH, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;
use tracing::{Span, field, info_span};

use super::TracedBody;
use super::settings::Settings;
use crate::pending::Pending;
use crate::propagation::{self, Sampling, TraceHeader, X_AMZN_TRACE_ID};
use crate::{SpanExt, with_remote_parent};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The service that [`TraceLayer`](super::TraceLayer) makes.
#[derive(Debug, Clone)]
pub struct Trace<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S> Trace<S> {
    pub(super) fn new(inner: S, settings: Arc<Settings>) -> Self {
        Self { inner, settings }
    }
}

impl<S, B, R> Service<Request<B>> for Trace<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Display,
    R: Body,
{
    type Response = Response<TracedBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let caller = caller(&request, &self.settings);
        let asked = caller.as_ref().is_some_and(|caller| caller.sampling == Sampling::Requested);
        let has_body = request.method() != Method::HEAD;
        let span = with_remote_parent(caller, || server_span(&request, &self.settings));
        let inner = span.in_scope(|| self.inner.call(request));
        ResponseFuture { inner, pending: Some(Pending::new(span, "before the response")), asked, has_body }
    }
}

/// Who asks, as far as the request says; a path that is not to be traced is not.
fn caller<B>(request: &Request<B>, settings: &Settings) -> Option<TraceHeader> {
    let caller = propagation::extract(request.headers());
    if settings.is_untraced(request.uri().path()) {
        return Some(TraceHeader { sampling: Sampling::NotSampled, ..caller.unwrap_or_default() });
    }
    caller
}

fn server_span<B>(request: &Request<B>, settings: &Settings) -> Span {
    let headers = request.headers();
    let forwarded_for = text(headers, &X_FORWARDED_FOR).and_then(|list| list.split(',').next()).map(str::trim);
    let client = || match forwarded_for {
        Some(address) => Some(address.to_owned()),
        None => settings.client_address(request.extensions()).map(|address| address.to_string()),
    };
    let uri = request.uri();
    let route = settings.route(request.extensions());
    info_span!(
        "http request",
        otel.kind = "server",
        otel.name = span_name(request.method(), route),
        service.name = settings.service_name.as_deref(),
        http.request.method = request.method().as_str(),
        http.route = route,
        url.scheme = uri.scheme_str().or_else(|| text(headers, &X_FORWARDED_PROTO)),
        server.address = uri.authority().map(http::uri::Authority::as_str).or_else(|| text(headers, &HOST)),
        url.path = uri.path(),
        url.query = uri.query(),
        user_agent.original = text(headers, &USER_AGENT),
        client.address = client(),
        xray.x_forwarded_for = forwarded_for.is_some(),
        http.request.body.size = text(headers, &CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok()),
        http.response.status_code = field::Empty,
        http.response.body.size = field::Empty,
        http.cancelled = field::Empty,
        error = field::Empty,
    )
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Names a span so that there are few names, as OpenTelemetry wants it:
/// <https://opentelemetry.io/docs/specs/semconv/http/http-spans/#name>.
pub(super) fn span_name(method: &Method, route: Option<&str>) -> String {
    const METHODS: [Method; 9] = [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::HEAD,
        Method::OPTIONS,
        Method::CONNECT,
        Method::PATCH,
        Method::TRACE,
    ];
    let method = if METHODS.contains(method) { method.as_str() } else { "HTTP" };
    route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"))
}

pin_project! {
    /// The response to come.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        pending: Option<Pending>,
        // The caller wants to know the decision.
        asked: bool,
        has_body: bool,
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    E: Display,
    R: Body,
{
    type Output = Result<Response<TracedBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = match this.pending {
            Some(pending) => ready!(pending.poll(|| this.inner.poll(context))),
            // Polled again after its end: the inner future knows what to do.
            None => ready!(this.inner.poll(context)),
        };
        let span = this.pending.take().map_or_else(Span::none, Pending::finish);
        Poll::Ready(match result {
            Ok(mut response) => {
                span.record("http.response.status_code", response.status().as_u16());
                if let Some(answer) = span.trace_context().and_then(|context| answer(&context, *this.asked)) {
                    response.headers_mut().insert(X_AMZN_TRACE_ID, answer);
                }
                Ok(TracedBody::trace(response, span, *this.has_body))
            }
            Err(error) => {
                span.record("error", field::display(&error));
                Err(error)
            }
        })
    }
}

/// What the caller is told: the trace, and the decision where it asked; never our span.
fn answer(context: &TraceHeader, asked: bool) -> Option<HeaderValue> {
    let sampling = if asked { context.sampling } else { Sampling::Unspecified };
    let answer = TraceHeader { root: context.root, sampling, ..TraceHeader::default() };
    HeaderValue::try_from(answer.to_string()).ok()
}
