//! Services with Amazon's X-Ray SDKs and one with ours call each other over HTTP: one trace, one decision.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use siskin_sdk::id::TraceId;
use siskin_tests::{Aws, Node, Python, Service, Stack, until};

use crate::{siskin, traced};

/// How long the documents of a trace may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Local sampling rules, which all three SDKs read: nothing below `/quiet/` is sampled, all else is.
const RULES: &str = r#"{
  "version": 2,
  "default": { "fixed_target": 0, "rate": 1 },
  "rules": [
    { "description": "quiet", "host": "*", "http_method": "*", "url_path": "/quiet/*", "fixed_target": 0, "rate": 0 }
  ]
}"#;

/// A service of the test, and the services it calls while it answers.
struct Call(&'static str, &'static [Call]);

/// Our service calls both others; each is called by ours and calls ours.
const FROM_RUST: Call = Call("rust", &[Call("python", &[Call("rust", &[])]), Call("node", &[Call("rust", &[])])]);
const FROM_PYTHON: Call = Call("python", &[Call("rust", &[Call("node", &[])])]);
const FROM_NODE: Call = Call("node", &[Call("rust", &[Call("python", &[])])]);
/// Those that pass on what they do not know; the SDK for Node.js does not.
const WITHOUT_NODE: Call = Call("rust", &[Call("python", &[Call("rust", &[Call("python", &[])])])]);

/// The services while they run.
type Services = BTreeMap<&'static str, Service>;

/// Starts services, which send to the backend as to the X-Ray daemon.
async fn start<const N: usize>(commands: [(&'static str, Command); N], stack: &Stack, dir: &Path) -> Services {
    let rules = dir.join("rules.json");
    std::fs::write(&rules, RULES).expect("the directory is ours");
    let mut services = Services::new();
    for (name, mut command) in commands {
        command.env("AWS_XRAY_DAEMON_ADDRESS", stack.address("xray")).env("SISKIN_SAMPLING_RULES", &rules);
        services.insert(name, Service::start(command).await);
    }
    services
}

fn relay() -> Command {
    let mut command = Command::new(traced());
    command.arg("relay");
    command
}

/// The URL of a call, and the further calls in the form the services take: `{"url", "calls"}`.
fn spell(services: &Services, call: &Call, path: &str) -> Value {
    let calls: Vec<Value> = call.1.iter().map(|call| spell(services, call, path)).collect();
    json!({ "url": format!("http://{}{path}", services[call.0].address), "calls": calls })
}

/// The first call, at `path`; all others are to be made at `further`.
fn first(services: &Services, call: &Call, path: &str, further: &str) -> RequestBuilder {
    let calls: Vec<Value> = call.1.iter().map(|call| spell(services, call, further)).collect();
    let request = reqwest::Client::new().get(format!("http://{}{path}", services[call.0].address));
    request.query(&[("calls", json!(calls).to_string())])
}

/// Makes the first call, and returns what came back when all have been made.
async fn make(first: RequestBuilder) -> Value {
    let response = first.send().await.expect("the service answers");
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap_or_default());
    response.json().await.expect("an answer in JSON")
}

/// The trace headers that came to all services but the first, which nobody called with one.
fn headers(answer: &Value) -> Vec<String> {
    let further = answer["answers"].as_array().expect("each service tells of its calls");
    let header = |answer: &Value| answer["header"].as_str().expect("each call carries a header").to_owned();
    further.iter().flat_map(|answer| [vec![header(answer)], headers(answer)].concat()).collect()
}

fn member<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    header.split(';').find_map(|pair| pair.trim().strip_prefix(key)?.strip_prefix('='))
}

/// The trace's documents once all segments of the calls are there.
async fn segments(aws: &Aws, trace_id: &str, count: usize) -> Vec<Value> {
    until(&format!("{count} segments of {trace_id}"), PATIENCE, || async {
        let answer = aws.xray("/Traces", json!({ "TraceIds": [trace_id] })).await;
        let documents = answer["Traces"][0]["Segments"].as_array()?.iter();
        let read = |part: &Value| serde_json::from_str::<Value>(part["Document"].as_str()?).ok();
        let segments: Vec<Value> = documents.filter_map(read).filter(|segment| segment["inferred"] != true).collect();
        (segments.len() >= count).then_some(segments)
    })
    .await
}

/// The calls to other services inside of a segment, in the order they began.
fn remote_calls<'a>(entity: &'a Value, found: &mut Vec<&'a Value>) {
    for subsegment in entity["subsegments"].as_array().into_iter().flatten() {
        if subsegment["namespace"] == "remote" {
            found.push(subsegment);
        }
        remote_calls(subsegment, found);
    }
    let started = |entity: &Value| entity["start_time"].as_f64().unwrap_or_default();
    found.sort_by(|one, other| started(one).total_cmp(&started(other)));
}

/// Follows the calls along the segments; `parent` is the id of the subsegment that made this one.
fn follow(segments: &[Value], call: &Call, parent: &Value) -> usize {
    let children: Vec<&Value> = segments.iter().filter(|segment| segment["parent_id"] == *parent).collect();
    let [segment] = children[..] else {
        panic!("{} has {} segments below {parent}: {segments:#?}", call.0, children.len())
    };
    assert_eq!(segment["name"], call.0, "{segments:#?}");
    let mut calls = Vec::new();
    remote_calls(segment, &mut calls);
    assert_eq!(calls.len(), call.1.len(), "{segment:#}");
    1 + call.1.iter().zip(calls).map(|(call, subsegment)| follow(segments, call, &subsegment["id"])).sum::<usize>()
}

fn count(call: &Call) -> usize {
    1 + call.1.iter().map(count).sum::<usize>()
}

fn now() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the backend's clock is the system's, too")]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    since_epoch.expect("the clock is set").as_secs()
}

#[tokio::test(flavor = "multi_thread")]
async fn x_ray_sdks_and_ours_make_one_trace_and_take_over_its_decision() {
    let (Some(python), Some(node)) = (Python::environment(), Node::environment()) else { return };
    let (dir, data) = Stack::data_dir();
    let stack = siskin().start("serve", &data, &[]).await;
    let commands = [("python", python.script("relay.py")), ("node", node.script("relay.js")), ("rust", relay())];
    let services = start(commands, &stack, dir.path()).await;
    let mut sampled = Vec::new();
    for call in [FROM_RUST, FROM_PYTHON, FROM_NODE] {
        // The first service decides by its rules. Those of the others say the opposite, and must not be asked.
        let answer = make(first(&services, &call, "/quiet/relay", "/relay")).await;
        for header in headers(&answer) {
            assert_eq!(member(&header, "Sampled"), Some("0"), "from {}: {answer:#}", call.0);
        }
        let answer = make(first(&services, &call, "/relay", "/quiet/relay")).await;
        let headers = headers(&answer);
        let trace_id = member(&headers[0], "Root").expect("a header names its trace").to_owned();
        for header in &headers {
            let told = (member(header, "Root"), member(header, "Sampled"));
            assert_eq!(told, (Some(trace_id.as_str()), Some("1")), "from {}: {answer:#}", call.0);
        }
        let segments = segments(&stack.aws(), &trace_id, count(&call)).await;
        assert_eq!(follow(&segments, &call, &Value::Null), segments.len(), "{segments:#?}");
        assert!(segments.iter().all(|segment| segment["trace_id"] == trace_id.as_str()), "{segments:#?}");
        sampled.push(trace_id);
    }

    // What was not sampled came before what was, from the same processes: it would be here by now.
    let hour = json!({ "StartTime": now() - 1_800, "EndTime": now() + 1_800 });
    let summaries = stack.aws().xray("/TraceSummaries", hour).await;
    let found = summaries["TraceSummaries"].as_array().expect("a list").iter();
    let mut found: Vec<&str> = found.filter_map(|summary| summary["Id"].as_str()).collect();
    found.sort_unstable();
    sampled.sort_unstable();
    assert_eq!(found, sampled, "{summaries:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_header_holds_beside_the_trace_goes_on_to_the_last_service() {
    let Some(python) = Python::environment() else { return };
    let (dir, data) = Stack::data_dir();
    let stack = siskin().start("serve", &data, &[]).await;
    let services = start([("python", python.script("relay.py")), ("rust", relay())], &stack, dir.path()).await;
    let (trace_id, lineage) = (TraceId::random(now() as u32).to_string(), "a87bd80c:1|68fd508a:5|c512fbe3:2");
    let header = format!("Root={trace_id};Parent=00f067aa0ba902b7;Sampled=1;Lineage={lineage}");
    let first = first(&services, &WITHOUT_NODE, "/relay", "/relay").header("X-Amzn-Trace-Id", header);
    for header in headers(&make(first).await) {
        let told = (member(&header, "Root"), member(&header, "Lineage"));
        assert_eq!(told, (Some(trace_id.as_str()), Some(lineage)), "{header}");
    }
    let segments = segments(&stack.aws(), &trace_id, count(&WITHOUT_NODE)).await;
    assert_eq!(follow(&segments, &WITHOUT_NODE, &json!("00f067aa0ba902b7")), segments.len(), "{segments:#?}");
}
