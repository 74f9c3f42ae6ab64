//! Pages over a real store, as a browser asks for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _};
use http_body_util::BodyExt as _;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::view_tests::check_markup;
use super::{Addresses, ConsoleState, DemoControl, DemoError, ShopState, router};
use crate::base::{Arn, Scope};
use crate::bus::Event;
use crate::service::cloudwatch::alarm::{put_metric_alarm, set_alarm_state};
use crate::service::cloudwatch::put_metric_data;
use crate::service::logs::group::create_log_group;
use crate::service::logs::put_log_events::put_log_events;
use crate::service::logs::stream::create_log_stream;
use crate::service::testing::Fixture;
use crate::service::xray::put_trace_segments::put_trace_segments;

const TRACE: &str = "1-6b03f244-0123456789abcdef01234567";
const RUN: &str = "11111111-2222-3333-4444-555555555555";

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Default)]
struct Shop(AtomicBool);

impl DemoControl for Shop {
    fn url(&self) -> String {
        "http://127.0.0.1:8080/".to_owned()
    }

    fn state(&self) -> BoxFuture<'_, Result<ShopState, DemoError>> {
        let state = if self.0.load(Ordering::SeqCst) { ShopState::Broken } else { ShopState::Open };
        std::future::ready(Ok(state)).boxed()
    }

    fn set_state(&self, state: ShopState) -> BoxFuture<'_, Result<(), DemoError>> {
        self.0.store(state == ShopState::Broken, Ordering::SeqCst);
        std::future::ready(Ok(())).boxed()
    }
}

struct Console {
    fixture: Fixture,
    router: Router,
    shutdown: CancellationToken,
    shop: Arc<Shop>,
}

impl Console {
    async fn empty() -> Self {
        Self::new(None).await
    }

    async fn new(demo: Option<Arc<dyn DemoControl>>) -> Self {
        let fixture = Fixture::new().await;
        let shutdown = CancellationToken::new();
        let at = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
        let state = ConsoleState {
            store: fixture.store.clone(),
            bus: fixture.bus.clone(),
            clock: fixture.clock.clone().into(),
            scope: Scope::default(),
            addresses: Addresses { api: at(4747), xray: at(2000), otlp: at(4318) },
            artifacts_dir: fixture.dir.path().join("artifacts"),
            demo,
            desk: None,
            version: "0.0.0",
            shutdown: shutdown.clone(),
        };
        Self { fixture, router: router(state), shutdown, shop: Arc::default() }
    }

    async fn with_demo() -> Self {
        let shop = Arc::new(Shop::default());
        Self { shop: Arc::clone(&shop), ..Self::new(Some(shop)).await }
    }

    /// A canary with one failed run, its metrics, alarm, trace and log.
    async fn filled() -> Self {
        let console = Self::with_demo().await;
        let cx = console.fixture.cx();
        let secs = cx.now.as_secs_f64() - 60.0;
        let dimensions = json!([{ "Name": "CanaryName", "Value": "shop-home" }]);
        let at = cx.now.minus(Duration::from_mins(1)).as_nanos();
        let input = json!({ "Namespace": "CloudWatchSynthetics", "MetricData": [
            { "MetricName": "SuccessPercent", "Dimensions": dimensions, "Timestamp": at, "Value": 0.0, "Unit": "Percent" },
            { "MetricName": "Duration", "Dimensions": dimensions, "Timestamp": at, "Value": 842.0, "Unit": "Milliseconds" },
        ] });
        put_metric_data(&cx, serde_json::from_value(input).unwrap()).await.unwrap();
        let input = json!({ "AlarmName": "Synthetics-Alarm-shop-home-1", "Namespace": "CloudWatchSynthetics",
            "MetricName": "SuccessPercent", "Dimensions": dimensions, "Statistic": "Average", "Period": 60,
            "EvaluationPeriods": 1, "Threshold": 90.0, "ComparisonOperator": "LessThanThreshold",
            "AlarmActions": ["http://127.0.0.1:9000/hook"] });
        put_metric_alarm(&cx, serde_json::from_value(input).unwrap()).await.unwrap();
        let input = json!({ "AlarmName": "Synthetics-Alarm-shop-home-1", "StateValue": "ALARM", "StateReason": "made for this test" });
        set_alarm_state(&cx, serde_json::from_value(input).unwrap()).await.unwrap();
        let segment = json!({ "name": "shop", "id": "aaaaaaaaaaaaaaa1", "trace_id": TRACE, "start_time": secs,
            "end_time": secs + 0.5, "fault": true,
            "http": { "request": { "method": "GET", "url": "http://shop/checkout" }, "response": { "status": 500 } },
            "annotations": { "route": "<script>alert(1)</script>" },
            "subsegments": [{ "name": "stock", "id": "aaaaaaaaaaaaaaa2", "namespace": "remote", "start_time": secs + 0.1,
                "end_time": secs + 0.4, "fault": true,
                "http": { "request": { "method": "POST", "url": "http://stock/reserve" }, "response": { "status": 503 } } }] });
        let input = json!({ "TraceSegmentDocuments": [segment.to_string()] });
        put_trace_segments(&cx, serde_json::from_value(input).unwrap()).await.unwrap();
        console.log(&[&format!("ERROR {RUN} stock answered 503, trace {TRACE}")]).await;
        console.publish_run(secs).await;
        console
    }

    async fn log(&self, messages: &[&str]) {
        let cx = self.fixture.cx();
        let group = "/aws/lambda/cwsyn-shop-home";
        let made = json!({ "logGroupName": group });
        if create_log_group(&cx, serde_json::from_value(made).unwrap()).await.is_ok() {
            let made = json!({ "logGroupName": group, "logStreamName": "main" });
            create_log_stream(&cx, serde_json::from_value(made).unwrap()).await.unwrap();
        }
        let at = cx.now.as_millis() - 59_000;
        let events: Vec<_> = messages.iter().map(|message| json!({ "timestamp": at, "message": message })).collect();
        let input = json!({ "logGroupName": group, "logStreamName": "main", "logEvents": events });
        put_log_events(&cx, serde_json::from_value(input).unwrap()).await.unwrap();
    }

    async fn publish_run(&self, started: f64) {
        let cx = self.fixture.cx();
        let directory = "canary/us-east-1/shop-home/2026/11/23/07/59-00-000";
        let on_disk = self.fixture.dir.path().join("artifacts").join(directory);
        std::fs::create_dir_all(&on_disk).unwrap();
        std::fs::write(on_disk.join("01-load-after.png"), b"not really a picture").unwrap();
        std::fs::write(on_disk.join("report.html"), "<h1>report</h1>").unwrap();
        let detail = json!({ "canary-name": "shop-home", "canary-run-id": RUN, "artifact-location": on_disk,
            "canary-run-timeline": { "started": started, "completed": started + 0.8 }, "duration-ms": 842,
            "state-reason": "status is 500, expected 200", "trace-id": TRACE, "blueprint": "heartbeat",
            "artifacts": ["01-load-after.png", "report.html"],
            "steps": [{ "name": "load", "status": "FAILED", "reason": "status is 500", "duration-ms": 800 }] });
        let arn = Arn::new("synthetics", &cx.scope, "canary:shop-home").to_string();
        let event = Event::new(cx.now, "siskin.runner", "Synthetics Canary TestRun Failure", vec![arn], detail);
        self.fixture.bus.publish(&cx.scope, vec![event]).await.unwrap();
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, path: &str) -> Response<Body> {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn page(&self, path: &str, status: StatusCode) -> String {
        let response = self.get(path).await;
        let policy = response.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        let found = response.status();
        let html = text(response).await;
        assert_eq!(found, status, "{path}: {html}");
        check_markup(path, &html);
        html
    }

    async fn post(&self, path: &str, origin: &str) -> Response<Body> {
        let request = Request::builder().method(Method::POST).uri(path);
        let request = request.header(header::HOST, "127.0.0.1:4747").header(header::ORIGIN, origin);
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// Reads a stream of events until `wanted` has come.
async fn read_until(response: Response<Body>, wanted: &[&str]) -> axum::body::BodyDataStream {
    assert_eq!(response.status(), StatusCode::OK);
    let mut stream = response.into_body().into_data_stream();
    let mut seen = String::new();
    let reading = async {
        while !wanted.iter().all(|piece| seen.contains(piece)) {
            let chunk = stream.next().await.expect("the stream goes on").unwrap();
            seen.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, reading).await;
    assert!(in_time.is_ok(), "{wanted:?} not in {seen}");
    stream
}

async fn ends(mut stream: axum::body::BodyDataStream) {
    let rest = async { while stream.next().await.is_some() {} };
    tokio::time::timeout(PATIENCE, rest).await.expect("the stream ends with the backend");
}

#[tokio::test]
async fn every_page_shows_what_is_stored() {
    let console = Console::filled().await;
    let cases: [(String, &[&str]); 15] = [
        (
            "/console".into(),
            &["shop-home", "shop-home fails, 1 alarm", "Break the shop", "checkout", "Synthetics-Alarm-shop-home-1"],
        ),
        (
            "/console/canary?name=shop-home".into(),
            &["heartbeat", "status is 500, expected 200", "01-load-after.png", "Report", "842 ms"],
        ),
        (format!("/console/canary?name=shop-home&run={RUN}"), &["status is 500, expected 200"]),
        ("/console/traces".into(), &[TRACE, "/checkout", "500"]),
        ("/console/traces?show=faults&service=stock&ms=100&window=15m".into(), &[TRACE]),
        (format!("/console/trace?id={TRACE}"), &["stock", "POST http://stock/reserve", "&lt;script&gt;alert(1)"]),
        ("/console/map".into(), &["shop", "stock", "remote"]),
        ("/console/metrics".into(), &["CloudWatchSynthetics", "SuccessPercent", "Duration"]),
        (
            "/console/metric?namespace=CloudWatchSynthetics&name=Duration&stat=p90&window=1h".into(),
            &["CanaryName=shop-home", "842 ms"],
        ),
        (
            "/console/metric?namespace=CloudWatchSynthetics&name=SuccessPercent".into(),
            &["Synthetics-Alarm-shop-home-1: Average &lt; 90"],
        ),
        ("/console/logs".into(), &["/aws/lambda/cwsyn-shop-home"]),
        ("/console/log-group?name=/aws/lambda/cwsyn-shop-home&filter=ERROR".into(), &["stock answered 503", "main"]),
        (format!("/console/trace-logs?id={TRACE}"), &["stock answered 503"]),
        ("/console/alarms".into(), &["Synthetics-Alarm-shop-home-1", "In alarm", "Average &lt; 90 in 1 of 1 × 1 min"]),
        (
            "/console/alarm?name=Synthetics-Alarm-shop-home-1".into(),
            &["made for this test", "http://127.0.0.1:9000/hook"],
        ),
    ];
    for (path, wanted) in cases {
        let html = console.page(&path, StatusCode::OK).await;
        for piece in wanted {
            assert!(html.contains(piece), "{path} lacks {piece}: {html}");
        }
    }
}

#[tokio::test]
async fn an_empty_store_is_told_what_to_do_next() {
    let console = Console::empty().await;
    for path in ["/console", "/console/traces", "/console/map", "/console/metrics", "/console/logs", "/console/alarms"]
    {
        let html = console.page(path, StatusCode::OK).await;
        assert!(html.contains("class=\"empty\""), "{path}: {html}");
    }
    assert!(!console.page("/console", StatusCode::OK).await.contains("the shop"));
}

#[tokio::test]
async fn what_is_not_there_is_a_page_with_its_status() {
    let console = Console::filled().await;
    let cases = [
        ("/console/canary?name=nobody", StatusCode::NOT_FOUND),
        ("/console/canary?name=shop-home&run=none", StatusCode::NOT_FOUND),
        ("/console/canary", StatusCode::BAD_REQUEST),
        ("/console/trace?id=1-6b03f244-ffffffffffffffffffffffff", StatusCode::NOT_FOUND),
        ("/console/trace?id=%3Cscript%3E", StatusCode::BAD_REQUEST),
        ("/console/alarm?name=none", StatusCode::NOT_FOUND),
        ("/console/log-group?name=/none", StatusCode::NOT_FOUND),
        ("/console/log-group?name=a%20b", StatusCode::BAD_REQUEST),
        ("/console/metric?namespace=None&name=none", StatusCode::NOT_FOUND),
        ("/console/trace-logs?id=none", StatusCode::BAD_REQUEST),
        ("/console/nowhere", StatusCode::NOT_FOUND),
        ("/console/artifact/none.png", StatusCode::NOT_FOUND),
        ("/console/artifact/..%2f..%2fetc%2fpasswd", StatusCode::NOT_FOUND),
    ];
    for (path, status) in cases {
        console.page(path, status).await;
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_read_is_told_beside_its_box() {
    let console = Console::filled().await;
    let path = "/console/log-group?name=/aws/lambda/cwsyn-shop-home&filter=%7B%20%24.a%20%3D%201%20%7D";
    assert!(console.page(path, StatusCode::OK).await.contains("role=\"alert\""));
}

#[tokio::test]
async fn artifacts_are_served_but_cannot_run() {
    let console = Console::filled().await;
    let root = "/console/artifact/canary/us-east-1/shop-home/2026/11/23/07/59-00-000";
    let report = console.get(&format!("{root}/report.html")).await;
    assert_eq!(report.headers()[header::CONTENT_TYPE], "text/html; charset=utf-8");
    assert_eq!(report.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert!(report.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("sandbox;"));
    assert_eq!(text(report).await, "<h1>report</h1>");
    let picture = console.get(&format!("{root}/01-load-after.png")).await;
    assert_eq!(picture.headers()[header::CONTENT_TYPE], "image/png");
}

#[tokio::test]
async fn style_and_script_are_kept_for_good_under_names_of_their_content() {
    let console = Console::empty().await;
    let html = console.page("/console", StatusCode::OK).await;
    let (_, after) = html.split_once("stylesheet\" href=\"").unwrap();
    let response = console.get(after.split('"').next().unwrap()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    assert_eq!(console.get("/console/asset/console-0.css").await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_shop_is_broken_and_mended_from_the_console_only() {
    let console = Console::with_demo().await;
    let foreign = console.post("/console/demo/break", "https://evil.example").await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    assert!(!console.shop.0.load(Ordering::SeqCst));
    let own = console.post("/console/demo/break", "http://127.0.0.1:4747").await;
    assert_eq!((own.status(), own.headers()[header::LOCATION].to_str().unwrap()), (StatusCode::SEE_OTHER, "/console"));
    assert!(console.page("/console", StatusCode::OK).await.contains("Mend the shop"));
    console.post("/console/demo/mend", "http://127.0.0.1:4747").await;
    assert!(console.page("/console", StatusCode::OK).await.contains("Break the shop"));
    assert_eq!(
        Console::empty().await.post("/console/demo/break", "http://127.0.0.1:4747").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_run_reaches_an_open_overview_and_the_stream_ends_with_the_backend() {
    let console = Console::filled().await;
    let response = console.get("/console/live/overview").await;
    let stream = read_until(response, &["event: part", "\"canaries\"", "\"headline\"", "shop-home fails"]).await;
    console.shutdown.cancel();
    ends(stream).await;
}

#[tokio::test]
async fn every_live_page_sends_its_parts() {
    let console = Console::filled().await;
    let paths = [
        "/console/live/canary?name=shop-home",
        "/console/live/traces",
        "/console/live/map",
        "/console/live/metric?namespace=CloudWatchSynthetics&name=Duration",
        "/console/live/alarms",
        "/console/live/alarm?name=Synthetics-Alarm-shop-home-1",
    ];
    for path in paths {
        drop(read_until(console.get(path).await, &["event: part"]).await);
    }
}

#[tokio::test]
async fn new_log_events_reach_an_open_tail() {
    let console = Console::filled().await;
    let response = console.get("/console/live/log-group?name=/aws/lambda/cwsyn-shop-home&filter=wanted").await;
    console.log(&["not this", "wanted <b>this</b>"]).await;
    let stream = read_until(response, &["event: events", "wanted &lt;b&gt;this"]).await;
    console.shutdown.cancel();
    ends(stream).await;
    let wrong = console.get("/console/live/log-group?name=x&filter=%7B%20%24.a%20%3D%201%20%7D").await;
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
}
