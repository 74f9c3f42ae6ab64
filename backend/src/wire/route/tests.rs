use http::Request;

use super::{RestRoute, RestTable, route};
use crate::wire::ServiceId;

const XRAY: &[RestRoute] = &[RestRoute::new("POST", "/GetSamplingRules", "GetSamplingRules")];
const SYNTHETICS: &[RestRoute] = &[
    RestRoute::new("POST", "/canary/{name}/start", "StartCanary"),
    RestRoute::new("GET", "/canary/{name}", "GetCanary"),
    RestRoute::new("GET", "/tags/{resourceArn}", "ListTagsForResource"),
];
const SCHEMAS: &[RestRoute] = &[
    RestRoute::new("GET", "/tags/{resource-arn}", "ListTagsForResource"),
    RestRoute::new("POST", "/v1/registries/name/{registryName}", "CreateRegistry").answering(201),
    RestRoute::new("GET", "/v1/registries/name/{registryName}/schemas/search", "SearchSchemas"),
    RestRoute::new("GET", "/v1/registries/{registryName}/{kind}/schemas/search", "Shadowed"),
];

/// A request line, its headers and its body, each on its own line; the body follows an empty line.
fn routed(request: &str) -> String {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut lines = head.lines();
    let (method, path) = lines.next().and_then(|line| line.split_once(' ')).expect("a request line");
    let mut builder = Request::builder().method(method).uri(path);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        builder = builder.header(name, value);
    }
    let mut rest = RestTable::default();
    rest.add(ServiceId::XRay, XRAY);
    rest.add(ServiceId::Synthetics, SYNTHETICS);
    rest.add(ServiceId::Schemas, SCHEMAS);
    match route(&builder.body(()).expect("a head").into_parts().0, body.as_bytes(), &rest) {
        Ok(route) => {
            let labels: Vec<_> = route.labels.iter().map(|(name, text)| format!(" {name}={text}")).collect();
            let (protocol, service, status) = (route.protocol.as_str(), route.service, route.status);
            format!("{protocol} {service:?} {}{} -> {status}", route.operation, labels.concat())
        }
        Err(unroutable) => {
            let (protocol, service, fault) = (unroutable.protocol.as_str(), unroutable.service, unroutable.fault);
            format!("{protocol} {service:?}: {} {} {}", fault.status, fault.code, fault.message)
        }
    }
}

fn check(cases: &[&str]) -> String {
    cases.iter().map(|case| format!("{case}\n=> {}\n---\n", routed(case))).collect::<Vec<_>>().concat()
}

const SIGNED: &str =
    "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/schemas/aws4_request, Signature=0";

#[test]
fn targets() {
    insta::assert_snapshot!(check(&[
        "POST /\nx-amz-target: GraniteServiceVersion20100801.ListMetrics\ncontent-type: application/x-amz-json-1.0",
        "POST /\nx-amz-target: Logs_20140328.PutLogEvents\ncontent-type: application/x-amz-json-1.1; charset=utf-8",
        "POST /\nx-amz-target: com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
        "POST /\nx-amz-target: DynamoDB_20120810.ListTables\ncontent-type: application/x-amz-json-1.0",
        "POST /\nx-amz-target: Logs_20140328",
        "GET /\nx-amz-target: Logs_20140328.PutLogEvents",
        "POST /\nx-amz-target: Logs_20140328.PutLogEvents\ncontent-type: text/xml",
    ]), @r#"
    POST /
    x-amz-target: GraniteServiceVersion20100801.ListMetrics
    content-type: application/x-amz-json-1.0
    => json-1.0 CloudWatch ListMetrics -> 200
    ---
    POST /
    x-amz-target: Logs_20140328.PutLogEvents
    content-type: application/x-amz-json-1.1; charset=utf-8
    => json-1.1 Logs PutLogEvents -> 200
    ---
    POST /
    x-amz-target: com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents
    => json-1.1 CloudTrail LookupEvents -> 200
    ---
    POST /
    x-amz-target: DynamoDB_20120810.ListTables
    content-type: application/x-amz-json-1.0
    => json-1.0 None: 400 UnknownOperationException The action ListTables is not valid for this web service.
    ---
    POST /
    x-amz-target: Logs_20140328
    => json-1.1 Logs  -> 200
    ---
    GET /
    x-amz-target: Logs_20140328.PutLogEvents
    => json-1.1 None: 400 UnknownOperationException The action PutLogEvents is not valid for this web service.
    ---
    POST /
    x-amz-target: Logs_20140328.PutLogEvents
    content-type: text/xml
    => json-1.1 Some(Logs): 415 UnsupportedMediaTypeException The content type or encoding "text/xml" is not supported.
    ---
    "#);
}

#[test]
fn cbor_paths() {
    insta::assert_snapshot!(check(&[
        "POST /service/GraniteServiceVersion20100801/operation/ListMetrics\nsmithy-protocol: rpc-v2-cbor",
        "POST /prefix/service/GraniteServiceVersion20100801/operation/ListMetrics\nsmithy-protocol: rpc-v2-cbor",
        "POST /service/GraniteServiceVersion20100801/operation/ListMetrics\nsmithy-protocol: rpc-v2-json",
        "POST /service/GraniteServiceVersion20100801/operation/ListMetrics\nsmithy-protocol: rpc-v2-cbor\n\nx",
        "POST /service/Logs_20140328/operation/PutLogEvents\nsmithy-protocol: rpc-v2-cbor",
        "GET /service/GraniteServiceVersion20100801/operation/ListMetrics\nsmithy-protocol: rpc-v2-cbor",
    ]), @r#"
    POST /service/GraniteServiceVersion20100801/operation/ListMetrics
    smithy-protocol: rpc-v2-cbor
    => cbor CloudWatch ListMetrics -> 200
    ---
    POST /prefix/service/GraniteServiceVersion20100801/operation/ListMetrics
    smithy-protocol: rpc-v2-cbor
    => cbor CloudWatch ListMetrics -> 200
    ---
    POST /service/GraniteServiceVersion20100801/operation/ListMetrics
    smithy-protocol: rpc-v2-json
    => cbor Some(CloudWatch): 415 UnsupportedMediaTypeException The content type or encoding "rpc-v2-json" is not supported.
    ---
    POST /service/GraniteServiceVersion20100801/operation/ListMetrics
    smithy-protocol: rpc-v2-cbor

    x
    => cbor Some(CloudWatch): 415 UnsupportedMediaTypeException The content type or encoding "" is not supported.
    ---
    POST /service/Logs_20140328/operation/PutLogEvents
    smithy-protocol: rpc-v2-cbor
    => cbor None: 400 UnknownOperationException The action PutLogEvents is not valid for this web service.
    ---
    GET /service/GraniteServiceVersion20100801/operation/ListMetrics
    smithy-protocol: rpc-v2-cbor
    => cbor None: 400 UnknownOperationException The action ListMetrics is not valid for this web service.
    ---
    "#);
}

#[test]
fn forms() {
    const FORM: &str = "content-type: application/x-www-form-urlencoded; charset=utf-8";
    let sts_scope = SIGNED.replace("schemas", "sts");
    insta::assert_snapshot!(check(&[
        &format!("POST /\n{FORM}\n\nAction=ListMetrics&Version=2010-08-01"),
        &format!("POST /\n{FORM}\n{sts_scope}\n\nAction=GetCallerIdentity&Version=9"),
        "GET /?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential=A%2F20261123%2Fus-east-1%2Fsts%2Faws4_request",
        &format!("POST /\n{FORM}\n\nAction=ListUsers&Version=2010-05-08"),
        &format!("POST /\n{FORM}\n\nVersion=2010-08-01"),
        &format!("POST /\n{FORM}"),
    ]), @"
    POST /
    content-type: application/x-www-form-urlencoded; charset=utf-8

    Action=ListMetrics&Version=2010-08-01
    => query CloudWatch ListMetrics -> 200
    ---
    POST /
    content-type: application/x-www-form-urlencoded; charset=utf-8
    authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/sts/aws4_request, Signature=0

    Action=GetCallerIdentity&Version=9
    => query Sts GetCallerIdentity -> 200
    ---
    GET /?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential=A%2F20261123%2Fus-east-1%2Fsts%2Faws4_request
    => query Sts GetCallerIdentity -> 200
    ---
    POST /
    content-type: application/x-www-form-urlencoded; charset=utf-8

    Action=ListUsers&Version=2010-05-08
    => query None: 400 UnknownOperationException The action ListUsers is not valid for this web service.
    ---
    POST /
    content-type: application/x-www-form-urlencoded; charset=utf-8

    Version=2010-08-01
    => query Some(CloudWatch): 400 MissingAction The request must contain the parameter Action.
    ---
    POST /
    content-type: application/x-www-form-urlencoded; charset=utf-8
    => query None: 400 MissingAction The request must contain the parameter Action.
    ---
    ");
}

#[test]
fn rest_paths() {
    insta::assert_snapshot!(check(&[
        "POST /GetSamplingRules",
        "POST /GetSamplingRules\ncontent-type: application/x-www-form-urlencoded\n\n{}",
        "POST /GetSamplingRules\ncontent-type: application/cbor",
        "GET /GetSamplingRules",
        "POST /canary/a%20b%2Fc/start",
        "POST /canary//start",
        "GET /canary/%ff",
        "POST /v1/registries/name/r",
        "GET /v1/registries/name/r/schemas/search",
        "GET /favicon.ico",
        "GET /",
    ]), @r#"
    POST /GetSamplingRules
    => rest-json XRay GetSamplingRules -> 200
    ---
    POST /GetSamplingRules
    content-type: application/x-www-form-urlencoded

    {}
    => rest-json XRay GetSamplingRules -> 200
    ---
    POST /GetSamplingRules
    content-type: application/cbor
    => rest-json Some(XRay): 415 UnsupportedMediaTypeException The content type or encoding "application/cbor" is not supported.
    ---
    GET /GetSamplingRules
    => rest-json None: 404 UnknownOperationException The action GET /GetSamplingRules is not valid for this web service.
    ---
    POST /canary/a%20b%2Fc/start
    => rest-json Synthetics StartCanary name=a b/c -> 200
    ---
    POST /canary//start
    => rest-json None: 404 UnknownOperationException The action POST /canary//start is not valid for this web service.
    ---
    GET /canary/%ff
    => rest-json None: 404 UnknownOperationException The action GET /canary/%ff is not valid for this web service.
    ---
    POST /v1/registries/name/r
    => rest-json Schemas CreateRegistry registryName=r -> 201
    ---
    GET /v1/registries/name/r/schemas/search
    => rest-json Schemas SearchSchemas registryName=r -> 200
    ---
    GET /favicon.ico
    => rest-json None: 404 UnknownOperationException The action GET /favicon.ico is not valid for this web service.
    ---
    GET /
    => rest-json None: 404 UnknownOperationException The action GET / is not valid for this web service.
    ---
    "#);
}

#[test]
fn tags_belong_to_the_signer_or_to_the_arns_service() {
    insta::assert_snapshot!(check(&[
        "GET /tags/arn%3Aaws%3Asynthetics%3Aus-east-1%3A123456789012%3Acanary%3Aa",
        "GET /tags/arn%3Aaws%3Aschemas%3Aus-east-1%3A123456789012%3Aregistry%2Fr",
        &format!("GET /tags/a\n{SIGNED}"),
        &format!("GET /canary/a\n{SIGNED}"),
    ]), @"
    GET /tags/arn%3Aaws%3Asynthetics%3Aus-east-1%3A123456789012%3Acanary%3Aa
    => rest-json Synthetics ListTagsForResource resourceArn=arn:aws:synthetics:us-east-1:123456789012:canary:a -> 200
    ---
    GET /tags/arn%3Aaws%3Aschemas%3Aus-east-1%3A123456789012%3Aregistry%2Fr
    => rest-json Schemas ListTagsForResource resource-arn=arn:aws:schemas:us-east-1:123456789012:registry/r -> 200
    ---
    GET /tags/a
    authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/schemas/aws4_request, Signature=0
    => rest-json Schemas ListTagsForResource resource-arn=a -> 200
    ---
    GET /canary/a
    authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/schemas/aws4_request, Signature=0
    => rest-json Synthetics GetCanary name=a -> 200
    ---
    ");
}
