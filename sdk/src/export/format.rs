//! The forms a document can have.

/// The form an exporter wants documents in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// JSON: a segment or an independent subsegment, as
    /// [X-Ray documents them](https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html).
    #[default]
    XRay,
    /// Protobuf: an [`ExportTraceServiceRequest`] with spans of one segment, which has as many of them as
    /// [`document_bytes_max`] makes necessary. Such messages written one after the other are one message
    /// with all their spans.
    ///
    /// [`document_bytes_max`]: super::Exporter::document_bytes_max
    /// [`ExportTraceServiceRequest`]: https://github.com/open-telemetry/opentelemetry-proto/blob/v1.9.0/opentelemetry/proto/collector/trace/v1/trace_service.proto
    Otlp,
}
