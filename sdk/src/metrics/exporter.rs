//! Exports over OTLP/HTTP, as protobuf.
//!
//! Specification: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>

use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::Temporality;
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use prost::Message;

use crate::ship::{Delivered, Endpoint, Item, Queue, SendError, Sink, refusal};

/// Encodes what a reader collected and hands it to the shipping thread;
/// [`otlp_exporter`](super::otlp_exporter) makes it.
#[derive(Debug)]
pub struct OtlpExporter {
    queue: Arc<Queue<Export>>,
    temporality: Temporality,
}

impl OtlpExporter {
    pub(super) fn new(queue: Arc<Queue<Export>>, temporality: Temporality) -> Self {
        Self { queue, temporality }
    }
}

impl PushMetricExporter for OtlpExporter {
    fn export(&self, metrics: &ResourceMetrics) -> impl Future<Output = OTelSdkResult> + Send {
        // What finds no room is counted; telling the reader would only make it log.
        self.queue.push(Export { body: ExportMetricsServiceRequest::from(metrics).encode_to_vec() });
        ready(Ok(()))
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        // The guard closes the queue: what other readers collect at their shutdown still has to pass.
        Ok(())
    }

    fn temporality(&self) -> Temporality {
        self.temporality
    }
}

/// One collection, encoded.
#[derive(Debug)]
pub(super) struct Export {
    body: Vec<u8>,
}

impl Item for Export {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.body.len()
    }
}

/// Sends exports to an OTLP receiver.
#[derive(Debug)]
pub(super) struct OtlpMetrics {
    pub(super) endpoint: Endpoint,
}

impl Sink<Export> for OtlpMetrics {
    fn batch_len(&self, _items: &[Export]) -> usize {
        1
    }

    fn send(&mut self, batch: &[Export]) -> Result<Delivered, SendError> {
        for export in batch {
            let answer =
                self.endpoint.post("/v1/metrics", &[("content-type", "application/x-protobuf")], &export.body)?;
            if !answer.is_success() {
                return Err(refusal(&answer));
            }
            let output = ExportMetricsServiceResponse::decode(answer.body()).unwrap_or_default();
            if let Some(partial) = output.partial_success
                && partial.rejected_data_points > 0
            {
                let (points, reason) = (partial.rejected_data_points, partial.error_message);
                tracing::warn!(target: "siskin_sdk", points, reason, "the receiver rejected data points");
            }
        }
        Ok(Delivered::all(batch.len()))
    }
}
