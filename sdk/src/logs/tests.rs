//! From a `tracing` event to what a receiver on a socket gets.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use prost::Message;
use serde_json::json;
use tracing::{Span, debug, error, info, info_span, warn};
use tracing_core::{Dispatch, Level, dispatcher};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use super::*;
use crate::export::MemoryExporter;
use crate::propagation::xray;
use crate::sampling::Sampler;
use crate::ship::receiver::{Answer, Received, TestReceiver};
use crate::signing::AwsAccess;
use crate::{Clock, Config};

// Events name a target throughout: this module's own is the SDK's, and not shipped.

const LONG: Duration = Duration::from_secs(30);
const NOW_MS: u64 = 1_793_000_000_123;
const HEADER: &str = "Root=1-64f0c1aa-0123456789abcdef01234567;Parent=00f067aa0ba902b7;Sampled=1";

/// Runs `traced` with a layer of these settings, and returns what a flush afterwards reports.
fn ship(config: LogsConfig, traced: impl FnOnce()) -> DeliveryReport {
    let (clock, _hands) = Clock::manual(Duration::from_millis(NOW_MS));
    let tracing = Config::new("shop").sampler(Sampler::always()).exporter(MemoryExporter::default());
    let (xray, _xray_guard) = crate::layer(tracing).unwrap();
    let (logs, guard) = layer(config.clock(clock).interval(LONG)).unwrap();
    dispatcher::with_default(&registry().with(xray).with(logs).into(), traced);
    guard.flush(LONG)
}

fn accept(_request: &Received) -> Answer {
    Answer::new(200, "{}")
}

fn cloudwatch(receiver: &TestReceiver) -> LogsConfig {
    LogsConfig::cloudwatch(&receiver.url, "/shop/api", "host-1")
}

/// A request's events: each with its body read as JSON.
fn events(request: &Received) -> Vec<(u64, serde_json::Value)> {
    let events = request.json()["logEvents"].as_array().unwrap().clone();
    let read = |event: serde_json::Value| {
        let body = serde_json::from_str(event["message"].as_str().unwrap()).unwrap();
        (event["timestamp"].as_u64().unwrap(), body)
    };
    events.into_iter().map(read).collect()
}

/// A span whose trace is known; its own id is asked.
fn known_span() -> (Span, String) {
    let span = crate::with_remote_parent(xray::parse(HEADER), || info_span!("request"));
    let span_id = span.in_scope(crate::current_context).unwrap().parent.unwrap().to_string();
    (span, span_id)
}

#[test]
fn an_event_arrives_at_cloudwatch_with_its_trace() {
    let receiver = TestReceiver::start(accept);
    let mut id = String::new();
    let report = ship(cloudwatch(&receiver), || {
        let (span, span_id) = known_span();
        id = span_id;
        span.in_scope(
            || info!(target: "shop", order = 7, paid = true, rate = f64::NAN, who = ?Some("x"), "sold {}", "it"),
        );
        warn!(target: "shop", parent: &span, "from outside");
        debug!(target: "shop", "too verbose");
        info!(target: "siskin_sdk::pipeline", "of ourselves");
        info!(target: "siskin_sdk_user", "of someone else");
    });
    assert_eq!((report.sent, report.lost.total(), report.pending), (3, 0, 0));
    let requests = receiver.received();
    let request = &requests[0];
    assert_eq!(request.header("x-amz-target"), Some("Logs_20140328.PutLogEvents"));
    assert_eq!(request.header("content-type"), Some("application/x-amz-json-1.1"));
    assert_eq!(
        (&request.json()["logGroupName"], &request.json()["logStreamName"]),
        (&json!("/shop/api"), &json!("host-1"))
    );
    let trace = "1-64f0c1aa-0123456789abcdef01234567";
    let expected = [
        json!({
            "timestamp": NOW_MS, "level": "INFO", "target": "shop", "message": "sold it",
            "fields": {"order": 7, "paid": true, "rate": "NaN", "who": "Some(\"x\")"},
            "trace_id": trace, "span_id": id,
        }),
        json!({
            "timestamp": NOW_MS, "level": "WARN", "target": "shop", "message": "from outside",
            "trace_id": trace, "span_id": id,
        }),
        json!({"timestamp": NOW_MS, "level": "INFO", "target": "siskin_sdk_user", "message": "of someone else"}),
    ];
    assert_eq!(events(request), expected.map(|body| (NOW_MS, body)));
}

#[test]
fn a_missing_stream_is_created_with_its_group() {
    let (mut group, mut stream) = (false, false);
    let receiver = TestReceiver::start(move |request| {
        let missing = Answer::new(400, r#"{"__type":"com.amazonaws#ResourceNotFoundException","message":"x"}"#);
        match request.header("x-amz-target").unwrap().rsplit('.').next().unwrap() {
            // Someone else was quicker.
            "CreateLogGroup" => {
                group = true;
                Answer::new(400, r#"{"__type":"ResourceAlreadyExistsException"}"#)
            }
            "CreateLogStream" if group => {
                stream = true;
                Answer::new(200, "")
            }
            "PutLogEvents" if stream => Answer::new(200, ""),
            _ => missing,
        }
    });
    let report = ship(cloudwatch(&receiver), || info!(target: "shop", "hello"));
    assert_eq!((report.sent, report.retries), (1, 0));
    let calls: Vec<_> = receiver.received().iter().map(|it| it.header("x-amz-target").unwrap().to_owned()).collect();
    let named = |name: &str| format!("Logs_20140328.{name}");
    let expected = ["PutLogEvents", "CreateLogStream", "CreateLogGroup", "CreateLogStream", "PutLogEvents"];
    assert_eq!(calls, expected.map(named));
    assert_eq!(receiver.received()[2].json(), json!({"logGroupName": "/shop/api"}));
    assert_eq!(receiver.received()[3].json(), json!({"logGroupName": "/shop/api", "logStreamName": "host-1"}));
}

#[test]
fn what_cloudwatch_rejects_is_counted_by_reason() {
    let receiver = TestReceiver::start(|_| {
        Answer::new(200, r#"{"rejectedLogEventsInfo":{"tooOldLogEventEndIndex":1,"tooNewLogEventStartIndex":3}}"#)
    });
    let report = ship(cloudwatch(&receiver), || (0..4).for_each(|number| info!(target: "shop", number)));
    let lost = |reason| report.lost.count(reason);
    assert_eq!((report.sent, lost(LossReason::TooOld), lost(LossReason::TooNew)), (2, 1, 1));
}

#[test]
fn throttling_and_outages_are_tried_again_and_refusals_are_not() {
    let mut answers = vec![
        Answer::new(400, r#"{"__type":"InvalidParameterException","message":"no"}"#),
        Answer { headers: "retry-after: 0\r\n", ..Answer::new(503, "later") },
        Answer::new(400, r#"{"__type":"ThrottlingException"}"#),
    ];
    let receiver = TestReceiver::start(move |_| answers.pop().unwrap_or_else(|| Answer::new(200, "{}")));
    let report = ship(cloudwatch(&receiver), || info!(target: "shop", "hello"));
    assert_eq!((report.sent, report.retries, report.lost.count(LossReason::Refused)), (0, 2, 1));
    assert_eq!(receiver.received().len(), 3);
}

#[test]
fn events_beyond_the_limits_are_dropped_and_counted() {
    let receiver = TestReceiver::start(accept);
    let report =
        ship(cloudwatch(&receiver).events_max(10), || (0..15).for_each(|number| info!(target: "shop", number)));
    assert_eq!((report.sent, report.lost.count(LossReason::QueueFull)), (10, 5));
    let report = ship(cloudwatch(&receiver).bytes_max(20_000), || {
        (0..5).for_each(|_| info!(target: "shop", text = "x".repeat(9_000)));
    });
    assert_eq!((report.sent, report.lost.count(LossReason::QueueFull)), (2, 3));
}

#[test]
fn a_text_without_end_is_cut() {
    let receiver = TestReceiver::start(accept);
    let report = ship(
        cloudwatch(&receiver),
        || info!(target: "shop", first = "x".repeat(1_000_000), "{}", "y".repeat(1_000_000)),
    );
    assert_eq!(report.sent, 1);
    let body = events(&receiver.received()[0]).remove(0).1.to_string();
    assert!(body.len() < 70_000 && body.contains("[cut]"), "{}", body.len());
}

#[test]
fn requests_are_signed_and_carry_headers() {
    let receiver = TestReceiver::start(accept);
    let config = cloudwatch(&receiver).header("x-extra", "1").sign(|request: &UnsignedRequest<'_>| {
        let signature = format!("{} {} {} {}", request.method, request.url, request.headers.len(), request.body.len());
        Ok(vec![("authorization".to_owned(), signature)])
    });
    assert_eq!(ship(config, || info!(target: "shop", "hello")).sent, 1);
    let request = &receiver.received()[0];
    let expected = format!("POST {}/ 3 {}", receiver.url, request.body.len());
    assert_eq!((request.header("authorization"), request.header("x-extra")), (Some(expected.as_str()), Some("1")));
}

#[test]
fn what_is_logged_while_shipping_is_not_shipped() {
    let receiver = TestReceiver::start(accept);
    let place: Arc<OnceLock<Dispatch>> = Arc::default();
    let signer_place = Arc::clone(&place);
    // The signer runs where a library's own logging would happen: on the shipping thread.
    let config = cloudwatch(&receiver).sign(move |_: &UnsignedRequest<'_>| {
        dispatcher::with_default(signer_place.get().unwrap(), || info!(target: "shop", "signing"));
        Ok(Vec::new())
    });
    let (logs, guard) = layer(config).unwrap();
    let dispatch = place.get_or_init(|| registry().with(logs).into());
    dispatcher::with_default(dispatch, || info!(target: "shop", "hello"));
    assert_eq!(guard.flush(LONG).sent, 1);
    assert_eq!(guard.flush(LONG).sent, 1);
}

#[test]
fn lines_of_ones_own_go_the_same_way() {
    let receiver = TestReceiver::start(accept);
    let (logs, guard) = layer(cloudwatch(&receiver)).unwrap();
    logs.line_sender().send("{\"a\":1}");
    assert_eq!(guard.flush(LONG).sent, 1);
    assert_eq!(events(&receiver.received()[0])[0].1, json!({"a": 1}));
}

#[test]
fn an_event_arrives_over_otlp_with_its_trace() {
    let receiver = TestReceiver::start(|_| Answer::new(200, Vec::new()));
    let mut id = String::new();
    let config = LogsConfig::otlp(&receiver.url, "shop").resource_attribute("host.name", "h").level(Level::DEBUG);
    let report = ship(config, || {
        let (span, span_id) = known_span();
        id = span_id;
        span.in_scope(|| error!(target: "a", order = 7, huge = u64::MAX, rate = 0.5, "failed"));
        debug!(target: "b", "alone");
    });
    assert_eq!((report.sent, report.lost.total()), (2, 0));
    let request = &receiver.received()[0];
    assert_eq!((request.path.as_str(), request.header("content-type")), ("/v1/logs", Some("application/x-protobuf")));
    let logs = ExportLogsServiceRequest::decode(request.body.as_slice()).unwrap().resource_logs.remove(0);
    let text = |text: &str| Some(Any::StringValue(text.to_owned()));
    let named = |attributes: &[opentelemetry_proto::tonic::common::v1::KeyValue]| {
        attributes.iter().map(|it| (it.key.clone(), it.value.clone().unwrap().value)).collect::<Vec<_>>()
    };
    let resource = [("service.name", "shop"), ("host.name", "h")].map(|(name, value)| (name.to_owned(), text(value)));
    assert_eq!(named(&logs.resource.unwrap().attributes), resource);
    let scopes: Vec<_> = logs.scope_logs.iter().map(|it| it.scope.as_ref().unwrap().name.as_str()).collect();
    assert_eq!(scopes, ["a", "b"]);
    let record = &logs.scope_logs[0].log_records[0];
    assert_eq!((record.time_unix_nano, record.severity_number, record.flags), (NOW_MS * 1_000_000, 17, 1));
    assert_eq!(record.body.as_ref().unwrap().value, text("failed"));
    assert_eq!(record.trace_id, 0x64f0_c1aa_0123_4567_89ab_cdef_0123_4567_u128.to_be_bytes());
    assert_eq!(record.span_id, u64::from_str_radix(&id, 16).unwrap().to_be_bytes());
    let fields = [
        ("order", Some(Any::IntValue(7))),
        ("huge", text("18446744073709551615")),
        ("rate", Some(Any::DoubleValue(0.5))),
    ];
    assert_eq!(named(&record.attributes), fields.map(|(name, value)| (name.to_owned(), value)));
    let alone = &logs.scope_logs[1].log_records[0];
    assert!(alone.trace_id.is_empty() && alone.span_id.is_empty() && alone.flags == 0);
}

#[test]
fn records_an_otlp_receiver_rejects_are_counted() {
    let partial_success = Some(ExportLogsPartialSuccess { rejected_log_records: 2, error_message: "no".to_owned() });
    let answer = ExportLogsServiceResponse { partial_success }.encode_to_vec();
    let receiver = TestReceiver::start(move |_| Answer::new(200, answer.clone()));
    let report =
        ship(LogsConfig::otlp(&receiver.url, "shop"), || (0..3).for_each(|number| info!(target: "shop", number)));
    assert_eq!((report.sent, report.lost.count(LossReason::Refused)), (1, 2));
}

#[test]
fn a_receiver_that_is_away_blocks_nobody_and_is_waited_for() {
    // A port nobody listens on: the listener that had it is gone.
    let url = format!("http://{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let (logs, guard) = layer(LogsConfig::otlp(url, "shop").interval(Duration::from_millis(1))).unwrap();
    dispatcher::with_default(&registry().with(logs).into(), || {
        (0..100).for_each(|number| info!(target: "shop", number));
    });
    loop {
        // Each flush cuts a pause between two attempts short.
        let report = guard.flush(Duration::from_millis(5));
        if report.pending == 0 {
            assert_eq!((report.sent, report.lost.count(LossReason::SendFailed)), (0, 100));
            assert!(report.retries > 0);
            break;
        }
    }
}

/// Logs while it is itself being logged.
struct Chatty;

impl std::fmt::Debug for Chatty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        info!(target: "shop", "chatting");
        f.write_str("chatty")
    }
}

#[test]
fn a_debug_impl_may_log_itself() {
    let receiver = TestReceiver::start(accept);
    let report = ship(cloudwatch(&receiver), || info!(target: "shop", field = ?Chatty, "hello"));
    // Where a scoped subscriber is set, `tracing` itself swallows events within events.
    assert!(report.sent >= 1 && report.lost.total() == 0);
}

#[test]
fn refusals_name_field_value_and_rule() {
    let refusal = |config| layer(config).map(|_| ()).unwrap_err().to_string();
    insta::assert_snapshot!(refusal(LogsConfig::otlp("localhost:4318", "shop")), @r#"endpoint "localhost:4318": expected http://HOST[:PORT][/PATH] or https://..."#);
    insta::assert_snapshot!(refusal(LogsConfig::cloudwatch("http://h", "a group", "s")), @r#"log group "a group": expected 1-512 characters of a-z, A-Z, 0-9 and _ / . # -"#);
    insta::assert_snapshot!(refusal(LogsConfig::cloudwatch("http://h", "g", "a:b")), @r#"log stream "a:b": expected 1-512 characters without : and *"#);
    assert!(layer(LogsConfig::cloudwatch("http://h", "g".repeat(513), "s")).is_err());
    assert!(layer(LogsConfig::cloudwatch("http://h", "g", "")).is_err());
    let access = || AwsAccess::from_variables(|_| None).unwrap();
    insta::assert_snapshot!(refusal(LogsConfig::aws_otlp(access(), "g", "a*", "shop")), @r#"log stream "a*": expected 1-512 characters without : and *"#);
    let twice = LogsConfig::aws(access(), "g", "s").sign(|_: &UnsignedRequest<'_>| Ok(Vec::new()));
    insta::assert_snapshot!(refusal(twice), @r#"sign "logs": expected no signer of one's own where an AwsAccess signs; it can be unsigned, or have an endpoint and credentials of one's own"#);
}
