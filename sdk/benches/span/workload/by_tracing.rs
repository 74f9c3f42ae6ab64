//! The requests by `tracing`.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use tokio::runtime::Runtime;
use tracing::field::Empty;
use tracing::{Instrument as _, Span, error, info_span};

use super::{QUERIES, SERVICES, Texts, fails, pending_once};

/// Runs requests as nested calls.
pub(crate) fn run_sync(texts: &'static Texts, requests: Range<i64>) {
    for request in requests {
        serve(texts, request);
    }
}

/// Runs requests as nested futures.
pub(crate) fn run_async(runtime: &Runtime, texts: &'static Texts, requests: Range<i64>) {
    runtime.block_on(async {
        for request in requests {
            let span =
                info_span!("request", path = texts.get(request), tenant = request.cast_unsigned(), status = Empty);
            serve_async(texts, request).instrument(span).await;
        }
    });
}

/// Spans that were opened and not closed.
pub(crate) static HELD: Mutex<Vec<Span>> = Mutex::new(Vec::new());
/// Spans of a request held open.
pub(crate) const HELD_PER_REQUEST: i64 = 10;

/// Opens a span and 9 children of it for each request, and keeps them open in [`HELD`].
pub(crate) fn hold(texts: &'static Texts, requests: Range<i64>) {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    for request in requests {
        let root = info_span!("request", path = texts.get(request), tenant = request.cast_unsigned(), status = Empty);
        for query in 1..HELD_PER_REQUEST {
            let statement = texts.get(request + query);
            held.push(info_span!(parent: &root, "query", statement, parameters = query.cast_unsigned(), rows = Empty));
        }
        held.push(root);
    }
}

fn serve(texts: &Texts, request: i64) {
    let span = info_span!("request", path = texts.get(request), tenant = request.cast_unsigned(), status = Empty);
    let _entered = span.enter();
    for service in 0..SERVICES {
        call(texts, request, service);
    }
    span.record("status", 200);
}

fn call(texts: &Texts, request: i64, service: i64) {
    let span = info_span!(
        "service",
        endpoint = texts.get(request + service),
        attempt = service.cast_unsigned(),
        status = Empty
    );
    let _entered = span.enter();
    for query in 0..QUERIES {
        ask(texts, request, query);
    }
    if service == 0 && fails(request) {
        error!(order = request, "payment failed");
    }
    span.record("status", 200);
}

fn ask(texts: &Texts, request: i64, query: i64) {
    let span =
        info_span!("query", statement = texts.get(request + query), parameters = query.cast_unsigned(), rows = Empty);
    let _entered = span.enter();
    span.record("rows", request);
}

async fn serve_async(texts: &Texts, request: i64) {
    for service in 0..SERVICES {
        let span = info_span!(
            "service",
            endpoint = texts.get(request + service),
            attempt = service.cast_unsigned(),
            status = Empty
        );
        call_async(texts, request, service).instrument(span).await;
    }
    Span::current().record("status", 200);
}

async fn call_async(texts: &Texts, request: i64, service: i64) {
    for query in 0..QUERIES {
        let span = info_span!(
            "query",
            statement = texts.get(request + query),
            parameters = query.cast_unsigned(),
            rows = Empty
        );
        ask_async(request).instrument(span).await;
    }
    if service == 0 && fails(request) {
        error!(order = request, "payment failed");
    }
    Span::current().record("status", 200);
}

async fn ask_async(request: i64) {
    pending_once().await;
    Span::current().record("rows", request);
}
