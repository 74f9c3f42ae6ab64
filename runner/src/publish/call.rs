//! One call of an AWS API, as plain values that can wait on disk.

use serde_json::Value;
use uuid::Uuid;

/// Which API a call goes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// CloudWatch metrics and alarms: awsJson 1.0.
    Metrics,
    /// CloudWatch Logs: awsJson 1.1.
    Logs,
    /// EventBridge: awsJson 1.1.
    Events,
    /// X-Ray: rest-json.
    Traces,
    /// S3 and other object stores, which files go to as they are; no endpoint of the others takes them.
    Artifacts,
}

impl Service {
    pub(super) const ALL: [Self; 4] = [Self::Metrics, Self::Logs, Self::Events, Self::Traces];

    /// The name in signatures and in the addresses of AWS.
    pub(super) fn signing_name(self) -> &'static str {
        match self {
            Self::Metrics => "monitoring",
            Self::Logs => "logs",
            Self::Events => "events",
            Self::Traces => "xray",
            Self::Artifacts => "s3",
        }
    }
}

/// One call.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct Call {
    /// Names the call however often it is sent: the `amz-sdk-invocation-id` of AWS's SDKs.
    pub id: Uuid,
    /// Which API.
    pub service: Service,
    /// The operation, as AWS names it.
    pub operation: String,
    /// Its input.
    pub input: Value,
}

impl Call {
    pub(super) fn new(service: Service, operation: &str, input: Value) -> Self {
        Self { id: Uuid::new_v4(), service, operation: operation.to_owned(), input }
    }

    /// Path, content type and `X-Amz-Target` of the request.
    pub(super) fn address(&self) -> (String, &'static str, Option<String>) {
        let target = |prefix: &str| Some(format!("{prefix}.{}", self.operation));
        match self.service {
            Service::Metrics => ("/".to_owned(), "application/x-amz-json-1.0", target("GraniteServiceVersion20100801")),
            Service::Logs => ("/".to_owned(), "application/x-amz-json-1.1", target("Logs_20140328")),
            Service::Events => ("/".to_owned(), "application/x-amz-json-1.1", target("AWSEvents")),
            // X-Ray's paths are the operations without their verb.
            Service::Artifacts => ("/".to_owned(), "application/octet-stream", None),
            Service::Traces => (format!("/{}", self.operation.trim_start_matches("Put")), "application/json", None),
        }
    }
}
