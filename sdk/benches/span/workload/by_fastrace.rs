//! The requests by fastrace: local spans in calls, which it recommends there, and spans in futures.

use std::ops::Range;

use fastrace::future::FutureExt as _;
use fastrace::local::LocalSpan;
use fastrace::prelude::SpanContext;
use fastrace::{Event, Span};
use tokio::runtime::Runtime;

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
            serve_async(texts, request).in_span(root(texts, request)).await;
        }
    });
}

type Properties = [(&'static str, String); 2];

fn request_properties(texts: &Texts, request: i64) -> Properties {
    [("path", texts.get(request).to_owned()), ("tenant", request.to_string())]
}

fn service_properties(texts: &Texts, request: i64, service: i64) -> Properties {
    [("endpoint", texts.get(request + service).to_owned()), ("attempt", service.to_string())]
}

fn query_properties(texts: &Texts, request: i64, query: i64) -> Properties {
    [("statement", texts.get(request + query).to_owned()), ("parameters", query.to_string())]
}

fn root(texts: &Texts, request: i64) -> Span {
    Span::root("request", SpanContext::random()).with_properties(|| request_properties(texts, request))
}

fn add_failure(request: i64) {
    LocalSpan::add_event(Event::new("payment failed").with_property(|| ("order", request.to_string())));
}

fn serve(texts: &Texts, request: i64) {
    let root = root(texts, request);
    let _entered = root.set_local_parent();
    for service in 0..SERVICES {
        call(texts, request, service);
    }
    root.add_property(|| ("status", 200.to_string()));
}

fn call(texts: &Texts, request: i64, service: i64) {
    let _span =
        LocalSpan::enter_with_local_parent("service").with_properties(|| service_properties(texts, request, service));
    for query in 0..QUERIES {
        ask(texts, request, query);
    }
    if service == 0 && fails(request) {
        add_failure(request);
    }
    LocalSpan::add_property(|| ("status", 200.to_string()));
}

fn ask(texts: &Texts, request: i64, query: i64) {
    let _span = LocalSpan::enter_with_local_parent("query").with_properties(|| query_properties(texts, request, query));
    LocalSpan::add_property(|| ("rows", request.to_string()));
}

async fn serve_async(texts: &Texts, request: i64) {
    for service in 0..SERVICES {
        let span =
            Span::enter_with_local_parent("service").with_properties(|| service_properties(texts, request, service));
        call_async(texts, request, service).in_span(span).await;
    }
    LocalSpan::add_property(|| ("status", 200.to_string()));
}

async fn call_async(texts: &Texts, request: i64, service: i64) {
    for query in 0..QUERIES {
        let span = Span::enter_with_local_parent("query").with_properties(|| query_properties(texts, request, query));
        ask_async(request).in_span(span).await;
    }
    if service == 0 && fails(request) {
        add_failure(request);
    }
    LocalSpan::add_property(|| ("status", 200.to_string()));
}

async fn ask_async(request: i64) {
    pending_once().await;
    LocalSpan::add_property(|| ("rows", request.to_string()));
}
