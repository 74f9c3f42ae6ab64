//! Calls with [`reqwest`] that carry the trace on.

use std::error::Error;

use reqwest::{Client, Request, RequestBuilder, Response, Url};
use tracing::{Instrument, Span, field, info_span};

use crate::pending::Pending;
use crate::pipeline::redact_url;
use crate::{current_context, propagation};

/// Sends a request in a subsegment of its own and carries the trace on in its headers, so that the
/// callee's segment hangs below that subsegment.
///
/// The subsegment ends when the response's head has arrived; reading the body belongs to the caller.
/// Redirects are followed inside of it, and the metadata `http.redirected_to` says where they led.
///
/// # Errors
/// What [`Client::execute`] answers.
pub async fn send(client: &Client, mut request: Request) -> reqwest::Result<Response> {
    let span = client_span(&request);
    let url = request.url().clone();
    // Where no layer records the span, the trace around goes on.
    if let Some(context) = span.in_scope(current_context) {
        propagation::inject(&context, request.headers_mut());
    }
    let pending = Pending::new(span.clone(), "before the response");
    let result = client.execute(request).instrument(span).await;
    let span = pending.finish();
    match result {
        Ok(response) => {
            span.record("http.response.status_code", response.status().as_u16());
            span.record("http.response.body.size", response.content_length());
            if is_redirected(&url, response.url()) {
                span.record("http.redirected_to", redact_url(response.url().as_str()));
            }
            Ok(response)
        }
        Err(error) => Err(record_error(&span, error)),
    }
}

/// `send_traced` where `send` would be.
pub trait RequestBuilderExt {
    /// Builds the request and sends it as [`send`] does.
    ///
    /// # Errors
    /// When the request cannot be built, or what [`Client::execute`] answers.
    fn send_traced(self) -> impl Future<Output = reqwest::Result<Response>> + Send;
}

impl RequestBuilderExt for RequestBuilder {
    async fn send_traced(self) -> reqwest::Result<Response> {
        let (client, request) = self.build_split();
        send(&client, request?).await
    }
}

fn client_span(request: &Request) -> Span {
    let url = request.url();
    info_span!(
        "http call",
        otel.kind = "client",
        otel.name = request.method().as_str(),
        http.request.method = request.method().as_str(),
        url.full = redact_url(url.as_str()),
        server.address = url.host_str(),
        server.port = url.port(),
        xray.traced = true,
        http.response.status_code = field::Empty,
        http.response.body.size = field::Empty,
        http.redirected_to = field::Empty,
        http.cancelled = field::Empty,
        error = field::Empty,
    )
}

/// Whether an answer came from elsewhere; a fragment never leaves the client.
fn is_redirected(asked: &Url, answered: &Url) -> bool {
    let place = |url: &Url| (url.origin(), url.path().to_owned(), url.query().map(str::to_owned));
    place(asked) != place(answered)
}

/// Records an error without its URL, which may hold credentials, and returns it as it was.
fn record_error(span: &Span, error: reqwest::Error) -> reqwest::Error {
    let url = error.url().cloned();
    let error = error.without_url();
    span.record("error", &error as &(dyn Error + 'static));
    match url {
        Some(url) => error.with_url(url),
        None => error,
    }
}
