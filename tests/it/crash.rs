//! What was acknowledged is there after SIGKILL and a restart, exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rand::Rng as _;
use serde_json::{Value, json};
use siskin_tests::{Aws, Stack};

use crate::siskin;

/// Rounds of write, kill, restart in one test run; `SISKIN_CRASH_ROUNDS` asks for more.
const ROUNDS: u32 = 8;
/// Writers of each kind that run at once.
const WRITERS: u32 = 3;
const GROUP: &str = "crash";

/// What the backend has said yes to, and what it may have stored without having said so.
#[derive(Default)]
struct Ledger {
    logs_acked: BTreeSet<String>,
    logs_tried: BTreeSet<String>,
    datums_acked: u32,
    datums_tried: u32,
    traces_acked: BTreeSet<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_data_survives_sigkill_again_and_again() {
    let rounds = std::env::var("SISKIN_CRASH_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let (_dir, data) = Stack::data_dir();
    let ledger = Arc::new(Mutex::new(Ledger::default()));
    for round in 0..rounds {
        write_until_killed(&data, round, &ledger).await;
    }
    let stack = siskin().start("serve", &data, &[]).await;
    // Its writers have ended: the ledger is ours alone.
    let acked = std::mem::take(&mut *ledger.lock());
    verify(&stack.aws(), &acked).await;
    let (logs, datums, traces) = (acked.logs_acked.len(), acked.datums_acked, acked.traces_acked.len());
    println!("{rounds} kills; acknowledged and found: {logs} log events, {datums} datums, {traces} segments");
    assert_eq!(stack.stop().await, 0);
}

async fn write_until_killed(data: &Path, round: u32, ledger: &Arc<Mutex<Ledger>>) {
    let stack = siskin().start("serve", data, &[]).await;
    let aws = stack.aws();
    if round == 0 {
        aws.logs("CreateLogGroup", json!({ "logGroupName": GROUP })).await;
        for writer in 0..WRITERS {
            let stream = json!({ "logGroupName": GROUP, "logStreamName": format!("w{writer}") });
            aws.logs("CreateLogStream", stream).await;
        }
    }
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write_logs(aws.clone(), round, writer, Arc::clone(ledger)));
        writers.spawn(write_metrics(aws.clone(), Arc::clone(ledger)));
        writers.spawn(write_traces(aws.clone(), Arc::clone(ledger)));
    }
    let delay = rand::rng().random_range(50..600);
    tokio::time::sleep(Duration::from_millis(delay)).await;
    stack.kill();
    // Each writer ends at its first call that finds nobody.
    while let Some(ended) = writers.join_next().await {
        ended.expect("writers do not panic");
    }
}

async fn write_logs(aws: Aws, round: u32, writer: u32, ledger: Arc<Mutex<Ledger>>) {
    for batch in 0_u32.. {
        let messages: Vec<String> = (0..5).map(|line| format!("r{round} w{writer} b{batch} l{line}")).collect();
        ledger.lock().logs_tried.extend(messages.iter().cloned());
        let at = now_ms();
        let events: Vec<Value> = messages.iter().map(|text| json!({ "timestamp": at, "message": text })).collect();
        let input = json!({ "logGroupName": GROUP, "logStreamName": format!("w{writer}"), "logEvents": events });
        let Ok(answer) = aws.json("Logs_20140328.PutLogEvents", &input).await else { return };
        assert_eq!(answer.status, 200, "{}", answer.body);
        ledger.lock().logs_acked.extend(messages);
    }
}

async fn write_metrics(aws: Aws, ledger: Arc<Mutex<Ledger>>) {
    loop {
        ledger.lock().datums_tried += 1;
        let input = json!({ "Namespace": "Crash", "MetricData": [{ "MetricName": "Acked", "Value": 1.0 }] });
        let Ok(answer) = aws.json("GraniteServiceVersion20100801.PutMetricData", &input).await else { return };
        assert_eq!(answer.status, 200, "{}", answer.body);
        ledger.lock().datums_acked += 1;
    }
}

async fn write_traces(aws: Aws, ledger: Arc<Mutex<Ledger>>) {
    loop {
        let trace = siskin_sdk::id::TraceId::random((now_ms() / 1000) as u32).to_string();
        let start = now_ms() as f64 / 1e3;
        let id = format!("{:016x}", rand::random::<u64>().max(1));
        let document = json!({ "trace_id": trace, "id": id, "name": "crash", "start_time": start, "end_time": start });
        let input = json!({ "TraceSegmentDocuments": [document.to_string()] });
        let Ok(answer) = aws.post("/TraceSegments", &input).await else { return };
        assert_eq!(answer.status, 200, "{}", answer.body);
        ledger.lock().traces_acked.insert(trace);
    }
}

async fn verify(aws: &Aws, ledger: &Ledger) {
    verify_logs(aws, ledger).await;
    let statistics = json!({
        "Namespace": "Crash", "MetricName": "Acked", "Period": 86_400, "Statistics": ["SampleCount"],
        "StartTime": now_ms() / 1000 - 86_400, "EndTime": now_ms() / 1000 + 86_400,
    });
    let answer = aws.cloudwatch("GetMetricStatistics", statistics).await;
    let points = answer["Datapoints"].as_array().expect("Datapoints is a list");
    let count: f64 = points.iter().filter_map(|point| point["SampleCount"].as_f64()).sum();
    let range = f64::from(ledger.datums_acked)..=f64::from(ledger.datums_tried);
    assert!(range.contains(&count), "{count} datums, acknowledged to tried: {range:?}");

    let traces: Vec<&String> = ledger.traces_acked.iter().collect();
    for ids in traces.chunks(5) {
        let answer = aws.xray("/Traces", json!({ "TraceIds": ids })).await;
        let found = answer["Traces"].as_array().expect("Traces is a list");
        assert_eq!(found.len(), ids.len(), "{answer}");
        for trace in found {
            assert_eq!(trace["Segments"].as_array().map(Vec::len), Some(1), "{trace}");
        }
    }
}

async fn verify_logs(aws: &Aws, ledger: &Ledger) {
    let mut found: BTreeMap<String, u32> = BTreeMap::new();
    let mut token = Value::Null;
    loop {
        let mut input = json!({ "logGroupName": GROUP, "limit": 10_000 });
        if !token.is_null() {
            input["nextToken"] = token;
        }
        let page = aws.logs("FilterLogEvents", input).await;
        for event in page["events"].as_array().expect("events is a list") {
            let message = event["message"].as_str().expect("a message is text");
            *found.entry(message.to_owned()).or_default() += 1;
        }
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    let lost: Vec<_> = ledger.logs_acked.iter().filter(|message| !found.contains_key(*message)).collect();
    assert!(lost.is_empty(), "{} acknowledged log events are lost: {lost:?}", lost.len());
    let doubled: Vec<_> = found.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "doubled: {doubled:?}");
    let invented: Vec<_> = found.keys().filter(|message| !ledger.logs_tried.contains(*message)).collect();
    assert!(invented.is_empty(), "never written: {invented:?}");
}

#[expect(clippy::disallowed_methods, reason = "the backend under test runs on the system's clock")]
fn now_ms() -> u64 {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_epoch.expect("it is after 1970").as_millis() as u64
}
