//! The forms a document can have.

/// The form an exporter wants documents in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// JSON: a segment or an independent subsegment, as
    /// [X-Ray documents them](https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html).
    #[default]
    XRay,
    /// Protobuf: one [`ExportTraceServiceRequest`] with the spans of one segment. Such messages
    /// written one after the other are one message with all their spans.
    ///
    /// [`ExportTraceServiceRequest`]: https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/collector/trace/v1/trace_service.proto
    Otlp,
}
