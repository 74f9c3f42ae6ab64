//! The `aws` block: where a segment ran, or which AWS resource a subsegment called.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::lenient;

/// AWS resources; fields beyond the named ones are kept as they came.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Aws {
    /// The operation called, such as `GetItem`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub operation: Option<String>,
    /// The account, where it is not the sender's own.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub account_id: Option<String>,
    /// The region, where it is not the sender's own.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub region: Option<String>,
    /// The service's id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub request_id: Option<String>,
    /// Amazon SQS: the queue.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub queue_url: Option<String>,
    /// Amazon `DynamoDB`: the table.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub table_name: Option<String>,
    /// Segments: the SDK that wrote the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub xray: Option<XRaySdk>,
    /// Everything else: `ec2`, `ecs`, `eks`, `cloudwatch_logs`, `table_names`, `function_name`...
    #[serde(flatten)]
    pub more: Map<String, Value>,
}

/// The SDK that wrote a segment, and the sampling rule that chose it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct XRaySdk {
    /// The SDK's name.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub sdk: Option<String>,
    /// The SDK's version.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub sdk_version: Option<String>,
    /// The rule that sampled the trace; absent where the caller had decided.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub sampling_rule_name: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub more: Map<String, Value>,
}
