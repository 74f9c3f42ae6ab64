//! What all contestants behind `tracing` share, and those that trace nothing.

use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use super::{Drain, Started};
use crate::request_thread::Run;
use crate::workload::by_tracing;

/// Uses no hook of [`Layer`]. Its presence makes the Registry free its spans, which a bare one never
/// does.
struct Empty;

impl<S: Subscriber> Layer<S> for Empty {}

/// No subscriber.
pub(super) fn none() -> Started {
    started(Box::new(|_| Ok(())))
}

/// The Registry and a layer that does nothing.
pub(super) fn noop() -> Result<Started, String> {
    install(registry().with(Empty))?;
    Ok(none())
}

/// Makes `subscriber` the process's.
pub(super) fn install(subscriber: impl Subscriber + Send + Sync) -> Result<(), String> {
    tracing::subscriber::set_global_default(subscriber).map_err(|error| error.to_string())
}

/// A contestant that is driven through `tracing`.
pub(super) fn started(drain: Drain) -> Started {
    Started {
        run_sync: Run::Sync(by_tracing::run_sync),
        run_async: Run::Async(by_tracing::run_async),
        drain,
        gate: None,
    }
}

/// That as many spans were exported as were made.
pub(super) fn expect_spans(exported: u64, made: u64) -> Result<(), String> {
    if exported == made { Ok(()) } else { Err(format!("{exported} spans were exported of {made}")) }
}
