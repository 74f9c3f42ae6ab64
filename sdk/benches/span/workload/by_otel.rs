//! The requests by the OpenTelemetry API.

use std::ops::Range;
use std::sync::OnceLock;

use opentelemetry::trace::{FutureExt as _, TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;
use tokio::runtime::Runtime;

use super::{QUERIES, SERVICES, Texts, fails, pending_once};

/// What spans are made with; set before the first request.
pub(crate) static TRACER: OnceLock<SdkTracer> = OnceLock::new();

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
            serve_async(texts, request).with_context(request_context(texts, request)).await;
        }
    });
}

fn child_of_current(name: &'static str, attributes: [KeyValue; 2]) -> Context {
    let tracer = TRACER.get().expect("the contestant sets the tracer before it is run");
    let span = tracer.span_builder(name).with_attributes(attributes).start(tracer);
    Context::current_with_span(span)
}

fn request_context(texts: &Texts, request: i64) -> Context {
    let path = KeyValue::new("path", texts.get(request).to_owned());
    child_of_current("request", [path, KeyValue::new("tenant", request)])
}

fn service_context(texts: &Texts, request: i64, service: i64) -> Context {
    let endpoint = KeyValue::new("endpoint", texts.get(request + service).to_owned());
    child_of_current("service", [endpoint, KeyValue::new("attempt", service)])
}

fn query_context(texts: &Texts, request: i64, query: i64) -> Context {
    let statement = KeyValue::new("statement", texts.get(request + query).to_owned());
    child_of_current("query", [statement, KeyValue::new("parameters", query)])
}

fn set_on_current(key: &'static str, value: i64) {
    Context::map_current(|context| context.span().set_attribute(KeyValue::new(key, value)));
}

fn add_failure(request: i64) {
    let order = KeyValue::new("order", request);
    Context::map_current(|context| context.span().add_event("payment failed", vec![order]));
}

fn serve(texts: &Texts, request: i64) {
    let context = request_context(texts, request);
    let _entered = context.attach();
    for service in 0..SERVICES {
        call(texts, request, service);
    }
    set_on_current("status", 200);
}

fn call(texts: &Texts, request: i64, service: i64) {
    let context = service_context(texts, request, service);
    let _entered = context.attach();
    for query in 0..QUERIES {
        ask(texts, request, query);
    }
    if service == 0 && fails(request) {
        add_failure(request);
    }
    set_on_current("status", 200);
}

fn ask(texts: &Texts, request: i64, query: i64) {
    let context = query_context(texts, request, query);
    let _entered = context.attach();
    set_on_current("rows", request);
}

async fn serve_async(texts: &Texts, request: i64) {
    for service in 0..SERVICES {
        let context = service_context(texts, request, service);
        call_async(texts, request, service).with_context(context).await;
    }
    set_on_current("status", 200);
}

async fn call_async(texts: &Texts, request: i64, service: i64) {
    for query in 0..QUERIES {
        let context = query_context(texts, request, query);
        ask_async(request).with_context(context).await;
    }
    if service == 0 && fails(request) {
        add_failure(request);
    }
    set_on_current("status", 200);
}

async fn ask_async(request: i64) {
    pending_once().await;
    set_on_current("rows", request);
}
