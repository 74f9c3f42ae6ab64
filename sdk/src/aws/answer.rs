//! What an answer says of itself.

use aws_smithy_runtime_api::client::interceptors::context::{Error as OperationError, FinalizerInterceptorContextRef};
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::http::{Headers, Response};
use std::error::Error;
use tracing::Span;

use super::members;

/// Error codes that mean "too many requests", whatever the status; the AWS SDK's own list:
/// <https://docs.rs/aws-runtime/latest/aws_runtime/retries/classifiers/constant.THROTTLING_ERRORS.html>.
const THROTTLING_ERRORS: [&str; 14] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
];

/// Records how a call ended.
pub(super) fn record(context: &FinalizerInterceptorContextRef<'_>, span: &Span) {
    let response = context.response();
    if let Some(response) = response {
        record_head(response, span);
    }
    if let Some(Err(error)) = context.output_or_error() {
        record_error(error, response, span);
    }
}

fn record_head(response: &Response, span: &Span) {
    let headers = response.headers();
    span.record("http.response.status_code", response.status().as_u16());
    span.record("http.response.body.size", headers.get("content-length").and_then(|length| length.parse::<u64>().ok()));
    span.record("aws.request_id", ["x-amzn-requestid", "x-amz-request-id"].iter().find_map(|name| headers.get(name)));
    span.record("aws.id_2", headers.get("x-amz-id-2"));
}

fn record_error(error: &OrchestratorError<OperationError>, response: Option<&Response>, span: &Span) {
    let code = response.filter(|response| !response.status().is_success()).and_then(code);
    if let Some(code) = &code {
        span.record("error.type", code.as_str());
        if THROTTLING_ERRORS.contains(&code.as_str()) {
            span.record("xray.throttle", true);
        }
    }
    // What the service modelled says more than that there was an operation's error.
    let error = match error.as_operation_error() {
        Some(error) => error as &(dyn Error + 'static),
        None => error,
    };
    span.record("error", error);
}

/// The error's code, in whichever of AWS's protocols the answer is.
fn code(response: &Response) -> Option<String> {
    let body = response.body().bytes().unwrap_or_default();
    let code = error_type(response.headers())
        .or_else(|| members::text(body, &["__type", "code", "Code"]))
        .or_else(|| xml_code(body))?;
    // `com.amazonaws.sqs#QueueDoesNotExist:http://...`
    let code = code.split(':').next().unwrap_or_default();
    Some(code.rsplit('#').next().unwrap_or_default().to_owned()).filter(|code| !code.is_empty())
}

fn error_type(headers: &Headers) -> Option<String> {
    headers.get("x-amzn-errortype").map(str::to_owned)
}

fn xml_code(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= members::BODY_BYTES_MAX)?;
    let (_, rest) = text.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code.trim().to_owned())
}
