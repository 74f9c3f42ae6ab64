//! The SDK.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use siskin_sdk::Config;
use siskin_sdk::export::{ExportError, Exporter};
use siskin_sdk::sampling::Sampler;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use super::{Sampled, Started, under_tracing};
use crate::workload::SPANS_PER_REQUEST;

/// As others' queues: nothing may be dropped.
const QUEUE_MAX: usize = 65_536;
const FLUSH_TIMEOUT: Duration = Duration::from_mins(1);
/// Documents whose spans are counted. Only the first ones: looking through them is not the SDK's work.
const INSPECTED_MAX: u64 = 100;
/// What every segment and subsegment has once.
const SPAN_MARK: &[u8] = b"\"start_time\":";

/// The SDK behind the Registry.
pub(super) fn start(sampled: Sampled) -> Result<Started, String> {
    let sampler = match sampled {
        Sampled::All => Sampler::always(),
        Sampled::None => Sampler::never(),
    };
    let exported = Arc::new(Exported::default());
    let exporter = CountingExporter(Arc::clone(&exported));
    let config = Config::new("bench").sampler(sampler).exporter(exporter).queue_max(QUEUE_MAX);
    let (layer, guard) = siskin_sdk::layer(config).map_err(|error| error.to_string())?;
    under_tracing::install(registry().with(layer))?;
    let gate = Gate(Arc::clone(&exported));
    let drain = Box::new(move |requests| {
        let report = guard.flush(FLUSH_TIMEOUT);
        if report.dropped.total() > 0 {
            return Err(format!("dropped: {:?}", report.dropped));
        }
        exported.expect(sampled.of(requests))
    });
    Ok(Started { gate: Some(gate), ..under_tracing::started(drain) })
}

/// What came out.
#[derive(Debug, Default)]
struct Exported {
    documents: AtomicU64,
    bytes: AtomicU64,
    /// In the first [`INSPECTED_MAX`] documents.
    spans: AtomicU64,
    closed: Mutex<bool>,
    opened: Condvar,
}

impl Exported {
    /// Whether a document of each request came, and all of its spans in it.
    fn expect(&self, requests: u64) -> Result<(), String> {
        let documents = self.documents.load(Relaxed);
        if documents != requests {
            return Err(format!("{documents} documents were exported of {requests}"));
        }
        let inspected = requests.min(INSPECTED_MAX);
        under_tracing::expect_spans(self.spans.load(Relaxed), inspected * SPANS_PER_REQUEST)
    }

    fn closed(&self) -> MutexGuard<'_, bool> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the exporter from returning.
pub(crate) struct Gate(Arc<Exported>);

impl Gate {
    /// Blocks the exporter at its next document.
    pub(crate) fn close(&self) {
        *self.0.closed() = true;
    }

    /// Lets it go on.
    pub(crate) fn open(&self) {
        *self.0.closed() = false;
        self.0.opened.notify_all();
    }
}

/// Counts what it is given.
#[derive(Debug)]
struct CountingExporter(Arc<Exported>);

impl Exporter for CountingExporter {
    fn export(&self, document: &[u8]) -> Result<(), ExportError> {
        let exported = &self.0;
        drop(exported.opened.wait_while(exported.closed(), |closed| *closed));
        if exported.documents.fetch_add(1, Relaxed) < INSPECTED_MAX {
            let spans = document.windows(SPAN_MARK.len()).filter(|window| *window == SPAN_MARK).count();
            exported.spans.fetch_add(spans as u64, Relaxed);
        }
        exported.bytes.fetch_add(document.len() as u64, Relaxed);
        Ok(())
    }
}
