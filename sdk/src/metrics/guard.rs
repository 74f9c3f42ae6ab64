//! The owner of a meter provider's exports.

use std::time::Duration;

use opentelemetry_sdk::metrics::SdkMeterProvider;

use crate::ship::{DeliveryReport, ShippingGuard};

/// Keeps exports running; dropped, it collects once more, shuts the provider down, and sends what is
/// waiting, for up to two seconds.
///
/// Hold it until the service ends: `let _guard = ...`, not `let _ = ...`.
#[derive(Debug)]
#[must_use = "dropping the guard ends the exports"]
pub struct MetricsGuard {
    provider: SdkMeterProvider,
    shipping: ShippingGuard,
}

impl MetricsGuard {
    pub(super) fn new(provider: SdkMeterProvider, shipping: ShippingGuard) -> Self {
        Self { provider, shipping }
    }

    /// Collects now, sends it, and waits for that up to `timeout`; collecting takes as long as the
    /// callbacks of observable instruments take.
    ///
    /// Blocks the calling thread: in async code, call it where blocking is allowed.
    pub fn flush(&self, timeout: Duration) -> DeliveryReport {
        if let Err(error) = self.provider.force_flush() {
            tracing::debug!(target: "siskin_sdk", %error, "metrics could not be collected");
        }
        self.shipping.flush(timeout)
    }

    /// What became of everything so far, without waiting.
    pub fn report(&self) -> DeliveryReport {
        self.shipping.report()
    }
}

impl Drop for MetricsGuard {
    fn drop(&mut self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::debug!(target: "siskin_sdk", %error, "the meter provider was shut down before");
        }
    }
}
