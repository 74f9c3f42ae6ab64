//! Alarms as clients see them.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::base::Scope;
use crate::service::cloudwatch::operations;
use crate::service::testing::Fixture;

pub(super) async fn ask(fixture: &Fixture, operation: &str, input: Json) -> Result<Json, String> {
    fixture.ask(operations(), operation, input).await
}

pub(super) fn definition(name: &str) -> Json {
    json!({
        "AlarmName": name, "Namespace": "ns", "MetricName": "m", "Statistic": "Average", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 2.0, "ComparisonOperator": "GreaterThanThreshold",
    })
}

pub(super) fn with(mut base: Json, parts: &Json) -> Json {
    base.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
    base
}

pub(super) async fn describe(fixture: &Fixture, name: &str) -> Json {
    let got = ask(fixture, "DescribeAlarms", json!({"AlarmNames": [name]})).await.unwrap();
    got["MetricAlarms"][0].clone()
}

pub(super) async fn state(fixture: &Fixture, name: &str) -> String {
    describe(fixture, name).await["StateValue"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_new_alarm_is_described_as_it_was_put() {
    let fixture = Fixture::new().await;
    let input = with(
        definition("a"),
        &json!({
            "AlarmDescription": "text", "AlarmActions": ["arn:aws:sns:us-east-1:123456789012:topic"],
            "OKActions": ["https://example.com/hook"], "TreatMissingData": "ignore", "Unit": "Seconds",
            "Dimensions": [{"Name": "InstanceId", "Value": "abc"}], "Tags": [{"Key": "k", "Value": "v"}],
        }),
    );
    ask(&fixture, "PutMetricAlarm", input).await.unwrap();
    let now = fixture.clock.now().as_secs();
    let expected = json!({
        "AlarmName": "a", "AlarmArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a", "AlarmDescription": "text",
        "AlarmConfigurationUpdatedTimestamp": now, "ActionsEnabled": true, "OKActions": ["https://example.com/hook"],
        "AlarmActions": ["arn:aws:sns:us-east-1:123456789012:topic"], "InsufficientDataActions": [],
        "StateValue": "INSUFFICIENT_DATA", "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": now, "StateTransitionedTimestamp": now, "MetricName": "m", "Namespace": "ns",
        "Statistic": "Average", "Dimensions": [{"Name": "InstanceId", "Value": "abc"}], "Period": 60, "Unit": "Seconds",
        "EvaluationPeriods": 1, "Threshold": 2.0, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "ignore",
    });
    assert_eq!(describe(&fixture, "a").await, expected);
    let fixture = fixture.reopened().await;
    assert_eq!(describe(&fixture, "a").await, expected);
    let minimal =
        with(definition("b"), &json!({"Statistic": null, "ExtendedStatistic": "p99.9", "DatapointsToAlarm": 1}));
    ask(&fixture, "PutMetricAlarm", minimal).await.unwrap();
    let got = describe(&fixture, "b").await;
    assert_eq!((&got["ExtendedStatistic"], &got["DatapointsToAlarm"]), (&json!("p99.9"), &json!(1)));
    assert!(
        got.get("Statistic").is_none()
            && got.get("TreatMissingData").is_none()
            && got.get("AlarmDescription").is_none()
    );
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table, or one story")]
async fn refused_definitions_are_told_in_words_of_aws() {
    let fixture = Fixture::new().await;
    let cases = [
        (
            json!({"Metrics": [{"Id": "m1"}]}),
            "ValidationError: The parameter Metrics is not supported: this version has alarms on one metric with a fixed threshold.",
        ),
        (
            json!({"ThresholdMetricId": "ad1", "ComparisonOperator": "GreaterThanUpperThreshold"}),
            "ValidationError: The parameter ThresholdMetricId is not supported",
        ),
        (
            json!({"EvaluationCriteria": {"PromQLCriteria": {"Query": "up"}}}),
            "ValidationError: The parameter EvaluationCriteria is not supported",
        ),
        (
            json!({"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 1}}),
            "ValidationError: The parameter WarmUpConfiguration is not supported",
        ),
        (
            json!({"ComparisonOperator": "LessThanLowerThreshold"}),
            "ValidationError: The value LessThanLowerThreshold for parameter ComparisonOperator is not supported",
        ),
        (
            json!({"ComparisonOperator": "Above"}),
            "ValidationError: 1 validation error detected: Value 'Above' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: [GreaterThanOrEqualToThreshold, ",
        ),
        (json!({"Period": 45}), "ValidationError: Period must be 10, 20, 30 or a multiple of 60"),
        (
            json!({"Period": 0, "EvaluationPeriods": 0}),
            "ValidationError: 2 validation errors detected: Value '0' at 'period' failed to satisfy constraint: Member must have value greater than or equal to 1; Value '0' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            json!({"EvaluationPeriods": 1441}),
            "ValidationError: Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
        ),
        (
            json!({"Period": 3600, "EvaluationPeriods": 169}),
            "ValidationError: Metrics cannot be checked across more than seven days",
        ),
        (
            json!({"DatapointsToAlarm": 2}),
            "ValidationError: DatapointsToAlarm must be less than or equal to EvaluationPeriods",
        ),
        (
            json!({"TreatMissingData": "zero"}),
            "ValidationError: The value zero is not supported for TreatMissingData parameter. Supported values are [breaching, notBreaching, ignore, missing].",
        ),
        (
            json!({"EvaluateLowSampleCountPercentile": "x"}),
            "ValidationError: Option x is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore.",
        ),
        (
            json!({"Statistic": null, "ExtendedStatistic": "p1000"}),
            "InvalidParameterValue: The value p1000 for parameter ExtendedStatistic is not supported.",
        ),
        (
            json!({"Statistic": null}),
            "MissingParameter: Either the parameter Statistic or the parameter ExtendedStatistic is required.",
        ),
        (
            json!({"ExtendedStatistic": "p99"}),
            "InvalidParameterCombination: The parameters Statistic and ExtendedStatistic are mutually exclusive",
        ),
        (json!({"AlarmActions": ["nonsense"]}), "ValidationError: Invalid arn syntax: nonsense"),
        (json!({"AlarmActions": ["ftp://example.com/"]}), "ValidationError: Invalid arn syntax: ftp://example.com/"),
        (
            json!({"AlarmActions": vec!["arn:aws:sns:us-east-1:123456789012:t"; 6]}),
            "ValidationError: 1 validation error detected: ",
        ),
        (
            json!({"AlarmName": ""}),
            "ValidationError: 1 validation error detected: Value '' at 'alarmName' failed to satisfy constraint: Member must have length greater than or equal to 1",
        ),
        (json!({"Threshold": null}), "MissingParameter: The parameter Threshold is required."),
        (json!({"MetricName": null}), "MissingParameter: The parameter MetricName is required."),
        (
            json!({"Tags": [{"Key": "", "Value": ""}]}),
            "ValidationError: 1 validation error detected: Value '' at 'tags.1.member.key'",
        ),
    ];
    for (parts, expected) in cases {
        let got = ask(&fixture, "PutMetricAlarm", with(definition("a"), &parts)).await.unwrap_err();
        assert!(got.starts_with(expected), "{parts}\n got {got}\nwant {expected}");
    }
    let got = ask(&fixture, "DescribeAlarms", json!({})).await.unwrap();
    assert_eq!(got, json!({"CompositeAlarms": [], "MetricAlarms": [], "LogAlarms": []}));
}

#[tokio::test]
async fn alarms_are_listed_by_filter_and_page() {
    let fixture = Fixture::new().await;
    for index in 0..7 {
        let actions = json!({"AlarmActions": [format!("arn:aws:sns:us-east-1:123456789012:t{}", index % 2)]});
        ask(&fixture, "PutMetricAlarm", with(definition(&format!("alarm{index}")), &actions)).await.unwrap();
    }
    ask(&fixture, "PutMetricAlarm", with(definition("other"), &json!({"MetricName": "n"}))).await.unwrap();
    let set = json!({"AlarmName": "alarm3", "StateValue": "ALARM", "StateReason": "r"});
    ask(&fixture, "SetAlarmState", set).await.unwrap();
    let names = |got: &Json| -> String {
        let names: Vec<&str> =
            got["MetricAlarms"].as_array().unwrap().iter().map(|alarm| alarm["AlarmName"].as_str().unwrap()).collect();
        names.join(" ").replace("alarm", "")
    };
    let cases = [
        (json!({}), "0 1 2 3 4 5 6 other"),
        (json!({"AlarmNamePrefix": "alarm"}), "0 1 2 3 4 5 6"),
        (json!({"AlarmNames": ["other", "alarm2", "none", "alarm2"]}), "2 other"),
        (json!({"StateValue": "ALARM"}), "3"),
        (json!({"StateValue": "OK"}), ""),
        (json!({"ActionPrefix": "arn:aws:sns:us-east-1:123456789012:t1"}), "1 3 5"),
        (json!({"AlarmTypes": ["CompositeAlarm"]}), ""),
        (json!({"AlarmTypes": ["CompositeAlarm", "MetricAlarm"], "AlarmNamePrefix": "o"}), "other"),
        (json!({"ParentsOfAlarmName": "alarm1"}), ""),
    ];
    for (input, expected) in cases {
        assert_eq!(names(&ask(&fixture, "DescribeAlarms", input.clone()).await.unwrap()), expected, "{input}");
    }
    let (mut input, mut pages) = (json!({"MaxRecords": 3}), Vec::new());
    loop {
        let got = ask(&fixture, "DescribeAlarms", input.clone()).await.unwrap();
        pages.push(names(&got));
        match got.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(pages, ["0 1 2", "3 4 5", "6 other"]);
    for (input, expected) in [
        (json!({"NextToken": "x"}), "InvalidNextToken"),
        (json!({"MaxRecords": 101}), "ValidationError: 1 validation error detected: Value '101' at 'maxRecords'"),
        (json!({"StateValue": "BAD"}), "ValidationError: 1 validation error detected: Value 'BAD' at 'stateValue'"),
        (json!({"AlarmNames": ["a"], "AlarmNamePrefix": "a"}), "ValidationError: AlarmNamePrefix and AlarmNames"),
        (json!({"ChildrenOfAlarmName": "a"}), "ValidationError: a is not a composite alarm."),
    ] {
        let got = ask(&fixture, "DescribeAlarms", input).await.unwrap_err();
        assert!(got.starts_with(expected), "{got}");
    }
    let got = ask(&fixture, "DescribeAlarmsForMetric", json!({"Namespace": "ns", "MetricName": "n"})).await.unwrap();
    assert_eq!(names(&got), "other");
    let got = ask(&fixture, "DescribeAlarmsForMetric", json!({"Namespace": "ns", "MetricName": "m", "Period": 300}))
        .await
        .unwrap();
    assert_eq!(names(&got), "");
}

#[tokio::test]
async fn set_alarm_state_follows_the_rules() {
    let fixture = Fixture::new().await;
    let set = |parts: Json| {
        with(json!({"AlarmName": "LectureDemoTerminateEc2", "StateValue": "ALARM", "StateReason": "Testing"}), &parts)
    };
    let missing = ask(&fixture, "SetAlarmState", set(json!({}))).await.unwrap_err();
    assert_eq!(missing, "ResourceNotFound: Alarm LectureDemoTerminateEc2 does not exist.");
    ask(&fixture, "PutMetricAlarm", definition("LectureDemoTerminateEc2")).await.unwrap();
    let invalid = ask(&fixture, "SetAlarmState", set(json!({"StateValue": "INVALID"}))).await.unwrap_err();
    assert_eq!(
        invalid,
        "ValidationError: 1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
    );
    let no_json = ask(&fixture, "SetAlarmState", set(json!({"StateReasonData": "{"}))).await.unwrap_err();
    assert!(no_json.starts_with("InvalidFormat: "), "{no_json}");
    fixture.clock.advance(Duration::from_secs(5));
    ask(&fixture, "SetAlarmState", set(json!({"StateReasonData": "{\"a\": 1}"}))).await.unwrap();
    let changed = fixture.clock.now().as_secs();
    let got = describe(&fixture, "LectureDemoTerminateEc2").await;
    assert_eq!(
        (&got["StateValue"], &got["StateReason"], &got["StateReasonData"]),
        (&json!("ALARM"), &json!("Testing"), &json!("{\"a\": 1}"))
    );
    fixture.clock.advance(Duration::from_secs(5));
    ask(&fixture, "SetAlarmState", set(json!({"StateReason": "again"}))).await.unwrap();
    let got = describe(&fixture, "LectureDemoTerminateEc2").await;
    assert_eq!(
        (&got["StateTransitionedTimestamp"], &got["StateUpdatedTimestamp"]),
        (&json!(changed), &json!(changed + 5))
    );
    ask(&fixture, "PutMetricAlarm", with(definition("LectureDemoTerminateEc2"), &json!({"Threshold": 9.0})))
        .await
        .unwrap();
    let got = describe(&fixture, "LectureDemoTerminateEc2").await;
    assert_eq!((&got["StateValue"], &got["Threshold"]), (&json!("ALARM"), &json!(9.0)), "an update keeps the state");
}

#[tokio::test]
async fn deleting_is_all_or_nothing() {
    let fixture = Fixture::new().await;
    for name in ["a", "b"] {
        ask(&fixture, "PutMetricAlarm", definition(name)).await.unwrap();
    }
    let error = ask(&fixture, "DeleteAlarms", json!({"AlarmNames": ["a", "c"]})).await.unwrap_err();
    assert_eq!(error, "ResourceNotFound: Alarms not found: c.");
    assert_eq!(state(&fixture, "a").await, "INSUFFICIENT_DATA");
    ask(&fixture, "DeleteAlarms", json!({"AlarmNames": ["a", "b", "a"]})).await.unwrap();
    assert_eq!(ask(&fixture, "DescribeAlarms", json!({})).await.unwrap()["MetricAlarms"], json!([]));
}

#[tokio::test]
async fn tags_follow_their_alarm() {
    let fixture = Fixture::new().await;
    let arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a";
    let list = async |fixture: &Fixture| {
        ask(fixture, "ListTagsForResource", json!({"ResourceARN": arn})).await.unwrap()["Tags"].clone()
    };
    let tags = json!([{"Key": "Environment", "Value": "Production"}]);
    ask(&fixture, "PutMetricAlarm", with(definition("a"), &json!({"Tags": tags}))).await.unwrap();
    assert_eq!(list(&fixture).await, tags);
    let more = json!({"ResourceARN": arn, "Tags": [{"Key": "tag1", "Value": "foo"}, {"Key": "tag2", "Value": "bar"}]});
    ask(&fixture, "TagResource", more).await.unwrap();
    ask(&fixture, "UntagResource", json!({"ResourceARN": arn, "TagKeys": ["tag1", "none"]})).await.unwrap();
    let expected = json!([{"Key": "Environment", "Value": "Production"}, {"Key": "tag2", "Value": "bar"}]);
    assert_eq!(list(&fixture).await, expected);
    ask(&fixture, "DeleteAlarms", json!({"AlarmNames": ["a"]})).await.unwrap();
    assert_eq!(list(&fixture).await, json!([]));
    let gone = ask(&fixture, "TagResource", json!({"ResourceARN": arn, "Tags": []})).await.unwrap_err();
    assert_eq!(gone, format!("ResourceNotFoundException: Unable to find resource with ARN {arn}"));
}

/// Takes what the outbox holds, as the running bus does, until `wanted` events are recorded.
async fn settle(fixture: &Fixture, wanted: usize) {
    let cancel = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(fixture.bus.clone().run(cancel.clone()));
    loop {
        let scan = crate::store::EventScan {
            since: crate::base::Timestamp::MIN,
            until: crate::base::Timestamp::MAX,
            source: None,
            detail_type: None,
            resource: None,
            order: crate::store::Order::OldestFirst,
            limit: 1000,
        };
        if fixture.store.events.scan(&Scope::default(), scan).await.unwrap().len() >= wanted {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    cancel.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table, or one story")]
async fn history_tells_configurations_states_and_actions_also_after_a_restart() {
    let fixture = Fixture::new().await;
    let topic = "arn:aws:sns:us-east-1:123456789012:topic";
    let step = || fixture.clock.advance(Duration::from_secs(1));
    ask(&fixture, "PutMetricAlarm", with(definition("a"), &json!({"AlarmActions": [topic]}))).await.unwrap();
    step();
    ask(&fixture, "PutMetricAlarm", with(definition("b"), &json!({}))).await.unwrap();
    step();
    let set = |value: &str| json!({"AlarmName": "a", "StateValue": value, "StateReason": "by hand"});
    ask(&fixture, "SetAlarmState", set("ALARM")).await.unwrap();
    step();
    settle(&fixture, 4).await;
    step();
    ask(&fixture, "DisableAlarmActions", json!({"AlarmNames": ["a", "none"]})).await.unwrap();
    step();
    ask(&fixture, "DisableAlarmActions", json!({"AlarmNames": ["a"]})).await.unwrap();
    ask(&fixture, "SetAlarmState", set("OK")).await.unwrap();
    step();
    ask(&fixture, "SetAlarmState", set("ALARM")).await.unwrap();
    step();
    ask(&fixture, "DeleteAlarms", json!({"AlarmNames": ["a"]})).await.unwrap();
    settle(&fixture, 8).await;
    let fixture = fixture.reopened().await;
    let summaries = async |input: Json| -> Vec<String> {
        let got = ask(&fixture, "DescribeAlarmHistory", input).await.unwrap();
        let items = got["AlarmHistoryItems"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| {
                format!("{} {}", item["HistoryItemType"].as_str().unwrap(), item["HistorySummary"].as_str().unwrap())
            })
            .collect()
    };
    let all = [
        "ConfigurationUpdate Alarm \"a\" deleted".to_owned(),
        "StateUpdate Alarm updated from OK to ALARM".to_owned(),
        "StateUpdate Alarm updated from ALARM to OK".to_owned(),
        "ConfigurationUpdate Alarm \"a\" updated".to_owned(),
        format!(
            "Action Failed to execute action {topic}. Received error: \"{topic} cannot be reached: this version delivers to http:// and https:// URLs only, not to AWS resources\""
        ),
        "StateUpdate Alarm updated from INSUFFICIENT_DATA to ALARM".to_owned(),
        "ConfigurationUpdate Alarm \"a\" created".to_owned(),
    ];
    let got = summaries(json!({"AlarmName": "a"})).await;
    assert_eq!(got, all);
    let mut oldest_first = summaries(json!({"AlarmName": "a", "ScanBy": "TimestampAscending"})).await;
    oldest_first.reverse();
    assert_eq!(oldest_first, all);
    assert_eq!(summaries(json!({})).await.len(), 8);
    assert_eq!(summaries(json!({"HistoryItemType": "Action"})).await.len(), 1);
    assert_eq!(summaries(json!({"AlarmTypes": ["CompositeAlarm"]})).await.len(), 0);
    assert_eq!(summaries(json!({"AlarmName": "a", "EndDate": 1_795_420_800})).await, [all[6].clone()]);
    assert_eq!(summaries(json!({"AlarmName": "a", "StartDate": 1_795_420_806})).await.len(), 2);

    let got = ask(
        &fixture,
        "DescribeAlarmHistory",
        json!({"AlarmName": "a", "HistoryItemType": "StateUpdate", "MaxRecords": 1}),
    )
    .await
    .unwrap();
    let item = &got["AlarmHistoryItems"][0];
    assert_eq!((&item["AlarmName"], &item["AlarmType"]), (&json!("a"), &json!("MetricAlarm")));
    let history: Json = serde_json::from_str(item["HistoryData"].as_str().unwrap()).unwrap();
    assert_eq!(
        history,
        json!({
            "version": "1.0",
            "oldState": {"stateValue": "OK", "stateReason": "by hand"},
            "newState": {"stateValue": "ALARM", "stateReason": "by hand"},
        })
    );
    fixture.clock.advance(Duration::from_hours(31 * 24));
    assert_eq!(summaries(json!({})).await.len(), 0);
}

#[tokio::test]
async fn history_pages_neither_skip_nor_repeat_also_within_one_instant() {
    let fixture = Fixture::new().await;
    for index in 0..5 {
        ask(&fixture, "PutMetricAlarm", definition(&format!("a{index}"))).await.unwrap();
    }
    fixture.clock.advance(Duration::from_secs(1));
    for index in 5..7 {
        ask(&fixture, "PutMetricAlarm", definition(&format!("a{index}"))).await.unwrap();
    }
    settle(&fixture, 7).await;
    for scan_by in ["TimestampDescending", "TimestampAscending"] {
        let (mut input, mut names, mut pages) = (json!({"MaxRecords": 2, "ScanBy": scan_by}), Vec::new(), 0);
        loop {
            let got = ask(&fixture, "DescribeAlarmHistory", input.clone()).await.unwrap();
            let items = got["AlarmHistoryItems"].as_array().unwrap();
            names.extend(items.iter().map(|item| item["AlarmName"].as_str().unwrap().to_owned()));
            pages += 1;
            match got.get("NextToken") {
                Some(token) => input["NextToken"] = token.clone(),
                None => break,
            }
        }
        names.sort();
        assert_eq!((names.join(" ").as_str(), pages), ("a0 a1 a2 a3 a4 a5 a6", 4), "{scan_by}");
    }
    let error = ask(&fixture, "DescribeAlarmHistory", json!({"NextToken": "x"})).await.unwrap_err();
    assert!(error.starts_with("InvalidNextToken"));
}
