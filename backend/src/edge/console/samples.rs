//! Made-up pages for tests: everything that a page can show, with text that tries to break out.

use std::time::Duration;

use maud::Markup;
use siskin_sdk::segment::Segment;

use super::addresses::Addresses;
use super::alarms::{AlarmLine, AlarmList, AlarmPage, AlarmState, HistoryLine};
use super::canary::{CanaryPage, RunDetail, RunLine, StepLine};
use super::chart::{Breach, Chart, Line, Threshold, Unit, ValueScale};
use super::layout::{self, Area, Frame, Page};
use super::logs::{EventLine, GroupLine, GroupPage, Groups, TraceLogs};
use super::map::{MapEdge, MapNode, Outcomes, ServiceMap};
use super::metrics::{MetricPage, Namespaces, Period, SeriesLine, Statistic};
use super::overview::{CanaryLine, DemoCard, Ingest, Overview, StoreLine};
use super::tone::Tone;
use super::trace::{Filter, TraceLine, TraceList, TracePage, unfold};
use super::window::Window;
use crate::base::{Scope, Timestamp};

/// Breaks out of text and out of attributes wherever a page forgets to escape.
pub(super) const HOSTILE: &str = "\"><script>alert(1)</script><b onclick='x' \"";

const TRACE: &str = "1-6a129e2a-0123456789abcdef01234567";

fn addresses() -> Addresses {
    let at = |port| std::net::SocketAddr::from(([127, 0, 0, 1], port));
    Addresses { api: at(4747), xray: at(2000), otlp: at(4318) }
}

fn now() -> Timestamp {
    Timestamp::parse_iso("2026-11-23T08:30:12Z").expect("a timestamp")
}

fn before(secs: u64) -> Timestamp {
    now().minus(Duration::from_secs(secs))
}

/// Every page, by name.
pub(super) fn pages() -> Vec<(&'static str, Markup)> {
    let frame = Frame { scope: Scope::default(), version: "0.0.0" };
    let page = |area, title, body: Markup| layout::page(&frame, Page { area, title, live: None }, &body);
    vec![
        ("overview", page(Area::Overview, "Overview", overview(Some(false)).body())),
        ("overview-broken", page(Area::Overview, "Overview", overview(Some(true)).body())),
        ("overview-empty", page(Area::Overview, "Overview", nothing().body())),
        ("canary", page(Area::Overview, "shop-home", canary(true).body())),
        ("canary-failed", page(Area::Overview, "shop-home", canary(false).body())),
        ("traces", page(Area::Traces, "Traces", traces(10).body())),
        ("traces-empty", page(Area::Traces, "Traces", traces(0).body())),
        ("trace", page(Area::Traces, "Trace", trace().body())),
        ("map", page(Area::Map, "Service map", map().body())),
        ("map-empty", page(Area::Map, "Service map", ServiceMap { nodes: vec![], edges: vec![], ..map() }.body())),
        ("namespaces", page(Area::Metrics, "Metrics", namespaces().body())),
        ("metric", page(Area::Metrics, "Duration", metric().body())),
        ("groups", page(Area::Logs, "Logs", groups().body())),
        ("group", page(Area::Logs, "Logs", group().body())),
        ("trace-logs", page(Area::Logs, "Logs", trace_logs().body())),
        ("alarms", page(Area::Alarms, "Alarms", alarm_list().body())),
        ("alarm", page(Area::Alarms, "Alarm", alarm().body())),
        ("fault", layout::fault(&frame, Area::Traces, "No such trace", &format!("No trace {HOSTILE} is stored."))),
    ]
}

fn run(number: u64, passed: bool) -> RunLine {
    let step = |name: &str, passed: bool, ms: u64| StepLine {
        name: name.to_owned(),
        passed,
        length: Duration::from_millis(ms),
        reason: (!passed).then(|| "status is 500, expected 200".to_owned()),
    };
    RunLine {
        id: format!("run-{number}"),
        passed,
        started: before(12 + number * 60),
        length: Duration::from_millis(640 + (number * 7_919) % 900 + if passed { 0 } else { 1_800 }),
        steps: vec![step("load http://127.0.0.1:8080/", passed, 512), step("text is \"Siskin shop\"", passed, 14)],
        trace: Some(TRACE.to_owned()),
        reason: (!passed)
            .then(|| "step \"load http://127.0.0.1:8080/\" failed: status is 500, expected 200".to_owned()),
    }
}

fn runs(count: u64, failing: u64) -> Vec<RunLine> {
    (0..count).map(|number| run(number, number >= failing && number != 23)).collect()
}

fn alarm_line(name: &str, state: AlarmState) -> AlarmLine {
    AlarmLine {
        name: name.to_owned(),
        state,
        metric: "CloudWatchSynthetics SuccessPercent".to_owned(),
        condition: "Average < 90 in 1 of 1 × 1 min".to_owned(),
        reason: "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (23/11/26 08:29:00)] was less than the threshold (90.0) (minimum 1 datapoint for OK -> ALARM transition).".to_owned(),
        since: before(72),
        muted: state == AlarmState::InsufficientData,
    }
}

fn trace_line(number: u64, tone: Tone) -> TraceLine {
    TraceLine {
        id: TRACE.to_owned(),
        service: "shop".to_owned(),
        request: Some(if number.is_multiple_of(3) {
            "GET http://127.0.0.1:8080/checkout?cart=3".to_owned()
        } else {
            "GET http://127.0.0.1:8080/".to_owned()
        }),
        status: Some(match tone {
            Tone::Fault => 500,
            Tone::Error => 404,
            Tone::Throttle => 429,
            Tone::Ok | Tone::Idle => 200,
        }),
        tone,
        started: before(8 + number * 13),
        length: Duration::from_micros(8_400 + number * 71_003 % 390_000),
        services: vec!["shop".to_owned(), "stock".to_owned()],
        partial: false,
    }
}

fn overview(broken: Option<bool>) -> Overview {
    let bad = broken == Some(true);
    let state = if bad { AlarmState::Alarm } else { AlarmState::Ok };
    let canary = |name: &str, count, failing| CanaryLine {
        name: name.to_owned(),
        runs: runs(count, failing),
        success: Some(if bad { 95.83 } else { 98.3 }),
        alarm: Some(alarm_line(&format!("Synthetics-Alarm-{name}-1"), state)),
    };
    Overview {
        canaries: vec![canary("shop-home", 60, if bad { 2 } else { 0 }), canary("shop-api", 17, u64::from(bad))],
        ringing: usize::from(bad),
        alarms: vec![
            alarm_line("Synthetics-Alarm-shop-home-1", state),
            alarm_line("Synthetics-Alarm-shop-api-1", AlarmState::Ok),
            alarm_line("checkout-latency-p99", AlarmState::InsufficientData),
        ],
        faults: if bad { (0..5).map(|number| trace_line(number, Tone::Fault)).collect() } else { vec![] },
        ingest: vec![
            Ingest { name: "Datapoints", per_minute: Some(412), total: 123_456 },
            Ingest { name: "Log events", per_minute: Some(96), total: 9_876 },
            Ingest { name: "Spans", per_minute: Some(1_204), total: 340_112 },
            Ingest { name: "Events", per_minute: None, total: 311 },
        ],
        store: StoreLine {
            wal_bytes: 4_312_000,
            memtable_rows: 52_113,
            files: 14,
            quarantined: 0,
            sync: "before every answer".to_owned(),
        },
        addresses: addresses(),
        demo: broken.map(|broken| DemoCard { url: "http://127.0.0.1:8080/".to_owned(), broken }),
        now: now(),
    }
}

fn nothing() -> Overview {
    let store =
        StoreLine { wal_bytes: 0, memtable_rows: 0, files: 0, quarantined: 0, sync: "before every answer".to_owned() };
    Overview {
        canaries: vec![],
        ringing: 0,
        alarms: vec![],
        faults: vec![],
        ingest: vec![],
        store,
        addresses: addresses(),
        demo: None,
        now: now(),
    }
}

fn chart(title: &str, unit: Unit, value: impl Fn(u64) -> f64) -> Chart {
    let points = (0..180)
        .filter(|minute| !(70..84).contains(minute))
        .map(|minute| (before(10_800 - minute * 60 - 12), value(minute)));
    Chart {
        title: title.to_owned(),
        unit,
        since: before(10_800),
        until: now(),
        period: Duration::from_mins(1),
        lines: vec![Line { label: title.to_owned(), points: points.collect() }],
        threshold: None,
        scale: None,
    }
}

fn wobble(minute: u64) -> f64 {
    (minute as f64 / 9.0).sin() * 120.0 + ((minute * 7_919) % 97) as f64 * 2.0 + 720.0
}

fn success(minute: u64) -> f64 {
    if (150..158).contains(&minute) { 0.0 } else { 100.0 }
}

fn canary(passed: bool) -> CanaryPage {
    let runs = runs(40, u64::from(!passed) * 3);
    let line = runs[0].clone();
    let picture = |name: &str| (name.to_owned(), "/picture.png".to_owned());
    let mut success = chart("Success", Unit::Percent, success);
    success.scale = Some(ValueScale::fixed(0.0, 100.0, 25.0));
    success.threshold = Some(Threshold { value: 90.0, label: "alarm below 90 %".to_owned(), breach: Breach::Below });
    CanaryPage {
        name: "shop-home".to_owned(),
        blueprint: Some("heartbeat".to_owned()),
        chosen: Some(RunDetail {
            line,
            screenshots: vec![picture("01-load-before"), picture("02-load-after"), picture("03-text")],
            files: ["Report", "HAR", "Log", "JUnit"].map(|name| (name.to_owned(), "/x".to_owned())).to_vec(),
            logs: Some("/console/logs?group=x".to_owned()),
        }),
        follows_newest: true,
        runs,
        success: Some(97.91),
        alarms: vec![alarm_line(
            "Synthetics-Alarm-shop-home-1",
            if passed { AlarmState::Ok } else { AlarmState::Alarm },
        )],
        charts: vec![success, chart("Duration", Unit::Millis, wobble)],
        now: now(),
    }
}

fn traces(count: u64) -> TraceList {
    let tones = [Tone::Ok, Tone::Ok, Tone::Fault, Tone::Ok, Tone::Error, Tone::Ok, Tone::Throttle];
    TraceList {
        window: Window::Hour,
        filter: Filter::All,
        service: String::new(),
        at_least_ms: None,
        traces: (0..count).map(|number| trace_line(number, tones[number as usize % tones.len()])).collect(),
        more: count > 0,
        addresses: addresses(),
        now: now(),
    }
}

fn trace() -> TracePage {
    let documents = [
        r#"{"name":"shop-home","id":"aaaaaaaaaaaaaaa1","trace_id":"1-6a129e2a-0123456789abcdef01234567","start_time":1795422600.0,"end_time":1795422600.92,"fault":true,
            "subsegments":[{"name":"load http://127.0.0.1:8080/checkout","id":"aaaaaaaaaaaaaaa2","start_time":1795422600.1,"end_time":1795422600.85,"fault":true,
              "subsegments":[{"name":"127.0.0.1:8080","id":"aaaaaaaaaaaaaaa3","namespace":"remote","start_time":1795422600.14,"end_time":1795422600.51,"fault":true,
                 "http":{"request":{"method":"GET","url":"http://127.0.0.1:8080/checkout","traced":true},"response":{"status":500}}},
                {"name":"127.0.0.1:8080","id":"aaaaaaaaaaaaaaa4","namespace":"remote","start_time":1795422600.53,"end_time":1795422600.56,
                 "http":{"request":{"method":"GET","url":"http://127.0.0.1:8080/shop.css","traced":true},"response":{"status":200}}}]}]}"#,
        r#"{"name":"shop","id":"bbbbbbbbbbbbbbb1","parent_id":"aaaaaaaaaaaaaaa3","trace_id":"1-6a129e2a-0123456789abcdef01234567","start_time":1795422600.16,"end_time":1795422600.50,"fault":true,
            "origin":"AWS::ECS::Container","user":"visitor-7","service":{"version":"1.4.2"},
            "http":{"request":{"method":"GET","url":"http://127.0.0.1:8080/checkout","client_ip":"127.0.0.1"},"response":{"status":500,"content_length":812}},
            "annotations":{"route":"/checkout","cart_size":3,"returning":true},"metadata":{"default":{"basket":{"items":[1,2,3]},"note":"\"><script>alert(1)</script>"}},
            "cause":{"exceptions":[{"id":"cccccccccccccccc","type":"shop::StockError","message":"stock answered 503: no connection to the warehouse",
              "stack":[{"label":"shop::checkout::reserve","path":"src/checkout.rs","line":88},{"label":"shop::checkout::checkout","path":"src/checkout.rs","line":41}]}]},
            "subsegments":[{"name":"basket","id":"bbbbbbbbbbbbbbb2","start_time":1795422600.17,"end_time":1795422600.19},
              {"name":"stock","id":"bbbbbbbbbbbbbbb3","namespace":"remote","start_time":1795422600.2,"end_time":1795422600.49,"fault":true,
               "http":{"request":{"method":"POST","url":"http://127.0.0.1:8081/reserve","traced":true},"response":{"status":503}}}]}"#,
        r#"{"name":"stock","id":"ddddddddddddddd1","parent_id":"bbbbbbbbbbbbbbb3","trace_id":"1-6a129e2a-0123456789abcdef01234567","start_time":1795422600.22,"end_time":1795422600.48,"fault":true,
            "http":{"request":{"method":"POST","url":"http://127.0.0.1:8081/reserve"},"response":{"status":503}},
            "subsegments":[{"name":"orders@db","id":"ddddddddddddddd2","namespace":"remote","start_time":1795422600.23,"end_time":1795422600.24,"sql":{"sanitized_query":"SELECT units FROM stock WHERE sku = ?","database_type":"postgresql"}},
              {"name":"audit","id":"ddddddddddddddd4","start_time":1795422600.4,"in_progress":true}]}"#,
        r#"{"name":"orders@db","id":"ddddddddddddddd3","parent_id":"ddddddddddddddd2","inferred":true,"trace_id":"1-6a129e2a-0123456789abcdef01234567","start_time":1795422600.23,"end_time":1795422600.24}"#,
    ];
    let segments: Vec<Segment> = documents.iter().map(|text| serde_json::from_str(text).expect("a document")).collect();
    TracePage { id: TRACE.to_owned(), waterfall: unfold(segments), unreadable: 0, cut_off: false }
}

fn map() -> ServiceMap {
    let outcomes = |ok, error, throttle, fault, secs| Outcomes { ok, error, throttle, fault, total_secs: secs };
    let node =
        |name: &str, kind: &str, outcomes| MapNode { name: name.to_owned(), kind: Some(kind.to_owned()), outcomes };
    let edge = |from, to, outcomes| MapEdge { from, to, outcomes };
    ServiceMap {
        window: Window::Hour,
        nodes: vec![
            node("shop-home", "client", None),
            node("shop-home", "", Some(outcomes(58, 0, 0, 2, 51.2))),
            node("shop", "AWS::ECS::Container", Some(outcomes(1_204, 38, 6, 22, 96.1))),
            node("stock", "AWS::ECS::Container", Some(outcomes(820, 0, 0, 22, 31.9))),
            node("orders@db", "Database::SQL", Some(outcomes(1_610, 0, 0, 0, 9.8))),
            node("payments.example.com", "remote", Some(outcomes(301, 4, 12, 0, 88.0))),
            node("shop", "client", None),
            node("mail", "AWS::SNS", Some(outcomes(288, 0, 0, 0, 3.1))),
        ],
        edges: vec![
            edge(0, 1, outcomes(58, 0, 0, 2, 51.2)),
            edge(1, 2, outcomes(118, 0, 0, 2, 10.2)),
            edge(6, 2, outcomes(1_086, 38, 6, 20, 84.1)),
            edge(2, 3, outcomes(820, 0, 0, 22, 33.0)),
            edge(2, 4, outcomes(790, 0, 0, 0, 5.8)),
            edge(3, 4, outcomes(820, 0, 0, 0, 4.0)),
            edge(2, 5, outcomes(301, 4, 12, 0, 88.0)),
            edge(2, 7, outcomes(288, 0, 0, 0, 3.1)),
            edge(7, 2, outcomes(12, 0, 0, 0, 0.1)),
        ],
        left_out: 0,
        addresses: addresses(),
    }
}

fn namespaces() -> Namespaces {
    let metrics = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), name.len() % 5 + 1)).collect();
    Namespaces {
        lines: vec![
            (
                "CloudWatchSynthetics".to_owned(),
                metrics(&["2xx", "4xx", "5xx", "Duration", "Failed", "Failed requests", "SuccessPercent"]),
            ),
            ("Shop".to_owned(), metrics(&["Orders", "Revenue", "StockLevel"])),
            (HOSTILE.to_owned(), metrics(&[HOSTILE])),
        ],
        more: false,
        addresses: addresses(),
    }
}

fn metric() -> MetricPage {
    let series = |label: &str, drawn| SeriesLine { label: label.to_owned(), key: label.to_owned(), drawn };
    let mut chart = chart("CanaryName=shop-home", Unit::Millis, wobble);
    let second = chart.lines[0].points.iter().map(|(at, value)| (*at, value * 0.4 + 30.0)).collect();
    chart.lines.push(Line { label: "CanaryName=shop-api".to_owned(), points: second });
    chart.threshold =
        Some(Threshold { value: 900.0, label: "alarm slow above 900 ms".to_owned(), breach: Breach::Above });
    MetricPage {
        namespace: "CloudWatchSynthetics".to_owned(),
        metric: "Duration".to_owned(),
        statistic: Statistic::Average,
        window: Window::Hours3,
        period: Period::Minute,
        series: vec![
            series("no dimensions", false),
            series("CanaryName=shop-home", true),
            series("CanaryName=shop-api", true),
            series(HOSTILE, false),
        ],
        more: false,
        chart,
    }
}

fn groups() -> Groups {
    let group =
        |name: &str, last| GroupLine { name: name.to_owned(), last, created: before(90_000), retention_days: Some(30) };
    let groups = vec![
        group("/aws/lambda/cwsyn-shop-api", Some(before(40))),
        group("/aws/lambda/cwsyn-shop-home", Some(before(10))),
        group("shop", Some(before(1))),
        group(HOSTILE, None),
    ];
    Groups { lines: groups, more: false, addresses: addresses(), now: now() }
}

fn events() -> Vec<EventLine> {
    let messages = [
        "2026-11-23T08:29:12Z  INFO shop: request route=/ status=200 duration_ms=8".to_owned(),
        format!(r#"{{"level":"error","message":"stock answered 503","route":"/checkout","trace_id":"{TRACE}"}}"#),
        "2026-11-23T08:29:13Z  WARN shop: stock is slow duration_ms=512".to_owned(),
        HOSTILE.to_owned(),
        "a line\nand its second line".to_owned(),
    ];
    let line = |number: u64| EventLine {
        group: "shop".to_owned(),
        stream: "main".to_owned(),
        at: before(120 - number * 3),
        message: messages[number as usize % messages.len()].clone(),
    };
    (0..40).map(line).collect()
}

fn group() -> GroupPage {
    GroupPage {
        name: "shop".to_owned(),
        streams: vec![("main".to_owned(), Some(before(3))), (HOSTILE.to_owned(), None)],
        stream: String::new(),
        filter: HOSTILE.to_owned(),
        fault: None,
        events: events(),
        tail: Some("/console/live/log-group?name=shop".to_owned()),
        at: None,
    }
}

fn trace_logs() -> TraceLogs {
    TraceLogs { trace: TRACE.to_owned(), events: events(), groups: 4, more: true }
}

fn alarm_list() -> AlarmList {
    let states = [AlarmState::Alarm, AlarmState::Ok, AlarmState::InsufficientData];
    let alarms = vec![
        alarm_line("Synthetics-Alarm-shop-home-1", states[0]),
        alarm_line(HOSTILE, states[1]),
        alarm_line("checkout-latency-p99", states[2]),
    ];
    AlarmList { alarms, more: true, addresses: addresses(), now: now() }
}

fn alarm() -> AlarmPage {
    let entry = |secs, summary: &str, tone| HistoryLine { at: before(secs), summary: summary.to_owned(), tone };
    let mut chart = chart("SuccessPercent", Unit::Percent, success);
    chart.scale = Some(ValueScale::fixed(0.0, 100.0, 25.0));
    chart.threshold = Some(Threshold { value: 90.0, label: "threshold 90 %".to_owned(), breach: Breach::Below });
    AlarmPage {
        line: alarm_line("Synthetics-Alarm-shop-home-1", AlarmState::Alarm),
        description: Some("The shop's home page does not load.".to_owned()),
        actions: vec![("ALARM", "http://127.0.0.1:9000/hook".to_owned())],
        chart: Some(chart),
        history: vec![
            entry(72, "Alarm updated from OK to ALARM", Tone::Fault),
            entry(4_000, "Alarm updated from INSUFFICIENT_DATA to OK", Tone::Ok),
            entry(4_060, "Alarm \"Synthetics-Alarm-shop-home-1\" created", Tone::Idle),
        ],
        deliveries: vec![
            entry(70, "Successfully executed action http://127.0.0.1:9000/hook", Tone::Ok),
            entry(71, HOSTILE, Tone::Fault),
        ],
        now: now(),
    }
}
