//! The `cause` block: why a segment is marked as failed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lenient;

/// Why work failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cause {
    /// The id of an exception that another subsegment of the trace describes.
    Reference(String),
    /// The exceptions themselves.
    Detail(CauseDetail),
}

/// Exceptions and where they were thrown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CauseDetail {
    /// The working directory when the exception occurred.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub working_directory: Option<String>,
    /// Paths of libraries in use.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::null_as_default")]
    pub paths: Vec<String>,
    /// The exceptions, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::null_as_default")]
    pub exceptions: Vec<Exception>,
}

/// One exception. The Java SDK sends entries that hold `cause` alone, so nothing is required.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Exception {
    /// 16 hexadecimal digits, unique within the trace.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub id: Option<String>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub message: Option<String>,
    /// The exception's type.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub kind: Option<String>,
    /// It was thrown by the callee.
    #[serde(default, skip_serializing_if = "lenient::is_false", deserialize_with = "lenient::null_as_default")]
    pub remote: bool,
    /// Frames left out of `stack`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::whole_number")]
    pub truncated: Option<i64>,
    /// Exceptions left out between this one and the one it caused.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::whole_number")]
    pub skipped: Option<i64>,
    /// The id of the exception that caused this one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub cause: Option<String>,
    /// Frames, innermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::null_as_default")]
    pub stack: Vec<StackFrame>,
}

/// One frame of a stack.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StackFrame {
    /// The source file.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub path: Option<String>,
    /// The line; a number, but some emitters write a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Value>,
    /// The function.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub label: Option<String>,
}
