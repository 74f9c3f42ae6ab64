//! fastrace, by itself and behind `tracing`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use fastrace::collector::{Config, Reporter, SpanRecord};
use fastrace_tracing::FastraceCompatLayer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use super::{Drain, Started, under_tracing};
use crate::request_thread::Run;
use crate::workload::{SPANS_PER_REQUEST, by_fastrace};

/// As the OpenTelemetry SDK's; the default is 1 s.
const REPORT_INTERVAL: Duration = Duration::from_millis(5);
const DRAIN_TIMEOUT: Duration = Duration::from_mins(1);
const DRAIN_POLL: Duration = Duration::from_millis(1);

/// Counts what it is given, and writes nothing.
struct CountingReporter(Arc<AtomicU64>);

impl Reporter for CountingReporter {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        self.0.fetch_add(spans.len() as u64, Relaxed);
    }
}

/// Its own API.
pub(super) fn native() -> Started {
    Started {
        run_sync: Run::Sync(by_fastrace::run_sync),
        run_async: Run::Async(by_fastrace::run_async),
        drain: start(),
        gate: None,
    }
}

/// Its layer behind the Registry.
pub(super) fn behind_tracing() -> Result<Started, String> {
    let drain = start();
    under_tracing::install(registry().with(FastraceCompatLayer::new()))?;
    Ok(under_tracing::started(drain))
}

fn start() -> Drain {
    let exported: Arc<AtomicU64> = Arc::default();
    fastrace::set_reporter(CountingReporter(Arc::clone(&exported)), Config::default().report_interval(REPORT_INTERVAL));
    Box::new(move |requests| {
        let expected = requests * SPANS_PER_REQUEST;
        // Not `fastrace::flush`, which starts a thread each time.
        let started = Instant::now();
        while exported.load(Relaxed) < expected && started.elapsed() < DRAIN_TIMEOUT {
            thread::sleep(DRAIN_POLL);
        }
        under_tracing::expect_spans(exported.load(Relaxed), expected)
    })
}
