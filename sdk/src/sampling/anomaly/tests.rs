//! Which traces are anomalies, against a plain model, and which conditions are refused.

use std::time::Duration;

use proptest::prelude::*;

use super::{AnomalyCondition, AnomalyConditions, AnomalyUse, Outcome};
use crate::sampling::{Request, Sampler};
use crate::segment::EpochTime;

fn outcome(status: Option<u16>, failed: bool, millis: u64) -> Outcome<'static> {
    Outcome { status, failed, duration: Duration::from_millis(millis), ..Outcome::default() }
}

#[test]
fn failures_are_anomalies_unless_told_otherwise() {
    for (status, failed, is_anomaly) in [
        (Some(500), false, true),
        (Some(999), false, true),
        (Some(499), true, false),
        (Some(200), false, false),
        (None, true, true),
        (None, false, false),
    ] {
        let outcome = outcome(status, failed, 60_000);
        let expected = is_anomaly.then_some(AnomalyUse::Both);
        assert_eq!(AnomalyConditions::default().use_of(&outcome), expected, "{outcome:?}");
        assert_eq!(AnomalyConditions::new([]).use_of(&outcome), None, "an empty list has no anomalies: {outcome:?}");
    }
}

#[test]
fn an_operation_is_the_spans_name_or_method_and_first_part_of_the_path() {
    let outcome = |operation, method, path| Outcome { operation, method, path, ..Outcome::default() };
    for (outcome, operation, is_of) in [
        (outcome(Some("GET /orders/{id}"), None, None), "GET /orders/{id}", true),
        (outcome(Some("orders"), Some("GET"), Some("/orders/7?x=/y")), "GET /orders", true),
        (outcome(Some("orders"), Some("GET"), Some("/orders")), "orders", true),
        (outcome(None, Some("GET"), Some("/orders/7")), "GET /orders/7", false),
        (outcome(None, Some("GET"), Some("/orders")), "GET orders", false),
        (outcome(None, Some("GET"), Some("/orders")), "POST /orders", false),
        (outcome(None, Some("GET"), Some("/orders")), "/orders", false),
        (outcome(None, None, Some("/orders/7")), "/orders", true),
        (outcome(None, Some("GET"), Some("/")), "GET /", true),
        (outcome(None, Some("GET"), Some("")), "GET /", true),
        (outcome(None, Some("GET"), None), "GET /", false),
        (outcome(None, None, None), "", false),
    ] {
        assert_eq!(outcome.is_of(operation), is_of, "{operation:?} {outcome:?}");
    }
}

#[test]
fn traces_are_only_watched_where_one_may_be_kept() {
    let boost = || AnomalyCondition::of_latency(Duration::ZERO).used_for(AnomalyUse::Boost);
    let keep = || boost().used_for(AnomalyUse::Capture);
    for (conditions, watched) in [
        (AnomalyConditions::default(), true),
        (AnomalyConditions::default().traces_per_second(0), false),
        (AnomalyConditions::new([]), false),
        (AnomalyConditions::new([boost()]), false),
        (AnomalyConditions::new([boost(), keep()]), true),
    ] {
        let sampler = Sampler::never().capture_anomalies(conditions.clone());
        let (now, request) = (EpochTime::from_nanos(1), Request::default());
        assert_eq!(sampler.decide(&request, now).watched, watched, "{conditions:?}");
        let captured = (0..3).filter(|_| sampler.ended("", false, &outcome(None, true, 0), now).capture).count();
        assert_eq!(captured, usize::from(watched), "{conditions:?}");
    }
}

/// One condition as a file has it: the first digit of the statuses, milliseconds, an operation.
type Raw = (Option<u16>, Option<u64>, Option<&'static str>, AnomalyUse);

fn any_raw() -> impl Strategy<Value = Raw> {
    let uses = prop::sample::select(vec![AnomalyUse::Both, AnomalyUse::Boost, AnomalyUse::Capture]);
    let operation = prop::option::of(prop::sample::select(vec!["GET /a", "GET /b"]));
    (prop::option::of(1..6_u16), prop::option::of(0..4_u64), operation, uses)
        .prop_filter("holds for some trace", |(digit, millis, ..)| digit.is_some() || millis.is_some())
}

fn built((digit, millis, operation, used_for): Raw) -> AnomalyCondition {
    let latency = millis.map(Duration::from_millis);
    let condition = match (digit, latency) {
        (Some(digit), None) => AnomalyCondition::of_status(|status| status / 100 == digit),
        (Some(digit), Some(latency)) => {
            AnomalyCondition::of_status(|status| status / 100 == digit).and_latency(latency)
        }
        (None, latency) => AnomalyCondition::of_latency(latency.unwrap()),
    };
    condition.operations(operation).used_for(used_for)
}

/// Boost and capture, as the sampler of the Java distribution says it.
fn model(conditions: &[Raw], status: Option<u16>, millis: u64, path: &str) -> (bool, bool) {
    let (mut boosts, mut captures) = (false, false);
    for (digit, latency, operation, used_for) in conditions {
        if operation.is_some_and(|operation| operation != format!("GET {path}")) {
            continue;
        }
        let mut is_anomaly = digit.is_some_and(|digit| status.is_some_and(|status| status / 100 == digit));
        if let Some(latency) = latency {
            is_anomaly = (digit.is_none() || is_anomaly) && millis >= *latency;
        }
        boosts |= is_anomaly && *used_for != AnomalyUse::Capture;
        captures |= is_anomaly && *used_for != AnomalyUse::Boost;
    }
    (boosts, captures)
}

proptest! {
    #[test]
    fn anomalies_are_those_of_the_model(
        raws in prop::collection::vec(any_raw(), 0..4),
        status in prop::option::of(0..1_100_u16),
        millis in 0..5_u64,
        path in prop::sample::select(vec!["/a", "/b", "/c"]),
    ) {
        let conditions = AnomalyConditions::new(raws.iter().copied().map(built));
        let outcome = Outcome { method: Some("GET"), path: Some(path), ..outcome(status, false, millis) };
        let used_for = conditions.use_of(&outcome);
        // Four digits are no status, so no pattern of three matches them.
        let status = status.filter(|status| *status < 1_000);
        let expected = model(&raws, status, millis, path);
        let found = used_for.map_or((false, false), |used_for| (used_for.boosts(), used_for.captures()));
        prop_assert_eq!(found, expected);
    }
}

#[cfg(feature = "anomaly-file")]
mod file {
    use super::super::AnomalyFileError;
    use super::*;

    #[test]
    fn a_file_says_what_the_builders_say() {
        let json = r#"{
            "version": 1.0,
            "anomalyConditions": [
                {"errorCodeRegex": "^429|5\\d\\d$"},
                {"errorCodeRegex": "4|40.", "highLatencyMs": 250, "operations": ["GET /a", "pay"], "usage": "sampling-boost"},
                {"highLatencyMs": 1000, "errorCodeRegex": null, "usage": "anomaly-trace-capture"}
            ],
            "anomalyCaptureLimit": {"anomalyTracesPerSecond": 3}
        }"#;
        let built = AnomalyConditions::new([
            AnomalyCondition::of_status(|status| status == 429 || status / 100 == 5),
            AnomalyCondition::of_status(|status| status == 4 || status / 10 == 40)
                .and_latency(Duration::from_millis(250))
                .operations(["GET /a", "pay"])
                .used_for(AnomalyUse::Boost),
            AnomalyCondition::of_latency(Duration::from_secs(1)).used_for(AnomalyUse::Capture),
        ]);
        assert_eq!(AnomalyConditions::from_json(json).unwrap(), built.traces_per_second(3));
        let usual = AnomalyConditions::from_json(r#"{"version":1,"anomalyCaptureLimit":{}}"#).unwrap();
        assert_eq!(usual, AnomalyConditions::default());
        let none = AnomalyConditions::from_json(r#"{"version":1.5,"anomalyConditions":[]}"#).unwrap();
        assert_eq!(none, AnomalyConditions::new([]));
    }

    #[test]
    fn refusals_name_condition_field_value_and_rule() {
        let message = |json: &str| AnomalyConditions::from_json(json).unwrap_err().to_string();
        let one = |condition: &str| {
            message(&format!(r#"{{"version":1,"anomalyConditions":[{{"highLatencyMs":1}},{condition}]}}"#))
        };
        insta::assert_snapshot!(message("version: 1"), @"anomaly conditions: expected value at line 1 column 1");
        insta::assert_snapshot!(message("[]"), @"anomaly conditions: the whole=[]: expected an object");
        insta::assert_snapshot!(message("{}"), @"anomaly conditions: version=null: is missing: expected 1");
        insta::assert_snapshot!(message(r#"{"version":2}"#), @"anomaly conditions: version=2: expected 1");
        insta::assert_snapshot!(message(r#"{"version":"1.0"}"#), @r#"anomaly conditions: version="1.0": expected 1"#);
        insta::assert_snapshot!(message(r#"{"version":1,"conditions":[]}"#), @"anomaly conditions: conditions=[]: is not known; expected one of version, anomalyConditions, anomalyCaptureLimit");
        insta::assert_snapshot!(message(r#"{"version":1,"anomalyConditions":"all"}"#), @r#"anomaly conditions: anomalyConditions="all": expected a list"#);
        insta::assert_snapshot!(message(r#"{"version":1,"anomalyCaptureLimit":5}"#), @"anomaly conditions: anomalyCaptureLimit=5: expected an object");
        insta::assert_snapshot!(message(r#"{"version":1,"anomalyCaptureLimit":{"anomalyTracesPerSecond":-1}}"#), @"anomaly conditions: anomalyTracesPerSecond=-1: expected a whole number, 0 or more");
        insta::assert_snapshot!(one("7"), @"anomaly conditions: condition 2: the whole=7: expected an object");
        insta::assert_snapshot!(one("{}"), @"anomaly conditions: condition 2: errorCodeRegex=null: is missing, and so is highLatencyMs: it would never hold");
        insta::assert_snapshot!(one(r#"{"latency":1}"#), @"anomaly conditions: condition 2: latency=1: is not known; expected one of errorCodeRegex, operations, highLatencyMs, usage");
        insta::assert_snapshot!(one(r#"{"errorCodeRegex":500}"#), @"anomaly conditions: condition 2: errorCodeRegex=500: expected a regular expression");
        insta::assert_snapshot!(one(r#"{"errorCodeRegex":"5("}"#), @r#"anomaly conditions: condition 2: errorCodeRegex="5(": expected a regular expression: found open group without closing ')'"#);
        insta::assert_snapshot!(one(r#"{"errorCodeRegex":"5)|(4"}"#), @r#"anomaly conditions: condition 2: errorCodeRegex="5)|(4": expected a regular expression: found closing ')' without matching '('"#);
        insta::assert_snapshot!(one(r#"{"highLatencyMs":"fast"}"#), @r#"anomaly conditions: condition 2: highLatencyMs="fast": expected a whole number of milliseconds, 0 or more"#);
        insta::assert_snapshot!(one(r#"{"highLatencyMs":-1}"#), @"anomaly conditions: condition 2: highLatencyMs=-1: expected a whole number of milliseconds, 0 or more");
        insta::assert_snapshot!(one(r#"{"highLatencyMs":1,"operations":"GET /"}"#), @r#"anomaly conditions: condition 2: operations="GET /": expected a list of at most 1000 texts, such as "GET /orders""#);
        insta::assert_snapshot!(one(r#"{"highLatencyMs":1,"operations":[7]}"#), @r#"anomaly conditions: condition 2: operations=[7]: expected a list of at most 1000 texts, such as "GET /orders""#);
        insta::assert_snapshot!(one(r#"{"highLatencyMs":1,"usage":"neither"}"#), @r#"anomaly conditions: condition 2: usage="neither": expected both, sampling-boost or anomaly-trace-capture"#);
    }

    #[test]
    fn hostile_files_are_refused_soon() {
        let many =
            format!(r#"{{"version":1,"anomalyConditions":[{}]}}"#, vec![r#"{"highLatencyMs":1}"#; 101].join(","));
        let refused = AnomalyConditions::from_json(&many).unwrap_err().to_string();
        assert!(refused.ends_with(": expected at most 100") && refused.len() < 200, "{refused}");
        for pattern in ["(".repeat(10_000), "a{1000}{1000}{1000}".to_owned(), "(a*)*b".repeat(2_000)] {
            let json = serde_json::json!({"version": 1, "anomalyConditions": [{"errorCodeRegex": pattern}]});
            // Refused or harmless; what counts is that it ends.
            if let Err(error) = AnomalyConditions::from_json(&json.to_string()) {
                assert!(matches!(error, AnomalyFileError::Field { .. }), "{error}");
            }
        }
    }

    #[test]
    fn files_are_read_up_to_their_limit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("anomalies.json");
        let refusal = || {
            let refusal = AnomalyConditions::from_json_file(&path).unwrap_err().to_string();
            refusal.replace(&format!("{path:?}"), "FILE")
        };
        insta::assert_snapshot!(refusal(), @"anomaly conditions file FILE: No such file or directory (os error 2)");
        std::fs::write(&path, [b'{', 0xff]).unwrap();
        insta::assert_snapshot!(refusal(), @"anomaly conditions file FILE: invalid utf-8 sequence of 1 bytes from index 1");
        std::fs::write(&path, "é".repeat(1024 * 1024)).unwrap();
        insta::assert_snapshot!(refusal(), @"anomaly conditions file FILE: has more than 1048576 bytes, the largest size that is read");
        std::fs::write(&path, r#"{"version":1}"#).unwrap();
        assert_eq!(AnomalyConditions::from_json_file(&path).unwrap(), AnomalyConditions::default());
    }
}
