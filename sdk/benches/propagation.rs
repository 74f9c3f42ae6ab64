//! What it costs to read and write the headers that carry a trace.
//!
//! `cargo bench -p siskin-sdk --bench propagation` reads `X-Amzn-Trace-Id` and `traceparent` out of a
//! map of headers and writes them into one, and prints lines `ratio NAME VALUE`. The peers do the same
//! with the same headers and maps: `opentelemetry-aws` for X-Ray's, `opentelemetry_sdk` for W3C's, and
//! both behind one another for both.
#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]
#![expect(clippy::unwrap_used, reason = "a benchmark fails by its panic")]

mod measured;

use std::collections::HashMap;
use std::hint::black_box;

use criterion::BenchmarkGroup;
use criterion::measurement::WallTime;
use measured::Measured;
use opentelemetry::Context;
use opentelemetry::propagation::{TextMapCompositePropagator, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;
use opentelemetry_aws::trace::XrayPropagator;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use siskin_sdk::propagation::{self, TRACEPARENT, X_AMZN_TRACE_ID, w3c, xray};

type Headers = HashMap<String, String>;
/// A propagator of OpenTelemetry's, and the headers it reads.
type Peer<'a> = (&'static str, &'a dyn TextMapPropagator, &'a [(&'a str, &'a str)]);

const XRAY: &str = "Root=1-64f0c1aa-0123456789abcdef01234567;Parent=00f067aa0ba902b7;Sampled=1";
const W3C: &str = "00-64f0c1aa0123456789abcdef01234567-00f067aa0ba902b7-01";

/// What a client of HTTP sends besides.
fn headers(of_trace: &[(&str, &str)]) -> Headers {
    let usual = [
        ("host", "eu.shop.example"),
        ("accept", "application/json"),
        ("accept-encoding", "gzip"),
        ("content-type", "application/json"),
        ("content-length", "348"),
        ("user-agent", "shop/1.0"),
    ];
    usual.iter().chain(of_trace).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn sdk(group: &mut BenchmarkGroup<'_, WallTime>) {
    let (of_xray, of_w3c) = (headers(&[(X_AMZN_TRACE_ID, XRAY)]), headers(&[(TRACEPARENT, W3C)]));
    let both = headers(&[(X_AMZN_TRACE_ID, XRAY), (TRACEPARENT, W3C)]);
    let get = |headers: &Headers, name: &str| xray::parse(headers.get(name)?);
    group.bench_function("sdk_read_xray", |bencher| {
        bencher.iter(|| get(black_box(&of_xray), X_AMZN_TRACE_ID).unwrap());
    });
    group.bench_function("sdk_read_w3c", |bencher| {
        bencher.iter(|| w3c::parse(black_box(&of_w3c).get(TRACEPARENT).unwrap()).unwrap());
    });
    group.bench_function("sdk_read_both", |bencher| {
        bencher.iter(|| propagation::extract_with(|name| Some(black_box(&both).get(name)?.as_str())).unwrap());
    });
    let context = xray::parse(XRAY).unwrap();
    let mut sent = Headers::new();
    group.bench_function("sdk_write_xray", |bencher| {
        bencher.iter(|| sent.insert(X_AMZN_TRACE_ID.to_owned(), xray::format(black_box(&context)).unwrap()));
    });
    group.bench_function("sdk_write_w3c", |bencher| {
        bencher.iter(|| sent.insert(TRACEPARENT.to_owned(), w3c::format(black_box(&context)).unwrap()));
    });
    group.bench_function("sdk_write_both", |bencher| {
        bencher.iter(|| {
            propagation::inject_with(black_box(&context), |name, value| {
                sent.insert(name.to_owned(), value);
            });
        });
    });
}

fn peers(group: &mut BenchmarkGroup<'_, WallTime>) {
    let of_both = [(X_AMZN_TRACE_ID, XRAY), (TRACEPARENT, W3C)];
    let composite =
        TextMapCompositePropagator::new(vec![Box::new(TraceContextPropagator::new()), Box::new(XrayPropagator::new())]);
    let peers: [Peer<'_>; 3] = [
        ("xray", &XrayPropagator::new(), &of_both[..1]),
        ("w3c", &TraceContextPropagator::new(), &of_both[1..]),
        ("both", &composite, &of_both),
    ];
    for (name, propagator, of_trace) in peers {
        let (around, received, mut sent) = (Context::new(), headers(of_trace), Headers::new());
        let known = propagator.extract_with_context(&around, &received);
        assert_eq!(known.span().span_context().trace_id().to_string(), "64f0c1aa0123456789abcdef01234567", "{name}");
        group.bench_function(format!("otel_read_{name}"), |bencher| {
            bencher.iter(|| propagator.extract_with_context(&around, black_box(&received)));
        });
        group.bench_function(format!("otel_write_{name}"), |bencher| {
            bencher.iter(|| propagator.inject_context(black_box(&known), &mut sent));
        });
        let written = of_trace.iter().all(|(name, value)| sent.get(*name).is_none_or(|sent| sent == value));
        assert!(written, "{sent:?}");
    }
}

fn main() {
    let Some(mut measured) = Measured::start("propagation") else { return };
    measured.measure(|group| {
        sdk(group);
        peers(group);
    });
    for way in ["read", "write"] {
        for form in ["xray", "w3c", "both"] {
            let name = format!("otel_over_sdk_{way}_{form}");
            measured.ratio(&name, &format!("otel_{way}_{form}"), &format!("sdk_{way}_{form}"));
        }
    }
}
