//! Requests in both encodings against a real store.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use prost::Message as _;
use serde_json::{Value, json};
use siskin_sdk::id::TraceId;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::fault::Status;
use super::{OtlpEdge, router};
use crate::base::{Clock, Scope, Timestamp};
use crate::edge::aws::Caller;
use crate::service::Context;
use crate::service::logs::LogGroupName;
use crate::service::logs::filter_log_events::{FilterLogEventsInput, filter_log_events};
use crate::service::testing::Fixture;
use crate::service::xray::batch_get_traces::traces;
use crate::service::xray::graph::Graph;
use crate::store::{MetricRow, MetricScan};

const JSON: &str = "application/json";

/// The OTLP paths on a port of their own.
struct Running {
    fixture: Fixture,
    address: SocketAddr,
    cancel: CancellationToken,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Running {
    async fn start() -> Self {
        let fixture = Fixture::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let cx = fixture.cx();
        let edge = OtlpEdge::new(Clock::from(fixture.clock.clone()), Scope::default(), move |caller: Caller| Context {
            scope: caller.scope,
            request_id: caller.request_id,
            now: caller.now,
            ..cx.clone()
        });
        let cancel = CancellationToken::new();
        let stopped = cancel.clone();
        let server =
            axum::serve(listener, router(edge)).with_graceful_shutdown(async move { stopped.cancelled().await });
        let task = tokio::spawn(async move { server.await });
        Self { fixture, address, cancel, task }
    }

    async fn send(&self, path: &str, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> (u16, Vec<u8>) {
        let mut request = reqwest::Client::new().post(format!("http://{}{path}", self.address)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.bytes().await.expect("a body").to_vec())
    }

    async fn send_json(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, answer) = self.send(path, &[("content-type", JSON)], body.to_string()).await;
        (status, serde_json::from_slice(&answer).expect("JSON"))
    }

    async fn stop(self) {
        self.cancel.cancel();
        self.task.await.expect("no panic").expect("served");
    }

    fn nanos(&self, millis: u64) -> String {
        (self.fixture.clock.now().as_nanos() as u64 + millis * 1_000_000).to_string()
    }

    async fn metric(&self, namespace: &str, name: &str) -> Vec<MetricRow> {
        let scan = MetricScan {
            namespace: namespace.into(),
            metric_name: name.into(),
            dimensions: None,
            unit: None,
            since: Timestamp::MIN,
            until: Timestamp::MAX,
        };
        self.fixture.store.metrics.scan(&Scope::default(), scan).await.expect("rows")
    }
}

const TRACE: &str = "64f0c1aa0123456789abcdef01234567";

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn spans(running: &Running) -> Value {
    let span = |id: &str, parent: &str, kind: u8, name: &str, attributes: Value| {
        json!({
            "traceId": TRACE, "spanId": id, "parentSpanId": parent, "kind": kind, "name": name, "attributes": attributes,
            "startTimeUnixNano": running.nanos(0), "endTimeUnixNano": running.nanos(250),
        })
    };
    let mut failed = span(
        "00f067aa0ba902b8",
        "00f067aa0ba902b7",
        3,
        "GET",
        json!([
            text("http.request.method", "GET"), text("url.full", "http://orders/list"), text("server.address", "orders"),
            {"key": "http.response.status_code", "value": {"intValue": "503"}},
        ]),
    );
    failed["events"] = json!([{"name": "exception", "timeUnixNano": running.nanos(1), "attributes": [
        text("exception.type", "Timeout"), text("exception.message", "no answer"), text("exception.stacktrace", "at a\n at b"),
    ]}]);
    json!({"resourceSpans": [{
        "resource": {"attributes": [text("service.name", "shop"), text("cloud.platform", "aws_ecs"), text("telemetry.sdk.language", "rust")]},
        "scopeSpans": [{"scope": {"name": "test"}, "spans": [
            span("00f067aa0ba902b7", "", 2, "GET /list", json!([
                text("http.request.method", "GET"), text("url.scheme", "http"), text("server.address", "shop.example"),
                text("url.path", "/list"), text("client.address", "10.0.0.9"), text("annotation.tier", "gold"),
                {"key": "aws.xray.annotations", "value": {"arrayValue": {"values": [{"stringValue": "order.id"}]}}},
                {"key": "order.id", "value": {"intValue": 7}}, {"key": "http.status_code", "value": {"intValue": 200}},
            ])),
            failed,
            span("00f067aa0ba902b9", "00f067aa0ba902b7", 3, "select", json!([
                text("db.system", "postgresql"), text("db.name", "shop"), text("net.peer.name", "db1"), text("db.statement", "select 1"),
            ])),
            span("00f067aa0ba902ba", "00f067aa0ba902b7", 1, "render?", json!([])),
        ]}],
    }]})
}

fn strip_times(document: &mut Value) {
    let fields = document.as_object_mut().expect("an object");
    fields.retain(|name, _| !name.ends_with("_time"));
    fields.get_mut("subsegments").and_then(Value::as_array_mut).into_iter().flatten().for_each(strip_times);
}

#[tokio::test]
async fn spans_become_one_trace_with_its_blocks() {
    let running = Running::start().await;
    let (status, answer) = running.send_json("/v1/traces", &spans(&running)).await;
    assert_eq!((status, &answer["partialSuccess"]), (200, &Value::Null));
    let id: TraceId = TRACE.parse().expect("a trace id");
    let found = traces(&running.fixture.cx(), &[id]).await.expect("a trace");
    assert_eq!(found[0].documents.len(), 1);
    let mut document = found[0].documents[0].to_document();
    strip_times(&mut document);
    insta::assert_snapshot!(serde_json::to_string_pretty(&document).expect("JSON"));
    let mut graph = Graph::default();
    graph.add(&found[0]);
    let names: Vec<String> =
        graph.finish().into_iter().map(|node| format!("{} {}", node.name, node.kind.unwrap_or_default())).collect();
    assert_eq!(names, ["orders remote", "shop AWS::ECS::Container", "shop client", "shop@db1 Database::SQL"]);
    running.stop().await;
}

#[tokio::test]
async fn protobuf_and_gzip_are_read_and_answered_in_kind() {
    let running = Running::start().await;
    let request: ExportTraceServiceRequest = serde_json::from_value(spans(&running)).expect("OTLP JSON");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&request.encode_to_vec()).expect("in memory");
    let headers = [("content-type", "application/x-protobuf"), ("content-encoding", "gzip")];
    let (status, answer) = running.send("/v1/traces", &headers, gzip.finish().expect("in memory")).await;
    assert_eq!(status, 200);
    assert_eq!(
        ExportTraceServiceResponse::decode(answer.as_slice()),
        Ok(ExportTraceServiceResponse { partial_success: None })
    );
    let id: TraceId = TRACE.parse().expect("a trace id");
    assert_eq!(traces(&running.fixture.cx(), &[id]).await.expect("a trace")[0].walk().count(), 4);
    running.stop().await;
}

#[tokio::test]
async fn what_is_wrong_is_told_in_the_encoding_of_the_request() {
    let running = Running::start().await;
    let protobuf = [("content-type", "application/x-protobuf")];
    let (status, answer) = running.send("/v1/traces", &protobuf, vec![0xff; 9]).await;
    let told = Status::decode(answer.as_slice()).expect("google.rpc.Status");
    assert_eq!((status, told.code), (400, 3));
    let (status, answer) = running.send("/v1/traces", &[("content-type", JSON)], "{").await;
    insta::assert_snapshot!(format!("{status} {}", String::from_utf8_lossy(&answer)), @r#"400 {"code":3,"message":"the body is not OTLP JSON: EOF while parsing an object at line 1 column 1"}"#);
    let (status, answer) = running.send("/v1/logs", &[("content-type", "text/plain")], "x").await;
    insta::assert_snapshot!(format!("{status} {}", String::from_utf8_lossy(&answer)), @r#"415 {"code":3,"message":"content type \"text/plain\" is not supported: send application/x-protobuf or application/json, plain or gzip"}"#);
    let (status, _) = running.send("/v1/metrics", &[("content-type", JSON), ("content-encoding", "br")], "x").await;
    assert_eq!(status, 415);
    let (status, _) = running.send("/v1/metrics", &protobuf, vec![0; (5 << 20) + 1]).await;
    assert_eq!(status, 413);
    running.stop().await;
}

#[tokio::test]
async fn single_bad_spans_are_a_partial_success() {
    let running = Running::start().await;
    let mut request = spans(&running);
    let spans = &mut request["resourceSpans"][0]["scopeSpans"][0]["spans"];
    spans[1]["spanId"] = "00".into();
    spans[2]["startTimeUnixNano"] = "1000".into();
    let (status, answer) = running.send_json("/v1/traces", &request).await;
    assert_eq!((status, &answer["partialSuccess"]["rejectedSpans"]), (200, &json!(2)), "{answer}");
    let message = answer["partialSuccess"]["errorMessage"].as_str().expect("a message");
    assert_eq!(message, "a span id is 8 bytes, not all zero; span 00f067aa0ba902b9 is more than 14 days old");
    running.stop().await;
}

#[tokio::test]
async fn log_records_become_events_of_the_service() {
    let running = Running::start().await;
    let record = |body: &str, at: &str| {
        json!({
            "timeUnixNano": at, "severityNumber": 17, "severityText": "ERROR", "body": {"stringValue": body}, "traceId": TRACE,
            "attributes": [text("user", "ola")],
        })
    };
    let request = json!({"resourceLogs": [{
        "resource": {"attributes": [text("service.name", "my shop"), text("service.instance.id", "host:1")]},
        "scopeLogs": [{"logRecords": [record("payment failed", &running.nanos(0)), record("ancient", "1000")]}],
    }]});
    let (status, answer) = running.send_json("/v1/logs", &request).await;
    assert_eq!((status, &answer["partialSuccess"]["rejectedLogRecords"]), (200, &json!(1)), "{answer}");
    let input = |group: &str| FilterLogEventsInput {
        log_group_name: Some(LogGroupName::parse(group).expect("a name")),
        filter_pattern: Some("\"payment failed\"".to_owned()),
        ..FilterLogEventsInput::default()
    };
    let found = filter_log_events(&running.fixture.cx(), input("my_shop")).await.expect("a page").events;
    assert_eq!(&*found[0].log_stream_name, "host_1");
    let message: Value = serde_json::from_str(&found[0].message).expect("JSON");
    assert_eq!(
        (&message["body"], &message["traceId"], &message["attributes"]["user"]),
        (&json!("payment failed"), &json!(TRACE), &json!("ola"))
    );

    let headers = [("content-type", JSON), ("x-aws-log-group", "chosen"), ("x-aws-log-stream", "stream")];
    let (status, _) = running.send("/v1/logs", &headers, request.to_string()).await;
    assert_eq!(status, 200);
    assert_eq!(filter_log_events(&running.fixture.cx(), input("chosen")).await.expect("a page").events.len(), 1);
    let headers = [("content-type", JSON), ("x-aws-log-group", "not a name")];
    assert_eq!(running.send("/v1/logs", &headers, request.to_string()).await.0, 400);
    running.stop().await;
}

#[tokio::test]
async fn points_become_datapoints() {
    let running = Running::start().await;
    running.fixture.clock.advance(Duration::from_mins(1));
    let point = |value: f64, start: &str| {
        json!({
            "asDouble": value, "startTimeUnixNano": start, "timeUnixNano": running.nanos(0), "attributes": [text("route", "/list")],
        })
    };
    let (start, old) = (running.nanos(0), "1000");
    let send = async |requests: f64, count: u64| {
        let request = json!({"resourceMetrics": [{
            "resource": {"attributes": [text("service.name", "shop")]},
            "scopeMetrics": [{"metrics": [
                {"name": "memory", "unit": "By", "gauge": {"dataPoints": [point(5.0, "0")]}},
                {"name": "requests", "unit": "{request}", "sum": {"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [point(requests, &start)]}},
                {"name": "old", "sum": {"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [point(requests, old)]}},
                {"name": "latency", "unit": "ms", "histogram": {"aggregationTemporality": 2, "dataPoints": [{
                    "startTimeUnixNano": start, "timeUnixNano": running.nanos(0), "count": count, "sum": requests * 2.0,
                    "explicitBounds": [1.0, 5.0, 10.0], "bucketCounts": ["0", count, "0", "0"],
                }]}},
                {"name": "quantiles", "summary": {"dataPoints": [{"timeUnixNano": running.nanos(0), "count": "1", "sum": 1.0}]}},
            ]}],
        }]});
        running.send_json("/v1/metrics", &request).await
    };
    let (status, answer) = send(6.0, 4).await;
    assert_eq!((status, &answer["partialSuccess"]["rejectedDataPoints"]), (200, &json!(1)), "{answer}");
    send(10.0, 7).await;
    let sums = |rows: Vec<MetricRow>| rows.iter().map(|row| row.sum).collect::<Vec<_>>();
    assert_eq!(sums(running.metric("shop", "memory").await), [5.0, 5.0]);
    assert_eq!(sums(running.metric("shop", "requests").await), [6.0, 4.0]);
    assert_eq!(sums(running.metric("shop", "old").await), [4.0]);
    let latency = running.metric("shop", "latency").await;
    let sets: Vec<_> = latency.iter().map(|row| (row.count, row.sum, row.min, row.max, &*row.unit)).collect();
    assert_eq!(sets, [(4.0, 12.0, 1.0, 5.0, "Milliseconds"), (3.0, 8.0, 1.0, 5.0, "Milliseconds")]);
    assert_eq!(latency[0].dimensions.pairs(), []);
    assert_eq!(
        running.metric("shop", "requests").await[0].dimensions.pairs(),
        [("route".to_owned(), "/list".to_owned())]
    );
    running.stop().await;
}
