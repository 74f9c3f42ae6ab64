//! A [`tower_layer::Layer`] for HTTP servers.

use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::{CONTENT_LENGTH, HOST, USER_AGENT};
use http::{Extensions, HeaderName, HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;
use tracing::{Span, field, info_span};

use crate::SpanExt;
use crate::propagation::{self, TraceHeader, X_AMZN_TRACE_ID};
use crate::with_remote_parent;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Opens a server span around each request: a segment of the caller's trace, with the `http` block
/// filled in, that lasts until the last byte of the response's body.
///
/// The response says in `X-Amzn-Trace-Id` which trace it belongs to and whether that is recorded.
#[derive(Debug, Clone, Default)]
pub struct TraceLayer(Arc<Settings>);

#[derive(Default)]
struct Settings {
    service_name: Option<String>,
    client_address: Option<ClientAddress>,
}

type ClientAddress = Box<dyn Fn(&Extensions) -> Option<IpAddr> + Send + Sync>;

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("service_name", &self.service_name).finish_non_exhaustive()
    }
}

impl TraceLayer {
    /// Names segments after the configured service.
    pub fn new() -> Self {
        Self::default()
    }

    /// Names segments after this service instead, where one process serves several.
    pub fn for_service(name: impl Into<String>) -> Self {
        Self(Arc::new(Settings { service_name: Some(name.into()), client_address: None }))
    }

    /// Finds the client's address where the server has put it; `X-Forwarded-For` goes before it.
    #[must_use]
    pub fn client_address<F>(self, find: F) -> Self
    where
        F: Fn(&Extensions) -> Option<IpAddr> + Send + Sync + 'static,
    {
        let service_name = self.0.service_name.clone();
        Self(Arc::new(Settings { service_name, client_address: Some(Box::new(find)) }))
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace { inner, settings: Arc::clone(&self.0) }
    }
}

/// The service [`TraceLayer`] makes.
#[derive(Debug, Clone)]
pub struct Trace<S> {
    inner: S,
    settings: Arc<Settings>,
}

impl<S, B, R> Service<Request<B>> for Trace<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<TracedBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let span = server_span(&request, &self.settings);
        let inner = span.in_scope(|| self.inner.call(request));
        ResponseFuture { inner, span }
    }
}

fn server_span<B>(request: &Request<B>, settings: &Settings) -> Span {
    let headers = request.headers();
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let forwarded_for = text(&X_FORWARDED_FOR).and_then(|list| list.split(',').next()).map(str::trim);
    let connected_from = || settings.client_address.as_ref().and_then(|find| find(request.extensions()));
    let client = match forwarded_for {
        Some(address) => Some(address.to_owned()),
        None => connected_from().map(|address| address.to_string()),
    };
    let uri = request.uri();
    with_remote_parent(propagation::extract(headers), || {
        info_span!(
            "http request",
            otel.kind = "server",
            service.name = settings.service_name,
            http.request.method = request.method().as_str(),
            url.scheme = uri.scheme_str().or_else(|| text(&X_FORWARDED_PROTO)),
            server.address = uri.authority().map(http::uri::Authority::as_str).or_else(|| text(&HOST)),
            url.path = uri.path(),
            url.query = uri.query(),
            user_agent.original = text(&USER_AGENT),
            client.address = client,
            xray.x_forwarded_for = forwarded_for.is_some(),
            http.response.status_code = field::Empty,
            http.response.body.size = field::Empty,
            error = field::Empty,
        )
    })
}

pin_project! {
    /// The response to come.
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        span: Span,
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<TracedBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = {
            let _entered = this.span.enter();
            ready!(this.inner.poll(context))
        };
        let span = std::mem::replace(this.span, Span::none());
        Poll::Ready(match result {
            Ok(mut response) => {
                span.record("http.response.status_code", response.status().as_u16());
                if let Some(answer) = span.trace_context().as_ref().and_then(answer) {
                    response.headers_mut().insert(X_AMZN_TRACE_ID, answer);
                }
                let bytes = Bytes::of(&response);
                if let Bytes::Known(bytes) = bytes {
                    span.record("http.response.body.size", bytes);
                }
                Ok(response.map(|inner| TracedBody { inner, bytes, span }))
            }
            Err(error) => {
                span.record("error", true);
                Err(error)
            }
        })
    }
}

/// What the caller is told: the trace and the decision, not our span.
fn answer(context: &TraceHeader) -> Option<HeaderValue> {
    let answer = TraceHeader { root: context.root, sampling: context.sampling, ..TraceHeader::default() };
    HeaderValue::try_from(answer.to_string()).ok()
}

/// How many bytes the response's body has.
#[derive(Debug, Clone, Copy)]
enum Bytes {
    Known(u64),
    Counted(u64),
}

impl Bytes {
    fn of<R: Body>(response: &Response<R>) -> Self {
        let stated = || response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
        response.body().size_hint().exact().or_else(stated).map_or(Self::Counted(0), Self::Known)
    }
}

pin_project! {
    /// A response's body, under the request's span until its end.
    #[derive(Debug)]
    pub struct TracedBody<R> {
        #[pin]
        inner: R,
        bytes: Bytes,
        span: Span,
    }
}

impl<R: Body> Body for TracedBody<R> {
    type Data = R::Data;
    type Error = R::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<R::Data>, R::Error>>> {
        let this = self.project();
        let frame = {
            let _entered = this.span.enter();
            ready!(this.inner.poll_frame(context))
        };
        match &frame {
            Some(Ok(frame)) => {
                if let (Bytes::Counted(bytes), Some(piece)) = (this.bytes, frame.data_ref()) {
                    *bytes += bytes::Buf::remaining(piece) as u64;
                }
            }
            Some(Err(_)) => {
                this.span.record("error", true);
            }
            None => {
                if let Bytes::Counted(bytes) = this.bytes {
                    this.span.record("http.response.body.size", *bytes);
                }
                // The request is over, however long the server keeps the empty body.
                *this.span = Span::none();
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
