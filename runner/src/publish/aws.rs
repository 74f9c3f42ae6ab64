//! Delivery to an endpoint that speaks the AWS protocols.

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tracing::warn;

use super::outbox::Publisher;
use super::{Call, PublishError, Service, Target, segments};

const ANSWER_WITHIN: Duration = Duration::from_secs(10);
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// Answers to what a runner sends are small; more of one is not read.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// A [`Target`] and the client that calls it.
#[derive(Clone, Debug)]
pub struct AwsEndpoint {
    client: reqwest::Client,
    target: Target,
}

impl AwsEndpoint {
    /// Prepares a client for `target`.
    ///
    /// # Errors
    /// A machine on which no HTTP client can be set up.
    pub fn new(target: Target) -> Result<Self, PublishError> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            // The endpoint is named by the operator, and mostly is on this machine.
            .no_proxy()
            .build()
            .map_err(|error| unavailable("set-up", &error))?;
        Ok(Self { client, target })
    }

    async fn call(&self, call: &Call) -> Result<Value, PublishError> {
        let (path, content_type, target) = call.address();
        let url = self.target.url(call.service, &path);
        let body = call.input.to_string();
        let mut headers = vec![("content-type".to_owned(), content_type.to_owned())];
        headers.extend(target.map(|target| ("x-amz-target".to_owned(), target)));
        headers.extend(self.signature(call, &url, &headers, &body).await?);
        headers.push(("amz-sdk-invocation-id".to_owned(), call.id.to_string()));
        let mut request = self.client.post(url).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|error| unavailable(&call.operation, &error))?;
        let status = response.status();
        let error_type =
            response.headers().get("x-amzn-errortype").and_then(|text| text.to_str().ok()).map(str::to_owned);
        let body = self.body(response).await.map_err(|error| unavailable(&call.operation, &error))?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() {
            return Ok(answer);
        }
        Err(failure(&call.operation, status, error_type.as_deref(), &answer))
    }

    async fn signature(
        &self,
        call: &Call,
        url: &str,
        headers: &[(String, String)],
        body: &str,
    ) -> Result<Vec<(String, String)>, PublishError> {
        if !self.target.is_signed() {
            return Ok(Vec::new());
        }
        let (target, service) = (self.target.clone(), call.service);
        let (url, headers, body) = (url.to_owned(), headers.to_vec(), body.to_owned());
        // Credentials come back, as an expired token does: results wait for them.
        let away = |reason: String| PublishError::Unavailable { operation: call.operation.clone(), reason };
        match spawn_blocking(move || target.sign(service, &url, &headers, body.as_bytes())).await {
            Ok(signed) => signed.map_err(away),
            Err(error) => Err(away(error.to_string())),
        }
    }

    async fn body(&self, mut response: reqwest::Response) -> reqwest::Result<Vec<u8>> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES_MAX {
                break;
            }
        }
        Ok(body)
    }

    /// Sends log events, and makes their group and stream when they are missing.
    async fn put_log_events(&self, call: &Call) -> Result<(), PublishError> {
        let first = self.call(call).await;
        let Err(error) = &first else { return Ok(()) };
        if !error.is_code("ResourceNotFoundException") {
            return first.map(drop);
        }
        let group = &call.input["logGroupName"];
        let stream = json!({"logGroupName": group, "logStreamName": call.input["logStreamName"]});
        self.create("CreateLogGroup", json!({"logGroupName": group})).await?;
        self.create("CreateLogStream", stream).await?;
        self.call(call).await.map(drop)
    }

    async fn create(&self, operation: &str, input: Value) -> Result<(), PublishError> {
        match self.call(&Call::new(Service::Logs, operation, input)).await {
            // Another run was quicker.
            Err(error) if error.is_code("ResourceAlreadyExistsException") => Ok(()),
            result => result.map(drop),
        }
    }
}

impl Publisher for AwsEndpoint {
    fn send<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<(), PublishError>> {
        async move {
            match (call.service, call.operation.as_str()) {
                (Service::Logs, "PutLogEvents") => self.put_log_events(call).await,
                (Service::Traces, "PutTraceSegments") => {
                    let answer = self.call(call).await?;
                    for document in segments::unprocessed(&answer) {
                        warn!(%document, "trace segment refused");
                    }
                    Ok(())
                }
                (Service::Events, "PutEvents") => {
                    let answer = self.call(call).await?;
                    // 200 is said even when no entry was taken.
                    let entry = &answer["Entries"][0];
                    match entry["ErrorCode"].as_str() {
                        None => Ok(()),
                        Some(code) => {
                            let message = entry["ErrorMessage"].as_str().unwrap_or_default();
                            Err(PublishError::Refused {
                                operation: call.operation.clone(),
                                code: code.to_owned(),
                                message: message.to_owned(),
                            })
                        }
                    }
                }
                (Service::Artifacts, _) => Err(PublishError::Refused {
                    operation: call.operation.clone(),
                    code: "InvalidArtifacts".to_owned(),
                    message: "files go to an object store".to_owned(),
                }),
                _ => self.call(call).await.map(drop),
            }
        }
        .boxed()
    }
}

fn failure(operation: &str, status: StatusCode, error_type: Option<&str>, answer: &Value) -> PublishError {
    let operation = operation.to_owned();
    let word = |name: &str| answer.get(name).and_then(Value::as_str);
    let code = word("__type").or(error_type).unwrap_or_default();
    // `namespace#Name` and `Name:http://..` both name `Name`.
    let code = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default().to_owned();
    let message = word("message").or_else(|| word("Message")).unwrap_or_default().to_owned();
    let throttled = status == StatusCode::TOO_MANY_REQUESTS || code.starts_with("Throttling");
    // Clocks and tokens are put right by somebody; what was to be told is worth the wait.
    let for_now =
        ["ExpiredToken", "RequestExpired", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidClientTokenId"];
    let unauthorized = for_now.iter().any(|one| code.starts_with(one)) || code.starts_with("UnrecognizedClient");
    if status.is_server_error() || throttled || unauthorized {
        return PublishError::Unavailable { operation, reason: format!("{status} {code} {message}").trim().to_owned() };
    }
    let code = if code.is_empty() { status.to_string() } else { code };
    PublishError::Refused { operation, code, message }
}

fn unavailable(operation: &str, error: &reqwest::Error) -> PublishError {
    // The innermost cause is the one that says something: "connection refused".
    let mut reason = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        reason = format!("{reason}: {inner}");
        source = inner.source();
    }
    PublishError::Unavailable { operation: operation.to_owned(), reason }
}
