//! A make-believe order that leaves something in every member a document or a span can have.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use serde_json::json;
use siskin_sdk::export::{OtlpHttp, Outbox, OutboxSettings};
use siskin_sdk::logs::LogsConfig;
use siskin_sdk::metrics::OtlpConfig;
use siskin_sdk::propagation::xray;
use siskin_sdk::sampling::Sampler;
use siskin_sdk::{Config, FlushReport, Guard, SpanExt, annotate, with_remote_parent};
use tracing::{Level, error, info, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::Outcome;

/// How long the receiver may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The one who placed the order.
const CALLER: &str = "Root=1-64f0c1aa-0123456789abcdef01234567;Parent=00f067aa0ba902b7;Sampled=1";
/// The trace that put the goods into the cart.
const CART: &str = "Root=1-64f0c1a0-76543210fedcba9876543210;Parent=b7ad6b7169203331;Sampled=1";

/// Tells the story to the X-Ray daemon's address, and then a long one, whose segment fits no datagram.
pub(crate) fn as_segments() -> Outcome {
    let (layer, guard) = siskin_sdk::layer(described(Config::from_env("shop")?))?;
    siskin_sdk::panic::install();
    tracing_subscriber::registry().with(layer).init();
    order();
    import();
    finish(&guard)
}

/// Tells the story to the OTLP receiver that the environment names, with a log record and two metrics.
pub(crate) fn over_otlp() -> Outcome {
    let outbox = Outbox::new(OtlpHttp::from_env()?, OutboxSettings::default())?;
    let (layer, guard) = siskin_sdk::layer(described(Config::new("shop").exporter(outbox)))?;
    let endpoint = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT")?;
    let (logs, logs_guard) = siskin_sdk::logs::layer(LogsConfig::otlp(&endpoint, "shop"))?;
    let (provider, metrics_guard) = siskin_sdk::metrics::otlp(OtlpConfig::new(&endpoint, "shop"))?;
    siskin_sdk::panic::install();
    tracing_subscriber::registry().with(layer).with(logs).init();
    let meter = provider.meter("shop");
    meter.u64_counter("orders").with_unit("{order}").build().add(3, &[KeyValue::new("tenant", "blue")]);
    meter.f64_histogram("latency").with_unit("s").build().record(0.25, &[]);
    order();
    finish(&guard)?;
    for report in [logs_guard.flush(PATIENCE), metrics_guard.flush(PATIENCE)] {
        if report.pending > 0 || report.lost.total() > 0 {
            return Err(format!("{report:?}").into());
        }
    }
    Ok(())
}

fn described(config: Config) -> Config {
    let config = config.service_version("1.4.2").origin("AWS::ECS::Container");
    config.sampler(Sampler::always()).event_level(Level::INFO)
}

fn finish(guard: &Guard) -> Outcome {
    let FlushReport { pending, dropped, .. } = guard.flush(PATIENCE);
    if pending > 0 || dropped.total() > 0 {
        return Err(format!("{pending} documents were not sent, lost: {dropped:?}").into());
    }
    Ok(())
}

fn order() {
    let open = || {
        info_span!(
            "POST /orders",
            otel.kind = "server",
            http.request.method = "POST",
            url.full = "http://shop.example/orders",
            user_agent.original = "curl/8.5.0",
            client.address = "192.0.2.7",
            http.response.status_code = 500,
            http.response.body.size = 312,
            enduser.id = "ada",
            annotation.customer = "alder",
            annotation.items = 3,
            annotation.balance = -12,
            annotation.total = 49.5,
            annotation.gift = true,
            basket = 7,
        )
    };
    let request = with_remote_parent(xray::parse(CALLER), open);
    request.add_metadata("shop", "cart", &json!({ "tea": { "grams": 250, "sorts": ["green", null] } }));
    if let Some(cart) = xray::parse(CART) {
        request.add_link(&cart);
    }
    let _request = request.entered();
    annotate("coupon", "SPRING");
    info!(shelf = 4, "goods reserved");
    reserve();
    pay();
    remember();
    deliver();
    print_label();
}

fn reserve() {
    let _local = info_span!("reserve").entered();
    let query = info_span!(
        "UPDATE",
        otel.kind = "client",
        db.system.name = "postgresql",
        db.namespace = "stock",
        server.address = "db.example",
        db.query.text = "UPDATE stock SET left = left - 1 WHERE item = $1",
        db.user = "shop",
        db.version = "17.2",
        db.driver_version = "0.9.0",
        db.preparation = "statement",
    );
    query.in_scope(|| {});
}

fn pay() {
    let call = info_span!(
        "POST",
        otel.kind = "client",
        peer.service = "bank",
        http.request.method = "POST",
        url.full = "http://me:secret@bank.example/payments",
        http.response.status_code = 429,
        http.response.body.size = 17,
        xray.traced = true,
    );
    call.in_scope(|| annotate("cents", 4_950));
}

fn remember() {
    let call = info_span!(
        "DynamoDB.BatchGetItem",
        otel.kind = "client",
        rpc.system = "aws-api",
        rpc.service = "DynamoDB",
        rpc.method = "BatchGetItem",
        aws.region = "eu-west-1",
        aws.request_id = "3AIENM5J4ELQ3SPODHKBIRVIC3VV4KQNSO5AEMVJF66Q9ASUAAJG",
        aws.table_names = r#"["orders","goods"]"#,
        aws.retries = 1,
        http.response.status_code = 200,
    );
    call.in_scope(|| {});
}

fn deliver() {
    let _local = info_span!("deliver").entered();
    let error = Undelivered(std::io::Error::other("the road is closed"));
    error!(error = &error as &(dyn Error + 'static), attempt = 2, "the order stays here");
}

fn print_label() {
    let _local = info_span!("print label").entered();
    let printed = std::panic::catch_unwind(|| panic!("no paper"));
    assert!(printed.is_err(), "there is no paper");
}

/// An error with a source.
#[derive(Debug)]
struct Undelivered(std::io::Error);

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nobody took the parcel")
    }
}

impl Error for Undelivered {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// A segment larger than a document, and no larger than what fits into a socket that is read late.
fn import() {
    let long = "x".repeat(300);
    let import = info_span!(
        "import",
        otel.kind = "consumer",
        url.full = format_args!("http://shop.example/{long}"),
        user_agent.original = long,
        client.address = long,
        enduser.id = long,
    );
    let _import = import.entered();
    let line = "x".repeat(10_000);
    for number in 0..8 {
        info_span!("line", number, line).in_scope(|| {});
    }
}
