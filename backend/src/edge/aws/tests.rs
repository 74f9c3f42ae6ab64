use std::io::Write as _;
use std::sync::Arc;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use tower::ServiceExt as _;

use super::{AwsEdge, router};
use crate::base::limits::REQUEST_BODY_BYTES_MAX;
use crate::base::{Clock, ManualClock, Scope, Timestamp};
use crate::service::fault::ServiceError;
use crate::service::testing::Fixture;
use crate::service::{Context, Operations, RestRoute, ServiceId, Services, sts};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EchoInput {
    text: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct EchoOutput {
    text: String,
    scope: String,
    at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
#[error("nobody knows {0}")]
struct UnknownText(String);

impl ServiceError for UnknownText {
    fn code(&self) -> &'static str {
        "ResourceNotFoundException"
    }

    fn status(&self) -> u16 {
        404
    }
}

async fn echo(cx: &Context, input: EchoInput) -> Result<EchoOutput, UnknownText> {
    match input.text.as_str() {
        "nobody" => Err(UnknownText(input.text)),
        "panic" => panic!("as asked"),
        _ => Ok(EchoOutput { text: input.text, scope: cx.scope.to_string(), at: cx.now() }),
    }
}

fn edge(cx: Context) -> axum::Router {
    const ROUTES: &[RestRoute] = &[RestRoute::new("POST", "/echo/{Text}", "Echo")];
    let services = Services::new([
        Operations::new(ServiceId::CloudWatch).on("Echo", echo),
        Operations::new(ServiceId::XRay).on("Echo", echo).rest(ROUTES),
        sts::operations(),
    ]);
    let clock = Clock::from(ManualClock::at(Timestamp::from_millis(1_500)));
    router(AwsEdge::new(Arc::new(services), clock, Scope::default(), move |caller| Context {
        scope: caller.scope,
        request_id: caller.request_id,
        now: caller.now,
        ..cx.clone()
    }))
}

const JSON: &[(&str, &str)] = &[
    ("x-amz-target", "GraniteServiceVersion20100801.Echo"),
    ("content-type", "application/x-amz-json-1.0"),
    ("x-amzn-query-mode", "true"),
];
const FORM: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded")];
const CBOR: &[(&str, &str)] = &[("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")];
const CBOR_PATH: &str = "/service/GraniteServiceVersion20100801/operation/Echo";

/// Status, `x-amzn-query-error` if any, and body; the request id is cut out.
async fn send(path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> String {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let fixture = Fixture::new().await;
    let response = edge(fixture.cx()).oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let request_id = head.headers["x-amzn-requestid"].to_str().unwrap().to_owned();
    let body = body.collect().await.unwrap().to_bytes();
    let query_error = head.headers.get("x-amzn-query-error").map(|value| format!("{} ", value.to_str().unwrap()));
    let text = String::from_utf8_lossy(&body).replace(&request_id, "ID");
    format!("{} {}{text}", head.status.as_u16(), query_error.unwrap_or_default())
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn one_operation_answers_in_every_protocol() {
    let signed = "AWS4-HMAC-SHA256 Credential=111122223333/20261123/eu-west-1/monitoring/aws4_request, Signature=0";
    let with_scope = [JSON, &[("authorization", signed)]].concat();
    insta::assert_snapshot!(send("/", &with_scope, r#"{"Text": "a"}"#).await, @r#"200 {"Text":"a","Scope":"111122223333/eu-west-1","At":1.5}"#);
    insta::assert_snapshot!(send("/", FORM, "Action=Echo&Version=2010-08-01&Text=a").await, @r#"200 <EchoResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><EchoResult><Text>a</Text><Scope>123456789012/us-east-1</Scope><At>1970-01-01T00:00:01.5Z</At></EchoResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></EchoResponse>"#);
    insta::assert_snapshot!(send("/echo/a%20b", &[], "").await, @r#"200 {"Text":"a b","Scope":"123456789012/us-east-1","At":1.5}"#);
    let cbor = send(CBOR_PATH, CBOR, &b"\xa1\x64Text\x61a"[..]).await;
    assert!(cbor.starts_with("200") && cbor.contains("123456789012/us-east-1"), "{cbor}");
}

#[tokio::test]
async fn compressed_bodies_are_inflated() {
    let headers = [JSON, &[("content-encoding", "gzip")]].concat();
    insta::assert_snapshot!(send("/", &headers, gzip(br#"{"Text": "a"}"#)).await, @r#"200 {"Text":"a","Scope":"123456789012/us-east-1","At":1.5}"#);
    insta::assert_snapshot!(send("/", &headers, "not gzip").await, @r#"400 MalformedInput;Sender {"__type":"SerializationException","message":"the body is not gzip: unexpected end of file"}"#);
    insta::assert_snapshot!(send("/", &[JSON, &[("content-encoding", "br")]].concat(), "").await, @r#"415 UnsupportedMediaType;Sender {"__type":"UnsupportedMediaTypeException","message":"The content type or encoding \"br\" is not supported."}"#);
}

#[tokio::test]
async fn each_protocol_has_its_own_errors() {
    insta::assert_snapshot!(send("/", JSON, r#"{"Text": "nobody"}"#).await, @r#"404 ResourceNotFound;Sender {"__type":"ResourceNotFoundException","message":"nobody knows nobody"}"#);
    insta::assert_snapshot!(send("/", JSON, "{").await, @r#"400 MalformedInput;Sender {"__type":"SerializationException","message":"the body is not JSON that can be read: EOF while parsing an object at line 1 column 1"}"#);
    insta::assert_snapshot!(send("/", JSON, "{}").await, @r#"400 MissingParameter;Sender {"__type":"MissingRequiredParameterException","message":"The parameter Text is required."}"#);
    insta::assert_snapshot!(send("/", &[("x-amz-target", "Nothing.Nope")], "{}").await, @r#"400 {"__type":"com.amazon.coral.service#UnknownOperationException","message":"The action Nope is not valid for this web service."}"#);
    insta::assert_snapshot!(send("/", FORM, "Action=Nope&Version=2010-08-01").await, @r#"400 <ErrorResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>The action Nope is not valid for this web service.</Message></Error><RequestId>ID</RequestId></ErrorResponse>"#);
    insta::assert_snapshot!(send("/", FORM, "Action=Echo&Version=2010-08-01").await, @r#"400 <ErrorResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><Error><Type>Sender</Type><Code>MissingParameter</Code><Message>The parameter Text is required.</Message></Error><RequestId>ID</RequestId></ErrorResponse>"#);
    insta::assert_snapshot!(send("/echo/nobody", &[], "").await, @r#"404 {"Message":"nobody knows nobody"}"#);
    insta::assert_snapshot!(send("/echo/a", &[], "[]").await, @r#"400 {"Message":"the body is not a JSON object"}"#);
    insta::assert_snapshot!(send("/nowhere", &[], "").await, @r#"404 {"message":"The action POST /nowhere is not valid for this web service."}"#);
    let cbor = send(CBOR_PATH, CBOR, "\u{1}").await;
    assert!(cbor.starts_with("400") && cbor.contains("SerializationException"), "{cbor}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_in_the_protocol_of_its_head() {
    let large = vec![b' '; REQUEST_BODY_BYTES_MAX + 1];
    insta::assert_snapshot!(send("/", JSON, large.clone()).await, @r#"413 RequestEntityTooLarge;Sender {"__type":"RequestEntityTooLargeException","message":"The request is larger than 16777216 bytes."}"#);
    insta::assert_snapshot!(send("/", FORM, large).await, @"413 <ErrorResponse><Error><Type>Sender</Type><Code>RequestEntityTooLarge</Code><Message>The request is larger than 16777216 bytes.</Message></Error><RequestId>ID</RequestId></ErrorResponse>");
}

#[tokio::test]
async fn a_panic_is_answered_and_the_next_request_too() {
    insta::assert_snapshot!(send("/", JSON, r#"{"Text": "panic"}"#).await, @r#"500 InternalFailure;Receiver {"__type":"InternalFailure","message":"The request failed because of an internal error."}"#);
    assert!(send("/", JSON, r#"{"Text": "a"}"#).await.starts_with("200"));
}

#[tokio::test]
async fn who_am_i() {
    insta::assert_snapshot!(send("/", FORM, "Action=GetCallerIdentity&Version=2011-06-15").await, @r#"200 <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><UserId>123456789012</UserId><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:root</Arn></GetCallerIdentityResult><ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></GetCallerIdentityResponse>"#);
}
