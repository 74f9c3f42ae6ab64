//! One output and one error in every protocol, byte for byte.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use http::{Request, Response};
use serde::Serialize;

use crate::base::Timestamp;
use crate::wire::typed::to_value;
use crate::wire::{Blob, Envelope, Fault, Protocol, Route, ServiceId, Value, cbor};

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    label: String,
    whole: Timestamp,
    at: Timestamp,
    values: Vec<f64>,
    extended: BTreeMap<String, f64>,
    image: Blob,
    empty: Vec<String>,
    absent: Option<i64>,
}

fn output() -> Value {
    let output = Output {
        label: "a <b> & \"c\"\u{1}".to_owned(),
        whole: Timestamp::from_secs(1_795_420_800),
        at: Timestamp::from_millis(1_795_420_800_123),
        values: vec![1.0, 0.1, f64::NAN],
        extended: BTreeMap::from([("p99".to_owned(), 2.5)]),
        image: Blob(Bytes::from_static(b"\x00\xff")),
        empty: Vec::new(),
        absent: None,
    };
    to_value(&output).unwrap()
}

fn envelope(protocol: Protocol, service: ServiceId) -> Envelope {
    let request = Request::post("/").header("x-amzn-query-mode", "true").body(()).unwrap();
    let route = Route { protocol, service, operation: "GetIt".to_owned(), labels: Vec::new(), status: 200 };
    Envelope::of_head(&request.into_parts().0, "id-1").routed(&route)
}

fn shown(response: Response<Bytes>) -> String {
    let (head, body) = response.into_parts();
    let mut shown = format!("{}\n", head.status.as_u16());
    for (name, value) in &head.headers {
        writeln!(shown, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    match String::from_utf8(body.to_vec()) {
        Ok(text) => write!(shown, "\n{text}").unwrap(),
        Err(_) => write!(shown, "\n{:?}", cbor::decode(&body).unwrap()).unwrap(),
    }
    shown
}

fn not_found() -> Fault {
    let mut fault = Fault::sender("ResourceNotFoundException", "ResourceNotFound", "no <alarm>").with_status(404);
    fault.members.push("ResourceName", Value::String("alarm".to_owned()));
    fault
}

#[test]
fn json() {
    let json = envelope(Protocol::Json10, ServiceId::CloudWatch);
    insta::assert_snapshot!(shown(json.encode(&output())), @r#"
    200
    x-amzn-requestid: id-1
    content-type: application/x-amz-json-1.0

    {"Label":"a <b> & \"c\"\u0001","Whole":1795420800,"At":1795420800.123,"Values":[1.0,0.1,"NaN"],"Extended":{"p99":2.5},"Image":"AP8=","Empty":[]}
    "#);
    insta::assert_snapshot!(shown(json.encode(&Value::Null)), @"
    200
    x-amzn-requestid: id-1
    content-type: application/x-amz-json-1.0

    {}
    ");
    insta::assert_snapshot!(shown(json.encode_fault(&not_found())), @r#"
    404
    x-amzn-requestid: id-1
    content-type: application/x-amz-json-1.0
    x-amzn-query-error: ResourceNotFound;Sender

    {"__type":"ResourceNotFoundException","message":"no <alarm>","ResourceName":"alarm"}
    "#);
    let logs = envelope(Protocol::Json11, ServiceId::Logs);
    insta::assert_snapshot!(shown(logs.encode_fault(&Fault::unknown_operation("Nope"))), @r#"
    400
    x-amzn-requestid: id-1
    content-type: application/x-amz-json-1.1
    x-amzn-query-error: InvalidAction;Sender

    {"__type":"com.amazon.coral.service#UnknownOperationException","message":"The action Nope is not valid for this web service."}
    "#);
}

#[test]
fn query() {
    let query = envelope(Protocol::Query, ServiceId::CloudWatch);
    insta::assert_snapshot!(shown(query.encode(&output())), @r#"
    200
    x-amzn-requestid: id-1
    content-type: text/xml

    <GetItResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetItResult><Label>a &lt;b&gt; &amp; &quot;c&quot;�</Label><Whole>2026-11-23T08:00:00Z</Whole><At>2026-11-23T08:00:00.123Z</At><Values><member>1</member><member>0.1</member><member>NaN</member></Values><Extended><entry><key>p99</key><value>2.5</value></entry></Extended><Image>AP8=</Image><Empty></Empty></GetItResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></GetItResponse>
    "#);
    insta::assert_snapshot!(shown(query.encode(&Value::Null)), @r#"
    200
    x-amzn-requestid: id-1
    content-type: text/xml

    <GetItResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></GetItResponse>
    "#);
    insta::assert_snapshot!(shown(query.encode_fault(&not_found())), @r#"
    404
    x-amzn-requestid: id-1
    content-type: text/xml

    <ErrorResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><Error><Type>Sender</Type><Code>ResourceNotFound</Code><Message>no &lt;alarm&gt;</Message><ResourceName>alarm</ResourceName></Error><RequestId>id-1</RequestId></ErrorResponse>
    "#);
    insta::assert_snapshot!(shown(query.encode_fault(&Fault::internal())), @r#"
    500
    x-amzn-requestid: id-1
    content-type: text/xml

    <ErrorResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message>The request failed because of an internal error.</Message></Error><RequestId>id-1</RequestId></ErrorResponse>
    "#);
}

#[test]
fn cbor() {
    let cbor = envelope(Protocol::Cbor, ServiceId::CloudWatch);
    insta::assert_snapshot!(shown(cbor.encode(&output())), @r#"
    200
    x-amzn-requestid: id-1
    content-type: application/cbor
    smithy-protocol: rpc-v2-cbor

    Map(Members([("Label", String("a <b> & \"c\"\u{1}")), ("Whole", Timestamp(Timestamp(1795420800000000000))), ("At", Timestamp(Timestamp(1795420800123000000))), ("Values", List([Float(1.0), Float(0.1), Float(NaN)])), ("Extended", Map(Members([("p99", Float(2.5))]))), ("Image", Blob(b"\0\xff")), ("Empty", List([]))]))
    "#);
    insta::assert_snapshot!(shown(cbor.encode(&Value::Null)), @"
    200
    x-amzn-requestid: id-1
    smithy-protocol: rpc-v2-cbor
    ");
    insta::assert_snapshot!(shown(cbor.encode_fault(&not_found())), @r#"
    404
    x-amzn-requestid: id-1
    content-type: application/cbor
    smithy-protocol: rpc-v2-cbor
    x-amzn-query-error: ResourceNotFound;Sender

    Map(Members([("__type", String("ResourceNotFoundException")), ("message", String("no <alarm>")), ("ResourceName", String("alarm"))]))
    "#);
}

#[test]
fn rest_json() {
    let rest = envelope(Protocol::RestJson, ServiceId::XRay);
    insta::assert_snapshot!(shown(rest.encode(&output())), @r#"
    200
    x-amzn-requestid: id-1
    content-type: application/json

    {"Label":"a <b> & \"c\"\u0001","Whole":1795420800,"At":1795420800.123,"Values":[1.0,0.1,"NaN"],"Extended":{"p99":2.5},"Image":"AP8=","Empty":[]}
    "#);
    insta::assert_snapshot!(shown(rest.encode(&Value::Null)), @"
    200
    x-amzn-requestid: id-1
    ");
    insta::assert_snapshot!(shown(rest.encode(&Value::Blob(Bytes::from_static(b"zip")))), @"
    200
    x-amzn-requestid: id-1
    content-type: application/octet-stream

    zip
    ");
    insta::assert_snapshot!(shown(rest.encode_fault(&not_found())), @r#"
    404
    x-amzn-requestid: id-1
    content-type: application/json
    x-amzn-errortype: ResourceNotFoundException

    {"Message":"no <alarm>","ResourceName":"alarm"}
    "#);
}

#[test]
fn throttling_says_when_to_come_back() {
    let mut fault = Fault::sender("ThrottledException", "Throttled", "slow down").with_status(429);
    fault.retry_after_secs = Some(2);
    let response = envelope(Protocol::RestJson, ServiceId::XRay).encode_fault(&fault);
    assert_eq!(response.headers()["retry-after"], "2");
}

#[test]
fn cbor_from_others() {
    let cases: [(&[u8], &str); 8] = [
        (b"\xbf\x61a\xf5\xff", "an indefinite map"),
        (b"\xa1\x61a\x7f\x61x\x61y\xff", "text in pieces"),
        (b"\xa1\x61a\x5f\x41x\xff", "bytes in pieces"),
        (b"\xa1\x61a\xf9\x3e\x00", "half precision"),
        (b"\xa1\x61a\xfa\x3f\xc0\x00\x00", "single precision"),
        (b"\xa1\x61a\xc1\x1a\x6b\x03\xf2\x80", "whole seconds"),
        (b"\xa1\x61a\x3b\xff\xff\xff\xff\xff\xff\xff\xff", "below i64"),
        (b"\xa1\x61a\xf7", "undefined"),
    ];
    let mut told = String::new();
    for (bytes, name) in cases {
        writeln!(told, "{name}: {:?}", cbor::decode(&Bytes::from_static(bytes)).unwrap()).unwrap();
    }
    insta::assert_snapshot!(told, @r#"
    an indefinite map: Map(Members([("a", Bool(true))]))
    text in pieces: Map(Members([("a", String("xy"))]))
    bytes in pieces: Map(Members([("a", Blob(b"x"))]))
    half precision: Map(Members([("a", Float(1.5))]))
    single precision: Map(Members([("a", Float(1.5))]))
    whole seconds: Map(Members([("a", Timestamp(Timestamp(1795420800000000000)))]))
    below i64: Map(Members([("a", Float(-1.8446744073709552e19))]))
    undefined: Map(Members([("a", Null)]))
    "#);
}
