//! Requests captured from real clients (boto3 and botocore 1.44.5, awscli 1.46.3, aws-xray-sdk 2.15.0), read by the
//! codecs. Signatures and host facts were cut out of the fixtures, nothing else was changed.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use http::request::Parts;

use crate::base::Scope;
use crate::wire::gzip::inflate;
use crate::wire::{Credential, RestRoute, RestTable, ServiceId, Value, decode_input, route};

const XRAY: &[RestRoute] = &[
    RestRoute::new("POST", "/TraceSegments", "PutTraceSegments"),
    RestRoute::new("POST", "/TraceSummaries", "GetTraceSummaries"),
    RestRoute::new("POST", "/GetSamplingRules", "GetSamplingRules"),
];
const SYNTHETICS: &[RestRoute] = &[RestRoute::new("DELETE", "/tags/{resourceArn}", "UntagResource")];
const SCHEDULER: &[RestRoute] = &[RestRoute::new("GET", "/tags/{ResourceArn}", "ListTagsForResource")];

/// Head and body of a fixture; a binary body is written `hex:` or `base64:`.
fn parse(fixture: &str) -> (Parts, Bytes) {
    let (head, body) = fixture.split_once("\n\n").expect("an empty line ends the head");
    let mut lines = head.lines();
    let mut start = lines.next().expect("a request line").split(' ');
    let mut request = Request::builder().method(start.next().expect("a method")).uri(start.next().expect("a path"));
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        request = request.header(name, value);
    }
    let body = body.trim_end_matches('\n');
    let body = if let Some(hex) = body.strip_prefix("hex:") {
        let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("hex digits"));
        digits.map(|pair| u8::from_str_radix(pair, 16).expect("hex digits")).collect()
    } else if let Some(base64) = body.strip_prefix("base64:") {
        STANDARD.decode(base64).expect("base64")
    } else {
        body.as_bytes().to_vec()
    };
    (request.body(()).expect("a valid head").into_parts().0, body.into())
}

/// The whole way of a request to its operation's input, as text. Text that has no type yet shows as `~"text"`.
fn decoded(fixture: &str) -> String {
    let (head, mut body) = parse(fixture);
    if head.headers.contains_key("content-encoding") {
        body = inflate(&body, 1 << 20).expect("gzip");
    }
    let mut rest = RestTable::default();
    rest.add(ServiceId::XRay, XRAY);
    rest.add(ServiceId::Synthetics, SYNTHETICS);
    rest.add(ServiceId::Scheduler, SCHEDULER);
    let route = route(&head, &body, &rest).expect("a known operation");
    let scope = Credential::of(&head).map_or_else(Scope::default, |signed| signed.scope(&Scope::default()));
    let input = decode_input(&route, &head, &body).expect("a well-formed body");
    let mut shown = format!("{} {:?} {} in {scope}\n", route.protocol.as_str(), route.service, route.operation);
    show(&mut shown, &input);
    shown
}

fn show(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => write!(out, "{flag}").unwrap(),
        Value::Int(number) => write!(out, "{number}").unwrap(),
        Value::Float(number) => write!(out, "{number:?}").unwrap(),
        Value::String(text) => write!(out, "{text:?}").unwrap(),
        Value::Untyped(text) => write!(out, "~{text:?}").unwrap(),
        Value::Blob(bytes) => write!(out, "{bytes:?}").unwrap(),
        Value::Timestamp(at) => write!(out, "{at}").unwrap(),
        Value::List(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                show(out, element);
            }
            out.push(']');
        }
        Value::Map(members) | Value::Struct(members) => {
            out.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                write!(out, "{}{name}: ", if index == 0 { "" } else { ", " }).unwrap();
                show(out, member);
            }
            out.push('}');
        }
    }
}

#[test]
fn put_metric_data_is_one_operation_in_three_protocols() {
    insta::assert_snapshot!(decoded(include_str!("../fixtures/boto3_cloudwatch_put_metric_data.http")), @r#"
    json-1.0 CloudWatch PutMetricData in 123456789012/eu-west-1
    {Namespace: "Shop", MetricData: [{MetricName: "Latency", Dimensions: [{Name: "Page", Value: "a&b=c <é>"}], Timestamp: 1795420800.5, Values: [1.5, 2.0], Counts: [3.0, 1.0], Unit: "Milliseconds"}, {MetricName: "Orders", Value: 1}]}
    "#);
    insta::assert_snapshot!(decoded(include_str!("../fixtures/query_cloudwatch_put_metric_data.http")), @r#"
    query CloudWatch PutMetricData in 123456789012/eu-west-1
    {MetricData: [{Counts: [~"3.0", ~"1.0"], Dimensions: [{Name: ~"Page", Value: ~"a&b=c <é>"}], MetricName: ~"Latency", Timestamp: ~"2026-11-23T08:00:00.500000Z", Unit: ~"Milliseconds", Values: [~"1.5", ~"2.0"]}, {MetricName: ~"Orders", Value: ~"1"}], Namespace: ~"Shop"}
    "#);
    insta::assert_snapshot!(decoded(include_str!("../fixtures/cbor_cloudwatch_put_metric_data.http")), @r#"
    cbor CloudWatch PutMetricData in 123456789012/eu-west-1
    {Namespace: "Shop", MetricData: [{MetricName: "Latency", Dimensions: [{Name: "Page", Value: "a&b=c <é>"}], Timestamp: 2026-11-23T08:00:00.500Z, Values: [1.5, 2.0], Counts: [3.0, 1.0], Unit: "Milliseconds"}, {MetricName: "Orders", Value: 1.0}]}
    "#);
}

#[test]
fn large_bodies_come_compressed() {
    let shown = decoded(include_str!("../fixtures/boto3_cloudwatch_put_metric_data_gzip.http"));
    assert_eq!(shown.matches("MetricName").count(), 300);
    assert!(shown.starts_with("json-1.0 CloudWatch PutMetricData"), "{shown}");
}

#[test]
fn aws_cli() {
    insta::assert_snapshot!(decoded(include_str!("../fixtures/awscli1_put_metric_data.http")), @r#"
    json-1.0 CloudWatch PutMetricData in 123456789012/eu-west-1
    {Namespace: "SomeNamespace", MetricData: [{MetricName: "DemoMetricName", Unit: "Bytes", Value: 231434333.0, Dimensions: [{Name: "InstanceID", Value: "1-23456789"}, {Name: "InstanceType", Value: "m1.small"}]}]}
    "#);
    insta::assert_snapshot!(decoded(include_str!("../fixtures/awscli1_set_alarm_state.http")), @r#"
    json-1.0 CloudWatch SetAlarmState in 123456789012/eu-west-1
    {AlarmName: "LectureDemoTerminateEc2", StateValue: "ALARM", StateReason: "Testing"}
    "#);
}

#[test]
fn empty_and_missing_inputs() {
    insta::assert_snapshot!(decoded(include_str!("../fixtures/query_cloudwatch_empty_list.http")), @r#"
    query CloudWatch DescribeAlarms in 123456789012/eu-west-1
    {AlarmNames: ~""}
    "#);
    insta::assert_snapshot!(decoded(include_str!("../fixtures/cbor_cloudwatch_list_metrics_empty.http")), @"
    cbor CloudWatch ListMetrics in 123456789012/eu-west-1
    {}
    ");
    insta::assert_snapshot!(decoded(include_str!("../fixtures/boto3_sts_get_caller_identity.http")), @"
    query Sts GetCallerIdentity in 123456789012/eu-west-1
    {}
    ");
}

#[test]
fn json_targets() {
    insta::assert_snapshot!(decoded(include_str!("../fixtures/boto3_cloudwatch_describe_alarms.http")), @"
    json-1.0 CloudWatch DescribeAlarms in 123456789012/eu-west-1
    {MaxRecords: 5}
    ");
    insta::assert_snapshot!(decoded(include_str!("../fixtures/boto3_logs_put_log_events.http")), @r#"
    json-1.1 Logs PutLogEvents in 123456789012/eu-west-1
    {logGroupName: "/shop/api", logStreamName: "one", logEvents: [{timestamp: 1795420800500, message: "hello \"é\" \0"}]}
    "#);
    insta::assert_snapshot!(decoded(include_str!("../fixtures/boto3_events_put_events.http")), @r#"
    json-1.1 Events PutEvents in 123456789012/eu-west-1
    {Entries: [{Source: "shop", DetailType: "t", Detail: "{}", Time: 1795420800.5}]}
    "#);
    insta::assert_snapshot!(decoded(include_str!("../fixtures/boto3_cloudtrail_lookup_events.http")), @"
    json-1.1 CloudTrail LookupEvents in 123456789012/eu-west-1
    {MaxResults: 1, StartTime: 1795420800.5}
    ");
}

#[test]
fn rest_paths() {
    insta::assert_snapshot!(decoded(include_str!("../fixtures/boto3_xray_put_trace_segments.http")), @r#"
    rest-json XRay PutTraceSegments in 123456789012/eu-west-1
    {TraceSegmentDocuments: ["{\"id\":\"a\"}"]}
    "#);
    insta::assert_snapshot!(decoded(include_str!("../fixtures/boto3_xray_get_trace_summaries.http")), @"
    rest-json XRay GetTraceSummaries in 123456789012/eu-west-1
    {StartTime: 1795420800.5, EndTime: 1795420800.5}
    ");
    insta::assert_snapshot!(decoded(include_str!("../fixtures/boto3_synthetics_untag.http")), @r#"
    rest-json Synthetics UntagResource in 123456789012/eu-west-1
    {resourceArn: ~"arn:aws:synthetics:eu-west-1:123456789012:canary:a/b", tagKeys: [~"a", ~"b c"]}
    "#);
    insta::assert_snapshot!(decoded(include_str!("../fixtures/boto3_scheduler_list_tags.http")), @r#"
    rest-json Scheduler ListTagsForResource in 123456789012/eu-west-1
    {ResourceArn: ~"arn:aws:scheduler:eu-west-1:123456789012:schedule-group/g"}
    "#);
}

#[test]
fn the_xray_sdk_asks_unsigned() {
    insta::assert_snapshot!(decoded(include_str!("../fixtures/xray_python_get_sampling_rules.http")), @"
    rest-json XRay GetSamplingRules in 123456789012/us-east-1
    {}
    ");
}
