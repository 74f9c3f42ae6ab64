//! The document itself, and reading it from outside.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::invalid::{self, Invalid};
use super::{Annotations, Aws, Cause, EpochTime, Http, Sql, annotation, lenient, limits};
use crate::id::{SpanId, TraceId};

/// A segment or subsegment.
///
/// The blocks most documents lack are boxed: a subsegment is read inside its parent, so the size of
/// this struct is what each level of nesting costs the stack.
///
/// Fields X-Ray's schema does not know are ignored, as the service ignores them; in the `aws` block
/// they are kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// The service that did the work; for a subsegment of a remote call, the service called.
    pub name: String,
    /// Unique within the trace.
    pub id: SpanId,
    /// The trace; segments and independent subsegments have one, embedded subsegments need none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<TraceId>,
    /// Segments: the caller's *subsegment*. Subsegments: the segment or subsegment they belong to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<SpanId>,
    /// Says that a document holds an independent subsegment.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// When the work began.
    pub start_time: EpochTime,
    /// When it ended; absent while `in_progress`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<EpochTime>,
    /// The work goes on; a complete document with the same id replaces this one.
    #[serde(default, skip_serializing_if = "lenient::is_false", deserialize_with = "lenient::null_as_default")]
    pub in_progress: bool,
    /// The version of the service and what it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Box<Service>>,
    /// The user on whose behalf the work was done.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub user: Option<String>,
    /// The kind of resource that ran the work, such as `AWS::ECS::Container`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub origin: Option<String>,
    /// The ARN of that resource.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub resource_arn: Option<String>,
    /// Subsegments: `aws` for a call of an AWS service, `remote` for another call; absent for local
    /// work.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub namespace: Option<String>,
    /// A backend made this segment up from the caller's subsegment.
    #[serde(default, skip_serializing_if = "lenient::is_false", deserialize_with = "lenient::null_as_default")]
    pub inferred: bool,
    /// The HTTP request served or made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Box<Http>>,
    /// AWS resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws: Option<Box<Aws>>,
    /// The query made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<Box<Sql>>,
    /// A client error (status 4xx).
    #[serde(default, skip_serializing_if = "lenient::is_false", deserialize_with = "lenient::null_as_default")]
    pub error: bool,
    /// A throttled request (status 429); `error` is set, too.
    #[serde(default, skip_serializing_if = "lenient::is_false", deserialize_with = "lenient::null_as_default")]
    pub throttle: bool,
    /// A server error (status 5xx).
    #[serde(default, skip_serializing_if = "lenient::is_false", deserialize_with = "lenient::null_as_default")]
    pub fault: bool,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Box<Cause>>,
    /// Indexed key-value pairs.
    #[serde(default, skip_serializing_if = "Annotations::is_empty", deserialize_with = "annotation::deserialize")]
    pub annotations: Annotations,
    /// Values by namespace and key, not indexed.
    #[serde(default, skip_serializing_if = "Map::is_empty", deserialize_with = "lenient::null_as_default")]
    pub metadata: Map<String, Value>,
    /// Subsegments: siblings that ended before this one began.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::null_as_default")]
    pub precursor_ids: Vec<SpanId>,
    /// Related traces.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::null_as_default")]
    pub links: Vec<Link>,
    /// The steps of the work.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::null_as_default")]
    pub subsegments: Vec<Segment>,
}

/// The only `type` a document may state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An independent subsegment.
    Subsegment,
    /// Nothing special; some emitters write it.
    Segment,
}

/// The version of the service and what it runs on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// The service's version.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub version: Option<String>,
    /// The runtime's name.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub runtime: Option<String>,
    /// The runtime's version.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub runtime_version: Option<String>,
    /// The compiler's name.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub compiler: Option<String>,
    /// The compiler's version.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub compiler_version: Option<String>,
}

/// A related trace, such as the one that sent a message this one handles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The related trace.
    pub trace_id: TraceId,
    /// The segment or subsegment in it.
    pub id: SpanId,
    /// What the relation is.
    #[serde(default, skip_serializing_if = "Map::is_empty", deserialize_with = "lenient::null_as_default")]
    pub attributes: Map<String, Value>,
}

impl Segment {
    /// Reads and validates one document of at most [`limits::DOCUMENT_BYTES_MAX`] bytes.
    ///
    /// # Errors
    /// [`Invalid`], with the code `PutTraceSegments` answers and the id where there is one.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        // The size comes first: nothing of an oversized document is worth the time to read it.
        if text.len() > limits::DOCUMENT_BYTES_MAX {
            return Err(Invalid::oversized(text.len()));
        }
        let segment: Self = serde_json::from_str(text).map_err(|error| invalid::diagnose(text, &error))?;
        segment.validate()?;
        Ok(segment)
    }

    /// Checks what the types alone cannot say, for this document and every subsegment in it.
    ///
    /// # Errors
    /// [`Invalid`], as [`Segment::parse`].
    pub fn validate(&self) -> Result<(), Invalid> {
        invalid::validate(self)
    }

    /// Whether this document holds an independent subsegment.
    pub fn is_subsegment(&self) -> bool {
        self.kind == Some(Kind::Subsegment)
    }

    /// Writes the document.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a segment has only text keys and finite numbers")
    }
}
