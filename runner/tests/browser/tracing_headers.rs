//! The trace goes to our hosts, and to nobody else.

use siskin_runner::browser::{Condition, TraceContext};
use siskin_sdk::id::{SpanId, TraceId};
use siskin_sdk::propagation;

use crate::bench::{Bench, open, soon};
use crate::site::{Seen, Site};

fn span_of(seen: &Seen) -> Option<SpanId> {
    propagation::extract_with(|name| seen.header(name)).and_then(|header| header.parent)
}

async fn traced_bench(host: &str) -> (Bench, TraceId, SpanId) {
    let mut bench = Bench::new().await;
    let (trace_id, parent) = (TraceId::random(1_700_000_000), SpanId::random());
    bench.options.trace = Some(TraceContext { trace_id, parent, sampled: true, hosts: vec![host.parse().unwrap()] });
    (bench, trace_id, parent)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_carries_the_trace_to_listed_hosts() {
    let (bench, trace_id, parent) = traced_bench("127.0.0.1").await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/").await;
    // The page's own request is not a part of its load: it has to end before the next page ends it.
    let ended = async {
        let json = site.url("/json");
        while !session.evidence().await.requests.iter().any(|span| span.url == json.as_str() && span.ended.is_some()) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), ended).await.unwrap();
    let step = SpanId::random();
    session.set_trace_parent(step);
    open(&session, &site, "/redirect").await;

    let evidence = session.evidence().await;
    for (path, below) in [("/", parent), ("/json", parent), ("/redirect", step), ("/?landed=1", step)] {
        let seen = site.seen(path);
        assert_eq!(seen.len(), 1, "{path}");
        let header = propagation::extract_with(|name| seen[0].header(name)).unwrap();
        assert_eq!(header.root, Some(trace_id));
        assert_eq!(header.sampling, propagation::Sampling::Sampled);
        assert!(seen[0].header("traceparent").is_some_and(|text| text.contains(&trace_id.w3c().to_string())));
        let url = site.url(path);
        let spans: Vec<_> = evidence.requests.iter().filter(|span| span.url == url.as_str()).collect();
        assert_eq!(spans.len(), 1, "{path}: {:?}", evidence.requests);
        assert_eq!(Some(spans[0].span_id), span_of(&seen[0]));
        assert_eq!(spans[0].parent, below);
        assert_eq!(spans[0].status, Some(if path == "/redirect" { 302 } else { 200 }));
        assert!(spans[0].ended.is_some_and(|ended| ended >= spans[0].started));
    }
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_tells_no_stranger_of_the_trace() {
    let (bench, ..) = traced_bench("127.0.0.1").await;
    let site = Site::start().await;
    let session = bench.session().await;
    // A redirect from our host to another one, and another host's page.
    open(&session, &site, "/redirect-away").await;
    let away = site.seen("/away");
    assert_eq!(away.len(), 1);
    assert_eq!((away[0].header("traceparent"), away[0].header("x-amzn-trace-id")), (None, None));
    assert!(span_of(&site.seen("/redirect-away")[0]).is_some());
    assert_eq!(session.evidence().await.requests.len(), 1);
    bench.end(session).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_leaves_cross_origin_requests_simple() {
    for listed in ["127.0.0.1", "localhost"] {
        let (bench, ..) = traced_bench(listed).await;
        let site = Site::start().await;
        let session = bench.session().await;
        open(&session, &site, "/cors").await;
        session.wait_for(&Condition::Script("return document.title !== 'Cors'".to_owned()), soon(10)).await.unwrap();
        assert_eq!(session.title(soon(5)).await.unwrap(), "got true", "{listed}");
        let methods: Vec<String> = site.seen("/open-json").into_iter().map(|seen| seen.method).collect();
        assert_eq!(methods, ["GET"], "{listed}");
        bench.end(session).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browser_carries_the_trace_into_frames() {
    let (bench, trace_id, _) = traced_bench("localhost").await;
    let site = Site::start().await;
    let session = bench.session().await;
    open(&session, &site, "/frames").await;
    let inner = site.seen("/inner");
    let header = propagation::extract_with(|name| inner[0].header(name)).unwrap();
    assert_eq!(header.root, Some(trace_id));
    assert_eq!(site.seen("/frames")[0].header("traceparent"), None);
    bench.end(session).await;
}
