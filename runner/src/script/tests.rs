use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{any, get};
use siskin_blueprints::{HostPattern, Script};
use siskin_sdk::id::{SpanId, TraceId};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::browser::{InstallOptions, TraceContext};
use crate::clock::Clock;
use crate::run::browser::BrowserSlot;
use crate::run::{BrowserSetup, Record, RunDirectory};
use crate::visual::VisualSetting;

struct Ran {
    result: Result<(), Failure>,
    record: Arc<Record>,
    _artifacts: tempfile::TempDir,
}

async fn run_with(source: &str, timeout: Duration, hosts: &[&str], stop: CancellationToken) -> Ran {
    let artifacts = tempfile::tempdir().unwrap();
    let record = Arc::new(Record::new(Clock::system()));
    let name = "test".parse().unwrap();
    let trace_id = TraceId::random(1);
    let trace = TraceContext { trace_id, parent: SpanId::random(), sampled: true, hosts: Vec::new() };
    let setup = BrowserSetup::new(InstallOptions::default());
    let setting = HostSetting {
        visual: VisualSetting::beside(artifacts.path()),
        clock: Clock::system(),
        runtime: Handle::current(),
        deadline: Instant::now() + timeout,
        timeout,
        stop,
        record: Arc::clone(&record),
        directory: RunDirectory::new(artifacts.path(), "r", &name, record.now()),
        browser: Arc::new(BrowserSlot::new(setup, timeout, "test".to_owned(), trace)),
        hosts: hosts.iter().map(|host| host.parse::<HostPattern>().unwrap()).collect(),
        variables: BTreeMap::from([("user".to_owned(), "jane".to_owned())]),
        secrets: BTreeMap::new(),
        redactor: Arc::default(),
        trace_id,
        user_agent: "test".to_owned(),
    };
    let host = Host::new(setting);
    let script = Script { name: "test.rhai".to_owned(), source: source.to_owned() };
    let result = tokio::task::spawn_blocking(move || Program::compile(script)?.execute(host)).await.unwrap();
    Ran { result, record, _artifacts: artifacts }
}

/// A generous time for scripts that end by themselves.
const LONG: Duration = Duration::from_mins(1);

async fn outcome(source: &str, timeout: Duration, hosts: &[&str]) -> String {
    match run_with(source, timeout, hosts, CancellationToken::new()).await.result {
        Ok(()) => "passed".to_owned(),
        Err(failure) => format!("{:?}: {failure}", failure.blame),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_and_failed_checks_name_their_line() {
    let scripts = [
        "let x = 1;\nlet y = ;",
        "log::info(\"a\");\nfoo(3);",
        "step(\"one\", || {\n    assert::that(false, \"the cart is empty\");\n});",
        "fn deep() {\n    throw \"no stock\";\n}\ndeep();",
        "assert::equal(1 + 1, 3);",
        "assert::contains(\"tea, milk\", \"coffee\");",
        "assert::status(#{ status: 500 }, \"200-299\");",
        "assert::status(#{ status: 200 }, \"2xx\");",
        "variable(\"password\")",
        "assert::equal(#{ a: [1, 2], b: 1 }, #{ a: [1, 3], b: 1 });",
        "\tassert::approx(1.5, 2, 0.1);",
        "step(\"\", || 1);",
        "metric::put(\"n\", 0.0 / 0.0);",
        "metric::put(\"n\", 1, \"Parsecs\");",
        "element::click(\"role=\");",
        "page::open(\"http://elsewhere.example/\");",
        "page::open(\"file:///etc/passwd\");",
        "http::get(\"http://u:p@127.0.0.1/\");",
        "http::request(#{ method: \"GET\" });",
        "sleep(-1);",
        "page::set_viewport(0, 10);",
    ];
    let mut told = Vec::new();
    for script in scripts {
        told.push(outcome(script, LONG, &["127.0.0.1"]).await);
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_has_limits() {
    let scripts = [
        "fn deep(n) { deep(n + 1) }\ndeep(0);",
        "let s = \"x\";\nloop { s += s; }",
        "let a = [];\nloop { a.push(1); }",
        "eval(\"1\");",
        "import \"other\" as o;",
        "let s = \"x\";\nwhile s.len() < 1000000 { s += s; }\nlet m = #{};\nlet n = 0;\nloop { m[n.to_string()] = s + n; n += 1; }",
        "let s = \"x\";\nwhile s.len() < 1000000 { s += s; }\nlet a = [];\na.pad(5000, 0);\nfor i in 0..5000 { a[i] = s + i; }",
        "let m = #{};\nlet n = 0;\nloop { m[n.to_string()] = 1; n += 1; }",
    ];
    let mut told = Vec::new();
    for script in scripts {
        told.push(outcome(script, LONG, &[]).await);
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_time_cannot_be_caught() {
    let short = Duration::from_millis(300);
    for script in ["loop { }", "sleep(1000);", "loop { try { sleep(1000) } catch { } }", "try { loop { } } catch { }"] {
        let told = outcome(script, short, &[]).await;
        let timed_out = told.starts_with("Deadline: ") && told.contains("timed out after 0.3 s");
        // A quick machine spends a bare loop's operations before its time; that cannot be caught either.
        let spent = !script.contains("sleep") && told.contains("took more than");
        assert!(timed_out || spent, "{script}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_runner_ends_its_scripts() {
    let stop = CancellationToken::new();
    stop.cancel();
    let ran = run_with("sleep(1000);", LONG, &[], stop).await;
    assert_eq!(ran.result.unwrap_err().blame, Blame::Stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_checks_can_be_caught_and_steps_are_kept() {
    let script = r#"
        let reason = "";
        try { step("first", || assert::that(false, "no")) } catch (error) { reason = error.message; }
        step("second", || log::info(`${variable("user")}: ${reason}`));
        print("done");
        metric::put("Items", 3, "Count");
    "#;
    let ran = run_with(script, LONG, &[], CancellationToken::new()).await;
    assert_eq!(ran.result, Ok(()));
    let parts = ran.record.take();
    let steps: Vec<_> = parts.steps.iter().map(|step| (step.name.as_str(), step.outcome.word())).collect();
    assert_eq!(steps, [("first", "FAILED"), ("second", "PASSED")]);
    let log: Vec<_> = parts.log.iter().map(|line| line.text.as_str()).collect();
    assert!(log.contains(&"jane: no") && log.contains(&"done"), "{log:?}");
    assert_eq!(parts.metrics[0].name, "Items");
}

async fn echo(headers: HeaderMap, request: Request) -> impl IntoResponse {
    let text = |name: &str| headers.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
    let method = request.method().to_string();
    let body = axum::body::to_bytes(request.into_body(), 10_000).await.unwrap();
    let answer = serde_json::json!({
        "method": method,
        "body": String::from_utf8_lossy(&body),
        "x_amzn_trace_id": text("x-amzn-trace-id"),
        "traceparent": text("traceparent"),
        "type": text("content-type"),
        "is_authorized": text("authorization") == "Bearer secret",
        "items": [{"price": 3}, {"price": 4}],
    });
    ([("x-kind", "echo"), ("content-type", "application/json")], answer.to_string())
}

async fn site() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let elsewhere = format!("http://localhost:{}/echo", address.port());
    let router = Router::new()
        .route("/echo", any(echo))
        .route("/moved", any(|| async { Redirect::to("/echo") }))
        .route("/away", any(move || async move { Redirect::permanent(&elsewhere) }))
        .route("/loop", get(|| async { Redirect::temporary("/loop") }))
        .route("/silent", get(|| async { std::future::pending::<()>().await }))
        .route("/large", get(|| async { "x".repeat(3 * 1024 * 1024) }))
        .route("/broken", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "oops") }));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_traced_recorded_and_checked() {
    let site = site().await;
    let script = format!(
        r#"
        let answer = http::request(#{{
            method: "POST", url: "{site}/echo", headers: #{{ Authorization: "Bearer secret" }}, json: #{{ a: 1 }},
        }});
        assert::status(answer, 200);
        assert::answer(answer, #{{ of: "header", at: "X-Kind", compare: "equals", value: "echo" }});
        assert::answer(answer, #{{ of: "json", at: "$.items[*].price", compare: "contains", value: 4 }});
        assert::answer(answer, #{{ of: "json", at: "$.items[1].price", compare: "less_than", value: 5 }});
        assert::answer(answer, #{{ of: "json", at: "$.none", compare: "not_exists" }});
        assert::answer(answer, #{{ of: "duration_ms", compare: "less_than", value: 60000 }});
        let sent = http::json(answer);
        assert::equal(sent.method, "POST");
        assert::equal(sent.body, "{{\"a\":1}}");
        assert::equal(sent.type, "application/json");
        assert::contains(sent.x_amzn_trace_id, "Sampled=1");
        assert::equal(sent.is_authorized, true);
        log::info(sent.traceparent);
        assert::equal(http::at(http::get("{site}/moved"), "$.method"), "GET");
        assert::equal(http::get("{site}/large").is_whole, false);
        "#
    );
    let host = site.strip_prefix("http://").unwrap();
    let ran = run_with(&script, LONG, &[host], CancellationToken::new()).await;
    ran.result.unwrap_or_else(|failure| panic!("{failure}"));
    let har = serde_json::to_string(&ran.record.take_har_entries()).unwrap();
    assert!(har.contains("[redacted]") && !har.contains("Bearer"), "secrets are blotted out of the archive");
    let parts = ran.record.take();
    let urls: Vec<_> = parts.requests.iter().map(|one| one.url.rsplit('/').next().unwrap()).collect();
    assert_eq!(urls, ["echo", "moved", "echo", "large"]);
    let traceparent = parts.log.iter().find(|line| line.text.starts_with("00-")).unwrap();
    let span = traceparent.text.split('-').nth(2).unwrap();
    assert_eq!(parts.requests[0].span_id.to_string(), span, "the id that went out is the id that is reported");
}

#[tokio::test(flavor = "multi_thread")]
async fn troubles_on_the_way_are_told() {
    let site = site().await;
    let host = site.strip_prefix("http://").unwrap().to_owned();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let scripts = [
        format!("http::get(\"{site}/away\");"),
        format!("http::get(\"{site}/loop\");"),
        format!("http::get(\"http://{closed}/\");"),
        format!("http::json(http::get(\"{site}/broken\"));"),
        format!("http::json(http::get(\"{site}/large\"));"),
        format!("http::get(\"{site}/echo\").body.len() > 0 && http::get(\"http://elsewhere.example/\");"),
    ];
    let mut told = Vec::new();
    for script in scripts {
        let outcome = outcome(&script, LONG, &[&host, &closed.to_string()]).await;
        let port = host.split(':').nth(1).unwrap();
        told.push(outcome.replace(&host, "SITE").replace(&closed.to_string(), "CLOSED").replace(port, "PORT"));
    }
    insta::assert_snapshot!(told.join("\n"));
    let silent = outcome(&format!("http::get(\"{site}/silent\");"), Duration::from_millis(500), &[&host]).await;
    assert!(silent.starts_with("Deadline: ") && silent.contains("timed out after 0.5 s: GET "), "{silent}");
}

#[test]
fn scripts_are_compiled_without_being_run() {
    let script = |source: &str| Script { name: "a.rhai".to_owned(), source: source.to_owned() };
    assert_eq!(check(&script("page::open(\"http://a.example/\");")), Ok(()));
    assert_eq!(check(&script("let x = ;")).unwrap_err().blame, Blame::Script);
    for blueprint in siskin_blueprints::all() {
        let given = match blueprint.name {
            "api" => serde_json::json!({"steps": [{"url": "http://a.example/"}]}),
            "multi-check" => serde_json::json!({"checks": {"steps": {}}}),
            _ => serde_json::json!({"url": "http://a.example/"}),
        };
        let serde_json::Value::Object(given) = given else { unreachable!() };
        let arguments = siskin_blueprints::Arguments::parse(blueprint, given).unwrap();
        assert_eq!(check(&siskin_blueprints::render(blueprint, &arguments)), Ok(()));
    }
}
