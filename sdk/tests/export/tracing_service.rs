//! A service that traces.

use std::path::Path;

use siskin_sdk::export::{Outbox, OutboxSettings, SpoolSettings, Transport};
use siskin_sdk::sampling::Sampler;
use siskin_sdk::{Config, Guard, layer};
use tracing::dispatcher::with_default;
use tracing::{Dispatch, info_span};
use tracing_subscriber::layer::SubscriberExt;

/// A service whose segments go through an outbox.
pub(crate) struct Service {
    dispatch: Dispatch,
    pub(crate) guard: Guard,
}

impl Service {
    pub(crate) fn start(transport: impl Transport, spool: Option<&Path>) -> Self {
        let settings = OutboxSettings::default().memory_bytes_max(256 * 1024);
        let settings = spool.into_iter().fold(settings, |settings, dir| settings.spool(SpoolSettings::new(dir)));
        let outbox = Outbox::new(transport, settings).unwrap();
        let config = Config::new("shop").exporter(outbox).sampler(Sampler::always());
        let (layer, guard) = layer(config).unwrap();
        Self { dispatch: Dispatch::new(tracing_subscriber::registry().with(layer)), guard }
    }

    /// Ends so many segments.
    pub(crate) fn trace(&self, count: usize) {
        with_default(&self.dispatch, || (0..count).for_each(|_| info_span!("request").in_scope(|| {})));
    }
}
