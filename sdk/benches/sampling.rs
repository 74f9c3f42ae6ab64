//! What a sampling decision costs, by how many rules are asked.
//!
//! `cargo bench -p siskin-sdk --bench sampling` decides by local rules, version 2, whose patterns name
//! a host, a method and a path: on a request that only the last of them matches (hit), and on one that
//! none does, so that the default decides (miss). The peer is OpenTelemetry's sampler, parent-based
//! over a ratio of trace ids, on a root span with the same three attributes; it asks no rules, so that
//! it is compared with one rule. It prints decisions a second and lines `ratio NAME VALUE`.
#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]
#![expect(clippy::unwrap_used, reason = "a benchmark fails by its panic")]

mod measured;

use std::fmt::Write;
use std::hint::black_box;

use criterion::Throughput;
use measured::Measured;
use opentelemetry::trace::{SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler as OtelSampler, ShouldSample};
use siskin_sdk::sampling::{Request, Sampler};
use siskin_sdk::segment::EpochTime;

const RULES: [usize; 3] = [1, 10, 50];
const PEER: &str = "otel_parent_based_ratio";
/// The share that is sampled, as X-Ray's default has it.
const RATE: f64 = 0.05;

/// So many rules, each for the path of a resource of its own, in the form of a file.
fn sampler(rules: usize) -> Sampler {
    let mut json = String::new();
    for number in 0..rules {
        let comma = if number == 0 { "" } else { "," };
        write!(
            json,
            r#"{comma}{{"host":"*.shop.example","http_method":"GET","url_path":"/api/v1/resource{number}/*",
                "fixed_target":1,"rate":{RATE}}}"#
        )
        .unwrap();
    }
    let file = format!(r#"{{"version":2,"rules":[{json}],"default":{{"fixed_target":1,"rate":{RATE}}}}}"#);
    Sampler::from_local_rules(&file).unwrap()
}

fn main() {
    let Some(mut measured) = Measured::start("sampling") else { return };
    let now = EpochTime::from_nanos(1_793_000_000_000_000_000);
    measured.measure(|group| {
        group.throughput(Throughput::Elements(1));
        for rules in RULES {
            let sampler = sampler(rules);
            let hit = format!("/api/v1/resource{}/7", rules - 1);
            for (name, path) in [("hit", hit.as_str()), ("miss", "/api/v1/other/7")] {
                let request = Request {
                    host: Some("eu.shop.example"),
                    method: Some("GET"),
                    path: Some(path),
                    ..Request::default()
                };
                group.bench_function(format!("rules_{rules}_{name}"), |bencher| {
                    bencher.iter(|| sampler.decide(black_box(&request), now));
                });
            }
        }
        let peer = OtelSampler::ParentBased(Box::new(OtelSampler::TraceIdRatioBased(RATE)));
        let attributes = [
            KeyValue::new("server.address", "eu.shop.example"),
            KeyValue::new("http.request.method", "GET"),
            KeyValue::new("url.path", "/api/v1/resource0/7"),
        ];
        let around = Context::new();
        group.bench_function(PEER, |bencher| {
            let mut id = 0x64f0_c1aa_0123_4567_89ab_cdef_0123_4567_u128;
            bencher.iter(|| {
                id = id.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).wrapping_add(1);
                let (trace_id, kind) = (TraceId::from(id), SpanKind::Server);
                peer.should_sample(Some(&around), trace_id, "request", &kind, black_box(&attributes), &[])
            });
        });
    });
    for rules in RULES {
        for end in ["hit", "miss"] {
            let name = format!("rules_{rules}_{end}");
            if let Some(ns) = measured.median_ns(&name) {
                println!("decisions_per_second {name} {:.0}", 1e9 / ns);
            }
        }
    }
    if let Some(ns) = measured.median_ns(PEER) {
        println!("decisions_per_second {PEER} {:.0}", 1e9 / ns);
    }
    measured.ratio("otel_ratio_over_sdk_1_rule_hit", PEER, "rules_1_hit");
    measured.ratio("otel_ratio_over_sdk_1_rule_miss", PEER, "rules_1_miss");
    measured.ratio("sdk_50_rules_over_1_rule_hit", "rules_50_hit", "rules_1_hit");
    measured.ratio("sdk_50_rules_over_1_rule_miss", "rules_50_miss", "rules_1_miss");
}
