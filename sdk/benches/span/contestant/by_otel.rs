//! The OpenTelemetry SDK, behind `tracing` and by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, SpanData, SpanExporter,
};
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use super::{Drain, Sampled, Started, under_tracing};
use crate::request_thread::Run;
use crate::workload::{SPANS_PER_REQUEST, by_otel};

/// So large and so short that nothing is dropped; the defaults (2,048 spans, 5 s) drop under load.
const QUEUE_SPANS_MAX: usize = 65_536;
const EXPORT_INTERVAL: Duration = Duration::from_millis(5);

/// What tracing-opentelemetry adds to spans.
#[derive(Debug, Clone, Copy)]
pub(super) enum Options {
    Default,
    Off,
}

/// Counts what it is given, and writes nothing.
#[derive(Debug)]
struct CountingExporter(Arc<AtomicU64>);

impl SpanExporter for CountingExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.fetch_add(batch.len() as u64, Relaxed);
        Ok(())
    }
}

/// tracing-opentelemetry behind the Registry.
pub(super) fn behind_tracing(options: Options, sampled: Sampled) -> Result<Started, String> {
    let exported = Arc::default();
    let provider = provider(&exported, sampled);
    let layer = OpenTelemetryLayer::new(provider.tracer("bench"));
    let layer = match options {
        Options::Default => layer,
        Options::Off => layer
            .with_error_fields_to_exceptions(false)
            .with_error_events_to_status(false)
            .with_error_events_to_exceptions(false)
            .with_error_records_to_exceptions(false)
            .with_location(false)
            .with_tracked_inactivity(false)
            .with_threads(false)
            .with_level(false)
            .with_target(false)
            .with_context_activation(false),
    };
    under_tracing::install(registry().with(layer))?;
    Ok(under_tracing::started(drain(provider, exported, sampled)))
}

/// The API used directly.
///
/// # Errors
/// When the process has one already.
pub(super) fn native() -> Result<Started, String> {
    let exported = Arc::default();
    let provider = provider(&exported, Sampled::All);
    by_otel::TRACER.set(provider.tracer("bench")).map_err(|_| "the tracer is set already".to_owned())?;
    Ok(Started {
        run_sync: Run::Sync(by_otel::run_sync),
        run_async: Run::Async(by_otel::run_async),
        drain: drain(provider, exported, Sampled::All),
        gate: None,
    })
}

fn provider(exported: &Arc<AtomicU64>, sampled: Sampled) -> SdkTracerProvider {
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE_SPANS_MAX)
        .with_scheduled_delay(EXPORT_INTERVAL)
        .build();
    let processor =
        BatchSpanProcessor::builder(CountingExporter(Arc::clone(exported))).with_batch_config(config).build();
    let sampler = match sampled {
        Sampled::All => Sampler::AlwaysOn,
        Sampled::None => Sampler::AlwaysOff,
    };
    SdkTracerProvider::builder().with_span_processor(processor).with_sampler(sampler).build()
}

fn drain(provider: SdkTracerProvider, exported: Arc<AtomicU64>, sampled: Sampled) -> Drain {
    Box::new(move |requests| {
        provider.force_flush().map_err(|error| error.to_string())?;
        under_tracing::expect_spans(exported.load(Relaxed), sampled.of(requests * SPANS_PER_REQUEST))
    })
}
