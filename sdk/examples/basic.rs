//! Serves three make-believe orders and sends their traces to the X-Ray daemon's port.
//!
//! ```text
//! cargo run -p siskin-sdk --example basic                 # to 127.0.0.1:2000
//! cargo run -p siskin-sdk --example basic -- orders.jsonl # to a file, one document per line
//! ```

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use siskin_sdk::export::FileExporter;
use siskin_sdk::sampling::Sampler;
use siskin_sdk::{Config, annotate};
use tracing::{error, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> Result<(), Box<dyn Error>> {
    let mut config = Config::from_env("shop")?.service_version("1.4.2").sampler(Sampler::always());
    if let Some(path) = std::env::args_os().nth(1) {
        config = config.exporter(FileExporter::append(path)?);
    }
    let (layer, guard) = siskin_sdk::layer(config)?;
    tracing_subscriber::registry().with(layer).init();

    for order in 1..=3 {
        serve(order);
    }

    let report = guard.flush(Duration::from_secs(5));
    writeln!(std::io::stdout(), "{} documents sent, lost: {:?}", report.sent, report.dropped)?;
    Ok(())
}

fn serve(order: u64) {
    let request = info_span!(
        "POST /orders",
        otel.kind = "server",
        http.request.method = "POST",
        url.full = "http://shop.example/orders",
        http.response.status_code = tracing::field::Empty,
        annotation.order = order,
    );
    let status = request.in_scope(|| {
        info_span!("reserve", db.system.name = "sqlite", db.namespace = "stock").in_scope(|| annotate("items", 3));
        pay(order)
    });
    request.record("http.response.status_code", status);
}

fn pay(order: u64) -> u16 {
    let _call = info_span!("pay", otel.kind = "client", peer.service = "bank").entered();
    if order == 2 {
        error!(order, "the bank does not answer");
        return 502;
    }
    201
}
