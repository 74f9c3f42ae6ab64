//! Calls with [`reqwest`] that carry the trace on.

use std::error::Error;

use reqwest::{Client, Request, RequestBuilder, Response};
use tracing::{Instrument, Span, field, info_span};

use crate::{current_context, propagation};

/// Sends a request in a subsegment of its own and carries the trace on in its headers, so that the
/// callee's segment hangs below that subsegment.
///
/// The subsegment ends when the response's head has arrived; reading the body belongs to the caller.
/// Redirects are followed inside of it.
///
/// # Errors
/// What [`Client::execute`] answers.
pub async fn send(client: &Client, mut request: Request) -> reqwest::Result<Response> {
    let span = client_span(&request);
    // Where no layer records the span, the trace around goes on.
    if let Some(context) = span.in_scope(current_context) {
        propagation::inject(&context, request.headers_mut());
    }
    let result = client.execute(request).instrument(span.clone()).await;
    match result {
        Ok(response) => {
            span.record("http.response.status_code", response.status().as_u16());
            span.record("http.response.body.size", response.content_length());
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
        http.request.method = request.method().as_str(),
        url.full = url.as_str(),
        server.address = url.host_str(),
        server.port = url.port(),
        xray.traced = true,
        http.response.status_code = field::Empty,
        http.response.body.size = field::Empty,
        error = field::Empty,
    )
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
