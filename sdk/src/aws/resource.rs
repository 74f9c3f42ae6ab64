//! Which resources a call is about. The list is that of the X-Ray SDKs:
//! <https://github.com/aws/aws-xray-sdk-go/blob/master/resources/AWSWhitelist.json>.

use aws_smithy_runtime_api::http::Request;
use tracing::Span;

use super::members::{self, BODY_BYTES_MAX, Member};

const DYNAMODB_REQUEST: [Member; 5] = [
    Member::value("TableName", "aws.table_name"),
    Member::value("IndexName", "aws.index_name"),
    Member::value("ConsistentRead", "aws.consistent_read"),
    Member::value("Limit", "aws.limit"),
    Member::keys("RequestItems", "aws.table_names"),
];
const DYNAMODB_RESPONSE: [Member; 3] = [
    Member::value("Count", "aws.count"),
    Member::value("ScannedCount", "aws.scanned_count"),
    Member::count("TableNames", "aws.table_count"),
];
const SQS_REQUEST: [Member; 3] = [
    Member::value("QueueUrl", "aws.queue_url"),
    Member::value("QueueName", "aws.queue_name"),
    Member::count("Entries", "aws.message_count"),
];
const SQS_RESPONSE: [Member; 5] = [
    Member::value("MessageId", "aws.message_id"),
    Member::count("Messages", "aws.message_count"),
    Member::count("Failed", "aws.failed_count"),
    Member::count("Successful", "aws.successful_count"),
    Member::count("QueueUrls", "aws.queue_count"),
];

/// Records what a serialized request is about.
pub(super) fn record_request(service: &str, request: &Request, span: &Span) {
    let body = request.body().bytes().unwrap_or_default();
    match service {
        "DynamoDB" => members::record(body, &DYNAMODB_REQUEST, span),
        "SQS" => members::record(body, &SQS_REQUEST, span),
        "SNS" => {
            span.record("aws.topic_arn", form_value(body, "TopicArn"));
        }
        "Lambda" => {
            span.record("aws.function_name", path_after(request.uri(), "functions"));
            span.record("aws.invocation_type", request.headers().get("x-amz-invocation-type"));
        }
        "SageMaker Runtime" => {
            span.record("aws.endpoint_name", path_after(request.uri(), "endpoints"));
        }
        _ => {}
    }
}

/// Records what a response in memory says beyond its head.
pub(super) fn record_response(service: &str, body: &[u8], span: &Span) {
    match service {
        "DynamoDB" => members::record(body, &DYNAMODB_RESPONSE, span),
        "SQS" => members::record(body, &SQS_RESPONSE, span),
        _ => {}
    }
}

/// Records the bucket and key of a request to S3 that is about to be sent to `uri`.
pub(super) fn record_object(operation: &str, uri: &str, span: &Span) {
    let Some((bucket, key)) = bucket_and_key(uri) else { return };
    span.record("aws.bucket_name", decoded(bucket));
    if matches!(operation, "GetObject" | "PutObject" | "DeleteObject" | "HeadObject") {
        span.record("aws.key", key.map(decoded));
    }
}

/// Splits S3's two forms: `bucket.s3.region.amazonaws.com/key`, and `host/bucket/key`.
fn bucket_and_key(uri: &str) -> Option<(&str, Option<&str>)> {
    let (_, rest) = uri.split_once("://")?;
    let rest = rest.split(['?', '#']).next()?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let virtual_host = [".s3.", ".s3-", ".s3express-"].iter().find_map(|mark| host.split_once(mark));
    let (bucket, key) = match virtual_host {
        Some((bucket, _)) => (bucket, path),
        None => path.split_once('/').unwrap_or((path, "")),
    };
    (!bucket.is_empty()).then_some((bucket, Some(key).filter(|key| !key.is_empty())))
}

/// The segment of a path after the one named `parent`.
fn path_after(uri: &str, parent: &str) -> Option<String> {
    let path = uri.split(['?', '#']).next()?;
    let mut segments = path.split('/').skip_while(|segment| *segment != parent);
    segments.nth(1).filter(|name| !name.is_empty()).map(decoded)
}

/// A value of a form, as the query protocol sends it.
fn form_value(body: &[u8], name: &str) -> Option<String> {
    let form = std::str::from_utf8(body).ok().filter(|form| form.len() <= BODY_BYTES_MAX)?;
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| decoded(&value.replace('+', " ")))
}

/// Text without percent-encoding; what is not encoded well stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = (first == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn resources_are_found_where_services_put_them() {
        for (uri, found) in [
            (
                "https://photos.s3.eu-west-1.amazonaws.com/cats/1.png?x-id=GetObject",
                Some(("photos", Some("cats/1.png"))),
            ),
            ("https://my.dotted.name.s3.amazonaws.com/", Some(("my.dotted.name", None))),
            ("https://s3.eu-west-1.amazonaws.com/photos/a%2Fb", Some(("photos", Some("a%2Fb")))),
            ("http://localhost:9000/photos", Some(("photos", None))),
            ("http://localhost:9000/", None),
            ("/relative", None),
        ] {
            assert_eq!(bucket_and_key(uri), found, "{uri}");
        }
        let path = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Afn/invocations?Qualifier=1";
        assert_eq!(path_after(path, "functions").as_deref(), Some("arn:aws:lambda:fn"));
        assert_eq!(path_after("/functions", "functions"), None);
        let form = b"Action=Publish&TopicArn=arn%3Aaws%3Asns%3Aeu%3A1%3Anews&Message=a+b";
        assert_eq!(form_value(form, "TopicArn").as_deref(), Some("arn:aws:sns:eu:1:news"));
        assert_eq!(form_value(b"\xff", "TopicArn"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_decoded_or_left(text in "[a%0-9é]{0,20}") {
            let decoded = decoded(&text);
            prop_assert!(text.contains('%') || decoded == text);
        }
    }
}
