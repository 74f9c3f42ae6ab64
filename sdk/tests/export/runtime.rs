//! A current-thread runtime needs no second thread for the guard's sake.

use siskin_sdk::sampling::Sampler;
use siskin_sdk::{Config, layer};
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;

use crate::daemon::Daemon;

#[tokio::test(flavor = "current_thread")]
async fn a_guard_dropped_inside_a_current_thread_runtime_sends_everything() {
    let daemon = Daemon::start();
    let config = Config::new("shop").daemon_address(daemon.address()).sampler(Sampler::always());
    let (layer, guard) = layer(config).unwrap();
    let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    for _ in 0..50 {
        tokio::task::yield_now().instrument(info_span!("request")).await;
    }
    drop(guard);
    (0..50).for_each(|_| drop(daemon.receive()));
    assert!(daemon.is_quiet());
}
