//! Calls through a tower service.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::CONTENT_LENGTH;
use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use tracing::{Span, field, info_span};

use super::server::span_name;
use crate::pending::Pending;
use crate::pipeline::redact_url;
use crate::{current_context, propagation};

/// Sends each request in a subsegment of its own and carries the trace on in its headers, so that the
/// callee's segment hangs below that subsegment.
///
/// The subsegment ends when the response's head has arrived; reading the body belongs to the caller.
/// The layer goes next to the client: retries and timeouts around it show each attempt, and their
/// boxed errors say less than the client's own.
///
/// ```
/// use siskin_sdk::http::tower::ClientLayer;
/// use tower_layer::Layer;
///
/// # type Body = http_body_util::Empty<bytes::Bytes>;
/// let connector = hyper_util::client::legacy::connect::HttpConnector::new();
/// let runtime = hyper_util::rt::TokioExecutor::new();
/// let client = hyper_util::client::legacy::Client::builder(runtime).build::<_, Body>(connector);
/// let client = ClientLayer::new().layer(client);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientLayer(());

impl ClientLayer {
    /// Traces every call.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S> Layer<S> for ClientLayer {
    type Service = Client<S>;

    fn layer(&self, inner: S) -> Client<S> {
        Client { inner }
    }
}

/// The service that [`ClientLayer`] makes.
#[derive(Debug, Clone)]
pub struct Client<S> {
    inner: S,
}

impl<S, B, R> Service<Request<B>> for Client<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: Error + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = ClientFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let span = client_span(&request);
        // Where no layer records the span, the trace around goes on.
        if let Some(context) = span.in_scope(current_context) {
            propagation::inject(&context, request.headers_mut());
        }
        let inner = span.in_scope(|| self.inner.call(request));
        ClientFuture { inner, pending: Some(Pending::new(span, "before the response")) }
    }
}

fn client_span<B>(request: &Request<B>) -> Span {
    let uri = request.uri();
    info_span!(
        "http call",
        otel.kind = "client",
        otel.name = span_name(request.method(), None),
        http.request.method = request.method().as_str(),
        url.full = redact_url(&uri.to_string()),
        server.address = uri.host().or_else(|| request.headers().get("host")?.to_str().ok()),
        server.port = uri.port_u16(),
        xray.traced = true,
        http.response.status_code = field::Empty,
        http.response.body.size = field::Empty,
        http.cancelled = field::Empty,
        error = field::Empty,
    )
}

pin_project! {
    /// The response to come.
    #[derive(Debug)]
    pub struct ClientFuture<F> {
        #[pin]
        inner: F,
        pending: Option<Pending>,
    }
}

impl<F, R, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    E: Error + 'static,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let result = match this.pending {
            Some(pending) => ready!(pending.poll(|| this.inner.poll(context))),
            None => ready!(this.inner.poll(context)),
        };
        let span = this.pending.take().map_or_else(Span::none, Pending::finish);
        match &result {
            Ok(response) => {
                span.record("http.response.status_code", response.status().as_u16());
                let length = response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
                span.record("http.response.body.size", length.and_then(|length| length.parse::<u64>().ok()));
            }
            Err(error) => {
                span.record("error", error as &(dyn Error + 'static));
            }
        }
        Poll::Ready(result)
    }
}
