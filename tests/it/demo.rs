//! `siskin up --demo`: what the README promises a newcomer, from the first run to the alarm and its notification.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use siskin_tests::{Aws, Chrome, Stack, until};

use crate::siskin;

/// A canary runs every minute; a minute more for the period to end, the rest is a busy machine.
const STORY_TIME: Duration = Duration::from_mins(4);
const ALARM: &str = "Synthetics-Alarm-shop-home-1";

#[tokio::test(flavor = "multi_thread")]
async fn browser_demo_is_watched_breaks_raises_the_alarm_and_mends() {
    let (_dir, data) = Stack::data_dir();
    let stack = siskin().start("up", &data, &["--demo", "--demo-listen", "127.0.0.1:0"]).await;
    let pid = stack.pid();
    let aws = stack.aws();

    // Both canaries pass, and say so.
    for canary in ["shop-home", "shop-api"] {
        printed(&stack, &["PASSED", canary]).await;
        // The line is printed when the run ends; its metric is published right after.
        let percent = until(&format!("SuccessPercent of {canary}"), STORY_TIME, || success_percent(&aws, canary)).await;
        assert_eq!(percent.to_bits(), 100.0_f64.to_bits(), "{canary}");
    }
    let trace = newest_trace(&aws, "shop-home").await;
    assert_one_trace(&aws, &trace).await;

    let chrome = Chrome::launch(&siskin()).await;
    open_every_page(&chrome, &stack, &trace, "fine").await;

    // One click breaks the shop: the canary fails, the alarm fires, the notification arrives.
    chrome.look_at(&format!("{}/console", stack.url())).await;
    chrome.click("form[action='/console/demo/break'] button").await;
    printed(&stack, &["FAILED", "shop-home"]).await;
    printed(&stack, &["NOTIFIED ALARM", ALARM]).await;
    let alarm = describe(&aws).await;
    assert_eq!(alarm["StateValue"], "ALARM", "{alarm}");
    let failing = until("the failing request's trace names the cause", STORY_TIME, || async {
        let newest = newest_trace(&aws, "shop-home").await;
        let trace = aws.xray("/Traces", json!({ "TraceIds": [newest] })).await.to_string();
        trace.contains("connection pool exhausted").then_some(newest)
    })
    .await;
    open_every_page(&chrome, &stack, &failing, "broken").await;
    chrome.close().await;

    // One command mends it.
    let mut mend = siskin().command(&data, &["demo", "mend", "--data"]);
    mend.arg(&data);
    assert_eq!(siskin_tests::run_to_end(mend).await.code, 0);
    printed(&stack, &["NOTIFIED OK", ALARM]).await;
    until("both notifications in the alarm's history", STORY_TIME, || async {
        let history = json!({ "AlarmName": ALARM, "HistoryItemType": "Action" });
        let history = aws.cloudwatch("DescribeAlarmHistory", history).await;
        (history["AlarmHistoryItems"].as_array()?.len() >= 2).then_some(())
    })
    .await;

    assert_eq!(stack.stop().await, 0);
    let left = processes_of_group(pid);
    assert!(left.is_empty(), "left over: {left:?}");
}

/// Waits until one line holds all `words`.
async fn printed(stack: &Stack, words: &[&str]) {
    until(&format!("a line with {words:?}"), STORY_TIME, || {
        let output = stack.output();
        let there = output.lines().any(|line| words.iter().all(|word| line.contains(word)));
        async move { there.then_some(()) }
    })
    .await;
}

async fn success_percent(aws: &Aws, canary: &str) -> Option<f64> {
    let (since, until) = window();
    let query = json!({
        "StartTime": since, "EndTime": until,
        "MetricDataQueries": [{ "Id": "m", "MetricStat": { "Period": 60, "Stat": "Average", "Metric": {
            "Namespace": "CloudWatchSynthetics", "MetricName": "SuccessPercent",
            "Dimensions": [{ "Name": "CanaryName", "Value": canary }] } } }],
    });
    let answer = aws.cloudwatch("GetMetricData", query).await;
    answer["MetricDataResults"][0]["Values"][0].as_f64()
}

/// The newest trace that starts at the canary.
async fn newest_trace(aws: &Aws, canary: &str) -> String {
    let (since, until_secs) = window();
    let query = json!({ "StartTime": since, "EndTime": until_secs });
    until(&format!("a trace of {canary}"), STORY_TIME, || async {
        let answer = aws.xray("/TraceSummaries", query.clone()).await;
        let summaries = answer["TraceSummaries"].as_array()?.clone();
        let of_canary = |summary: &&Value| summary["ServiceIds"].to_string().contains(&format!("\"{canary}\""));
        let newest = summaries.iter().filter(of_canary).max_by(|one, other| {
            let start = |summary: &Value| summary["StartTime"].as_f64().unwrap_or_default();
            start(one).total_cmp(&start(other))
        })?;
        newest["Id"].as_str().map(str::to_owned)
    })
    .await
}

/// Run, page and services are one trace.
async fn assert_one_trace(aws: &Aws, trace: &str) {
    until("canary, shop and inventory in one trace", STORY_TIME, || async {
        let answer = aws.xray("/Traces", json!({ "TraceIds": [trace] })).await;
        let text = answer.to_string();
        ["shop-home", "shop", "inventory", "stock@store-room"]
            .iter()
            .all(|name| text.contains(&format!("\\\"name\\\":\\\"{name}\\\"")))
            .then_some(())
    })
    .await;
    let (since, until_secs) = window();
    let graph = aws.xray("/ServiceGraph", json!({ "StartTime": since, "EndTime": until_secs })).await;
    let names: Vec<_> = graph["Services"].as_array().into_iter().flatten().map(|node| node["Name"].clone()).collect();
    for name in ["shop-home", "shop", "inventory"] {
        assert!(names.contains(&json!(name)), "{name} is missing in {names:?}");
    }
}

async fn describe(aws: &Aws) -> Value {
    let answer = aws.cloudwatch("DescribeAlarms", json!({ "AlarmNames": [ALARM] })).await;
    answer["MetricAlarms"][0].clone()
}

/// Each page shows the demo's data and logs no error.
async fn open_every_page(chrome: &Chrome, stack: &Stack, trace: &str, moment: &str) {
    let pages = [
        ("overview", "/console".to_owned(), "shop-home"),
        ("canary", "/console/canary?name=shop-home".to_owned(), "shop-home"),
        ("traces", "/console/traces".to_owned(), "shop-home"),
        ("trace", format!("/console/trace?id={trace}"), "inventory"),
        ("map", "/console/map".to_owned(), "inventory"),
        ("metrics", "/console/metric?namespace=CloudWatchSynthetics&name=SuccessPercent".to_owned(), "SuccessPercent"),
        ("logs", "/console/logs".to_owned(), "cwsyn-shop-home"),
        ("log-group", "/console/log-group?name=%2Faws%2Flambda%2Fcwsyn-shop-home".to_owned(), "shop-home"),
        ("alarms", "/console/alarms".to_owned(), ALARM),
        ("alarm", format!("/console/alarm?name={ALARM}"), ALARM),
    ];
    for (name, path, expected) in pages {
        let look = chrome.look_at(&format!("{}{path}", stack.url())).await;
        assert_eq!(look.status, Some(200), "{path}");
        assert!(look.text.contains(expected), "{path} does not show {expected:?}: {}", look.text);
        if let Some(dir) = pictures() {
            chrome.picture(&dir.join(format!("{name}-{moment}.png"))).await;
        }
    }
}

/// `SISKIN_PICTURES=DIR` keeps a picture of each page.
fn pictures() -> Option<PathBuf> {
    let dir = PathBuf::from(std::env::var_os("SISKIN_PICTURES")?);
    std::fs::create_dir_all(&dir).expect("the directory for pictures can be made");
    Some(dir)
}

#[expect(clippy::disallowed_methods, reason = "the backend under test runs on the system's clock")]
fn window() -> (u64, u64) {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = since_epoch.expect("it is after 1970").as_secs();
    (now - 1800, now + 60)
}

/// Processes whose ancestor was `pid`: by session or by the mark in their environment.
fn processes_of_group(pid: u32) -> Vec<String> {
    let mut left = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let path = entry.path();
        let stat = std::fs::read_to_string(path.join("stat")).unwrap_or_default();
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        if parent == Some(pid) {
            left.push(command_line(&path));
        }
    }
    left
}

fn command_line(process: &Path) -> String {
    std::fs::read_to_string(process.join("cmdline")).unwrap_or_default().replace('\0', " ")
}
