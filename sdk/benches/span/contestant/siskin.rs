//! The SDK.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use siskin_sdk::Config;
use siskin_sdk::export::{ExportError, Exporter};
use siskin_sdk::sampling::Sampler;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use super::{Started, under_tracing};

/// As others' queues: none may drop anything.
const QUEUE_MAX: usize = 65_536;
const FLUSH_TIMEOUT: Duration = Duration::from_secs(60);

/// Whether traces are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sampled {
    All,
    None,
}

/// What came out.
#[derive(Debug, Default)]
struct Exported {
    documents: AtomicU64,
    bytes: AtomicU64,
}

/// Counts what it is given.
#[derive(Debug)]
struct CountingExporter(Arc<Exported>);

impl Exporter for CountingExporter {
    fn export(&self, document: &[u8]) -> Result<(), ExportError> {
        self.0.documents.fetch_add(1, Relaxed);
        self.0.bytes.fetch_add(document.len() as u64, Relaxed);
        Ok(())
    }
}

/// The SDK behind the Registry.
pub(super) fn start(sampler: Sampler, sampled: Sampled) -> Result<Started, String> {
    let exported = Arc::new(Exported::default());
    let exporter = CountingExporter(Arc::clone(&exported));
    let config = Config::new("bench").sampler(sampler).exporter(exporter).queue_max(QUEUE_MAX);
    let (layer, guard) = siskin_sdk::layer(config).map_err(|error| error.to_string())?;
    under_tracing::install(registry().with(layer))?;
    let guard = Rc::new(guard);
    let drained = Rc::clone(&guard);
    let drain = move || {
        drained.flush(FLUSH_TIMEOUT);
    };
    Ok(under_tracing::started(drain, move |requests| {
        let (documents, report) = (exported.documents.load(Relaxed), guard.report());
        let expected = if sampled == Sampled::All { requests } else { 0 };
        if documents == expected && report.dropped.total() == 0 {
            Ok(())
        } else {
            Err(format!("{documents} documents were exported, not {expected}; dropped: {:?}", report.dropped))
        }
    }))
}
