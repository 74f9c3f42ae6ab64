//! X-Ray: segment documents in, traces, summaries, service graphs and sampling out.

pub mod batch_get_traces;
mod document;
mod error;
pub mod graph;
mod ingest;
pub mod put_trace_segments;
pub mod sampling;
pub mod service_graph;
pub mod telemetry;
#[cfg(test)]
mod tests;
pub mod trace;
pub mod trace_summaries;
pub mod window;

use std::sync::Arc;

pub use document::rows_of;
pub use error::XRayError;
pub use ingest::{UnprocessedTraceSegment, record_documents};

use super::{Context, Operations, RestRoute, ServiceId};

/// Every operation is a POST to a path of its own.
const ROUTES: &[RestRoute] = &[
    RestRoute::new("POST", "/TraceSegments", "PutTraceSegments"),
    RestRoute::new("POST", "/TelemetryRecords", "PutTelemetryRecords"),
    RestRoute::new("POST", "/Traces", "BatchGetTraces"),
    RestRoute::new("POST", "/TraceSummaries", "GetTraceSummaries"),
    RestRoute::new("POST", "/ServiceGraph", "GetServiceGraph"),
    RestRoute::new("POST", "/TraceGraph", "GetTraceGraph"),
    RestRoute::new("POST", "/GetSamplingRules", "GetSamplingRules"),
    RestRoute::new("POST", "/SamplingTargets", "GetSamplingTargets"),
    RestRoute::new("POST", "/CreateSamplingRule", "CreateSamplingRule"),
    RestRoute::new("POST", "/UpdateSamplingRule", "UpdateSamplingRule"),
    RestRoute::new("POST", "/DeleteSamplingRule", "DeleteSamplingRule"),
];

/// The table of X-Ray. Each table shares out quotas of its own: a process makes one.
pub fn operations() -> Operations {
    let quotas = Arc::new(sampling::Quotas::default());
    Operations::new(ServiceId::XRay)
        .on("PutTraceSegments", put_trace_segments::put_trace_segments)
        .on("PutTelemetryRecords", telemetry::put_telemetry_records)
        .on("BatchGetTraces", batch_get_traces::batch_get_traces)
        .on("GetTraceSummaries", trace_summaries::get_trace_summaries)
        .on("GetServiceGraph", service_graph::get_service_graph)
        .on("GetTraceGraph", service_graph::get_trace_graph)
        .on("GetSamplingRules", sampling::get_sampling_rules)
        .on("GetSamplingTargets", move |cx: &Context, input: sampling::GetSamplingTargetsInput| {
            let (cx, quotas) = (cx.clone(), Arc::clone(&quotas));
            async move { sampling::get_sampling_targets(&cx, &quotas, input).await }
        })
        .on("CreateSamplingRule", sampling::create_sampling_rule)
        .on("UpdateSamplingRule", sampling::update_sampling_rule)
        .on("DeleteSamplingRule", sampling::delete_sampling_rule)
        .rest(ROUTES)
}
