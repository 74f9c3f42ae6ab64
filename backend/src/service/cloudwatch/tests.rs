//! Metrics in and out, as clients see them.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::operations;
use crate::service::testing::Fixture;

/// 2026-11-23T08:00:00Z, where the fixture's clock starts.
const NOW: i64 = 1_795_420_800;

async fn ask(fixture: &Fixture, operation: &str, input: Json) -> Result<Json, String> {
    fixture.ask(operations(), operation, input).await
}

async fn put(fixture: &Fixture, datums: Json) {
    ask(fixture, "PutMetricData", json!({"Namespace": "ns", "MetricData": datums})).await.unwrap();
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn refused_datums_are_told_in_words_of_aws() {
    let fixture = Fixture::new().await;
    let thirty_one: Vec<Json> = (0..31).map(|index| json!({"Name": format!("d{index}"), "Value": "v"})).collect();
    // What is wrong with one datum "m" of value 1 | the answer
    let cases = [
        (
            json!({"Value": 1.5, "Values": [1.0, 10.0]}),
            "InvalidParameterCombination: The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both.",
        ),
        (
            json!({"Value": 1.5, "StatisticValues": {"SampleCount": 10, "Sum": 55, "Minimum": 1, "Maximum": 10}}),
            "InvalidParameterCombination: The parameters MetricData.member.1.Value and MetricData.member.1.StatisticValues are mutually exclusive and you have specified both.",
        ),
        (
            json!({"Values": [1.0, 10.0], "Counts": [2, 4, 5]}),
            "InvalidParameterValue: The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.",
        ),
        (
            json!({}),
            "InvalidParameterCombination: At least one of the parameters MetricData.member.1.Value, MetricData.member.1.Values and MetricData.member.1.StatisticValues must be specified.",
        ),
        (
            json!({"Value": "NaN"}),
            "InvalidParameterValue: The value NaN for parameter MetricData.member.1.Value is invalid.",
        ),
        (
            json!({"Value": "Infinity"}),
            "InvalidParameterValue: The value inf for parameter MetricData.member.1.Value is invalid.",
        ),
        (json!({"Values": [1, 1e300]}), "InvalidParameterValue: The value 1000000"),
        (
            json!({"Value": 1, "MetricName": ""}),
            "MissingParameter: The parameter MetricData.member.1.MetricName is required.",
        ),
        (
            json!({"Value": 1, "MetricName": "x".repeat(256)}),
            "InvalidParameterValue: The parameter MetricData.member.1.MetricName must be shorter than 256 characters.",
        ),
        (
            json!({"Value": 1, "StorageResolution": 300}),
            "InvalidParameterValue: The parameter MetricData.member.1.StorageResolution must be a value in the set [ 1, 60 ].",
        ),
        (
            json!({"Value": 1, "Unit": "Furlongs"}),
            "InvalidParameterValue: The parameter MetricData.member.1.Unit must be a value in the set [ ",
        ),
        (
            json!({"Value": 1, "Timestamp": NOW - 15 * 86_400}),
            "InvalidParameterValue: The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.",
        ),
        (
            json!({"Value": 1, "Timestamp": NOW + 7_201}),
            "InvalidParameterValue: The parameter MetricData.member.1.Timestamp must specify a time no more than two hours in the future.",
        ),
        (
            json!({"Value": 1, "Dimensions": [{"Name": "", "Value": "v"}]}),
            "MissingParameter: The parameter MetricData.member.1.Dimensions.member.1.Name is required.",
        ),
        (
            json!({"Value": 1, "Dimensions": [{"Name": "n", "Value": "é"}]}),
            "InvalidParameterValue: The parameter MetricData.member.1.Dimensions.member.1.Value must contain only ASCII characters and at least one that is not a space.",
        ),
        (
            json!({"Value": 1, "Dimensions": [{"Name": ":n", "Value": "v"}]}),
            "InvalidParameterValue: The value :n for parameter MetricData.member.1.Dimensions.member.1.Name is invalid.",
        ),
        (
            json!({"Value": 1, "Dimensions": thirty_one}),
            "InvalidParameterValue: The collection MetricData.member.1.Dimensions must not have a size greater than 30.",
        ),
        (
            json!({"Values": vec![1; 151]}),
            "InvalidParameterValue: The collection MetricData.member.1.Values must not have a size greater than 150.",
        ),
        (
            json!({"Values": [1], "Counts": [0]}),
            "InvalidParameterValue: The parameter MetricData.member.1.Counts.member.1 must be greater than 0.",
        ),
        (
            json!({"StatisticValues": {"SampleCount": 2, "Sum": 3, "Minimum": 2, "Maximum": 1}}),
            "InvalidParameterValue: The parameter MetricData.member.1.StatisticValues.Maximum must not be less than MetricData.member.1.StatisticValues.Minimum.",
        ),
        (
            json!({"StatisticValues": {"SampleCount": 2, "Sum": 3, "Minimum": 2}}),
            "MissingParameter: The parameter MetricData.member.1.StatisticValues.Maximum is required.",
        ),
    ];
    for (parts, expected) in cases {
        let mut datum = json!({"MetricName": "m"});
        datum.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
        let got = ask(&fixture, "PutMetricData", json!({"Namespace": "ns", "MetricData": [datum]})).await.unwrap_err();
        assert!(got.starts_with(expected), "{parts}\n got {got}\nwant {expected}");
    }
    let datum = json!({"MetricName": "m", "Value": 1});
    let cases = [
        (
            json!({"Namespace": "AWS/EC2", "MetricData": [datum]}),
            "InvalidParameterValue: The value AWS/EC2 for parameter Namespace is invalid.",
        ),
        (
            json!({"Namespace": ":x", "MetricData": [datum]}),
            "InvalidParameterValue: The value :x for parameter Namespace is invalid.",
        ),
        (json!({"MetricData": [datum]}), "MissingParameter: The parameter Namespace is required."),
        (json!({"Namespace": "ns"}), "MissingParameter: The parameter MetricData is required."),
        (
            json!({"Namespace": "ns", "MetricData": vec![datum.clone(); 1001]}),
            "InvalidParameterValue: The collection MetricData must not have a size greater than 1000.",
        ),
        (
            json!({"Namespace": "ns", "MetricData": [datum], "StrictEntityValidation": true}),
            "InvalidParameterValue: The parameter StrictEntityValidation must be false: entities are not validated.",
        ),
        (
            json!({"Namespace": "ns", "MetricData": [{"MetricName": "m"}, datum, {"MetricName": "m"}]}),
            "InvalidParameterCombination: At least one of the parameters MetricData.member.1.Value, MetricData.member.1.Values and MetricData.member.1.StatisticValues must be specified.\nAt least one of the parameters MetricData.member.3.Value,",
        ),
    ];
    for (input, expected) in cases {
        let got = ask(&fixture, "PutMetricData", input).await.unwrap_err();
        assert!(got.starts_with(expected), "got {got}\nwant {expected}");
    }
    let listed = ask(&fixture, "ListMetrics", json!({})).await.unwrap();
    assert_eq!(listed["Metrics"], json!([]), "nothing of a refused request is kept");
}

fn statistics(statistics: &[&str]) -> Json {
    json!({
        "Namespace": "ns", "MetricName": "m", "StartTime": NOW - 60, "EndTime": NOW + 60, "Period": 60,
        "Statistics": statistics,
    })
}

#[tokio::test]
async fn values_counts_and_sets_come_back_as_statistics() {
    let fixture = Fixture::new().await;
    put(
        &fixture,
        json!([
            {"MetricName": "m", "Timestamp": NOW, "Values": [1.0, 10.0], "Counts": [2, 4], "Unit": "Count"},
            {"MetricName": "m", "Timestamp": NOW as f64 + 59.5, "Value": 0, "Unit": "Count"},
            {"MetricName": "m", "Timestamp": NOW - 1, "Value": 7, "Unit": "Count"},
            {"MetricName": "m", "Timestamp": NOW, "Value": 99, "Dimensions": [{"Name": "a", "Value": "b"}]},
        ]),
    )
    .await;
    let input = statistics(&["SampleCount", "Sum", "Maximum", "Minimum", "Average"]);
    let expected = json!({"Label": "m", "Datapoints": [
        {"Timestamp": NOW - 60, "SampleCount": 1.0, "Average": 7.0, "Sum": 7.0, "Minimum": 7.0, "Maximum": 7.0, "Unit": "Count"},
        {"Timestamp": NOW, "SampleCount": 7.0, "Average": 6.0, "Sum": 42.0, "Minimum": 0.0, "Maximum": 10.0, "Unit": "Count"},
    ]});
    let got = ask(&fixture, "GetMetricStatistics", input.clone()).await.unwrap();
    assert_eq!(numbers(&got), numbers(&expected));
    let fixture = fixture.reopened().await;
    assert_eq!(ask(&fixture, "GetMetricStatistics", input).await.unwrap(), got);

    put(&fixture, json!([{"MetricName": "m", "Timestamp": NOW, "StatisticValues": {"SampleCount": 3, "Sum": 9, "Minimum": 1, "Maximum": 5}, "Unit": "Count"}])).await;
    let mut extended = statistics(&[]);
    extended["ExtendedStatistics"] = json!(["p50", "tm90"]);
    let got = ask(&fixture, "GetMetricStatistics", extended).await.unwrap();
    let expected = json!([{"Timestamp": NOW - 60, "Unit": "Count", "ExtendedStatistics": {"p50": 7.0, "tm90": 7.0}}]);
    assert_eq!(numbers(&got["Datapoints"]), numbers(&expected), "a statistic set hides the percentiles of its period");
}

/// JSON numbers of one kind: `60` and `60.0` are the same to clients.
fn numbers(value: &Json) -> Json {
    match value {
        Json::Number(number) => json!(number.as_f64()),
        Json::Array(items) => items.iter().map(numbers).collect(),
        Json::Object(members) => members.iter().map(|(name, value)| (name.clone(), numbers(value))).collect(),
        Json::Null | Json::Bool(_) | Json::String(_) => value.clone(),
    }
}

#[tokio::test]
async fn units_stay_apart() {
    let fixture = Fixture::new().await;
    put(
        &fixture,
        json!([
            {"MetricName": "m", "Timestamp": NOW, "Value": 1, "Unit": "Seconds"},
            {"MetricName": "m", "Timestamp": NOW, "Value": 5, "Unit": "Count"},
            {"MetricName": "m", "Timestamp": NOW, "Value": 10},
        ]),
    )
    .await;
    let got = ask(&fixture, "GetMetricStatistics", statistics(&["Average"])).await.unwrap();
    let units: Vec<&str> =
        got["Datapoints"].as_array().unwrap().iter().map(|point| point["Unit"].as_str().unwrap()).collect();
    assert_eq!(units, ["Count", "Seconds", "None"]);
    let mut seconds = statistics(&["Average"]);
    seconds["Unit"] = json!("Seconds");
    let got = ask(&fixture, "GetMetricStatistics", seconds).await.unwrap();
    assert_eq!(got["Datapoints"].as_array().unwrap().len(), 1);
    let got = ask(&fixture, "GetMetricData", data(&json!([query("a", "m", "Sum", 60)]))).await.unwrap();
    assert_eq!(numbers(&got["MetricDataResults"][0]["Values"]), json!([5.0]));
    assert_eq!(
        got["MetricDataResults"][0]["Messages"],
        json!([{"Code": "MultipleUnits", "Value": "Multiple units returned: '[Count, Seconds, None]'"}])
    );
}

#[tokio::test]
async fn refused_statistics_are_told_in_words_of_aws() {
    let fixture = Fixture::new().await;
    let cases = [
        (
            json!({"Period": 1, "EndTime": NOW - 60 + 86_400}),
            "InvalidParameterCombination: You have requested up to 86400 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
        ),
        (
            json!({"EndTime": NOW - 60}),
            "InvalidParameterValue: The parameter StartTime must be less than the parameter EndTime.",
        ),
        (
            json!({"Period": 45}),
            "InvalidParameterValue: The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60",
        ),
        (
            json!({"Statistics": []}),
            "InvalidParameterCombination: Must specify either Statistics or ExtendedStatistics",
        ),
        (
            json!({"ExtendedStatistics": ["p1"]}),
            "InvalidParameterCombination: Must not specify both Statistics and ExtendedStatistics",
        ),
        (
            json!({"Statistics": ["p99"]}),
            "InvalidParameterValue: The parameter Statistics.member.1 must be a value in the set [ SampleCount, Average, Sum, Minimum, Maximum ].",
        ),
        (
            json!({"Statistics": [], "ExtendedStatistics": ["p1000"]}),
            "InvalidParameterValue: The value p1000 for parameter ExtendedStatistics is not supported.",
        ),
        (
            json!({"StartTime": NOW - 16 * 86_400, "EndTime": NOW - 16 * 86_400 + 600}),
            "InvalidParameterValue: The parameter Period must be a multiple of 300 for a StartTime that long ago.",
        ),
    ];
    for (parts, expected) in cases {
        let mut input = statistics(&["Sum"]);
        input.as_object_mut().unwrap().extend(parts.as_object().unwrap().clone());
        let got = ask(&fixture, "GetMetricStatistics", input).await.unwrap_err();
        assert!(got.starts_with(expected), "{parts}\n got {got}\nwant {expected}");
    }
}

fn query(id: &str, name: &str, stat: &str, period: i64) -> Json {
    json!({"Id": id, "MetricStat": {"Metric": {"Namespace": "ns", "MetricName": name}, "Period": period, "Stat": stat}})
}

fn data(queries: &Json) -> Json {
    json!({"MetricDataQueries": queries, "StartTime": NOW - 600, "EndTime": NOW + 60})
}

async fn put_series(fixture: &Fixture) {
    let datums: Vec<Json> = (0..6)
        .flat_map(|minute| {
            let at = NOW - 300 + 60 * minute;
            [
                json!({"MetricName": "a", "Timestamp": at, "Value": minute}),
                json!({"MetricName": "b", "Timestamp": at, "Value": 10 * minute}),
            ]
        })
        .collect();
    put(fixture, json!(datums)).await;
}

#[tokio::test]
async fn metric_data_is_ordered_labelled_and_complete() {
    let fixture = Fixture::new().await;
    put_series(&fixture).await;
    let mut hidden = query("h", "b", "Sum", 60);
    hidden["ReturnData"] = json!(false);
    let mut labelled = query("l", "b", "Maximum", 300);
    labelled["Label"] = json!("${LABEL}: ${MAX} ${PROP('Stat')}");
    let got = ask(
        &fixture,
        "GetMetricData",
        data(&json!([query("s", "a", "Sum", 60), hidden, labelled, query("none", "c", "Sum", 60)])),
    )
    .await
    .unwrap();
    let expected = json!({"Messages": [], "MetricDataResults": [
        {"Id": "s", "Label": "a", "StatusCode": "Complete", "Timestamps": (0..6).map(|minute| NOW - 60 * minute).collect::<Vec<_>>(), "Values": [5, 4, 3, 2, 1, 0]},
        {"Id": "l", "Label": "b Maximum 300: 50 Maximum", "StatusCode": "Complete", "Timestamps": [NOW, NOW - 300], "Values": [50, 40]},
        {"Id": "none", "Label": "c", "StatusCode": "Complete", "Timestamps": [], "Values": []},
    ]});
    assert_eq!(numbers(&got), numbers(&expected));
}

#[tokio::test]
async fn metric_data_pages_neither_skip_nor_repeat() {
    let fixture = Fixture::new().await;
    put_series(&fixture).await;
    for (scan_by, first) in [("TimestampAscending", 0), ("TimestampDescending", 5)] {
        let mut input = data(&json!([query("a", "a", "Sum", 60), query("b", "b", "Sum", 60)]));
        input["MaxDatapoints"] = json!(4);
        input["ScanBy"] = json!(scan_by);
        let (mut pages, mut values) = (Vec::new(), [Vec::new(), Vec::new()]);
        loop {
            let got = ask(&fixture, "GetMetricData", input.clone()).await.unwrap();
            let mut page = String::new();
            for result in got["MetricDataResults"].as_array().unwrap() {
                let points = result["Values"].as_array().unwrap();
                let (id, status) = (result["Id"].as_str().unwrap(), result["StatusCode"].as_str().unwrap());
                write!(page, "{id} {} {status}; ", points.len()).unwrap();
                let index = usize::from(result["Id"] == "b");
                values[index].extend(points.iter().map(|value| value.as_f64().unwrap()));
            }
            pages.push(page);
            match got.get("NextToken") {
                Some(token) => input["NextToken"] = token.clone(),
                None => break,
            }
        }
        assert_eq!(pages, ["a 4 PartialData; ", "a 2 Complete; b 2 PartialData; ", "b 4 Complete; "]);
        let mut expected: Vec<f64> = (0..6).map(f64::from).collect();
        if first == 5 {
            expected.reverse();
        }
        assert_eq!(values[0], expected);
        assert_eq!(values[1], expected.iter().map(|value| value * 10.0).collect::<Vec<_>>());
    }
    let mut other = data(&json!([query("a", "a", "Sum", 60)]));
    other["NextToken"] = json!("nonsense");
    assert!(ask(&fixture, "GetMetricData", other).await.unwrap_err().starts_with("InvalidNextToken: "));
}

#[tokio::test]
async fn refused_queries_are_told_in_words_of_aws() {
    let fixture = Fixture::new().await;
    let mut both = query("a", "m", "Sum", 60);
    both["Expression"] = json!("a+1");
    let mut foreign = query("a", "m", "Sum", 60);
    foreign["AccountId"] = json!("999999999999");
    let cases = [
        (
            json!([{"Id": "e", "Expression": "SUM(METRICS())"}]),
            "ValidationError: The parameter MetricDataQueries.member.1.Expression is not supported: this version answers MetricStat queries, not metric math, SEARCH or SQL.",
        ),
        (
            json!([query("A", "m", "Sum", 60)]),
            "ValidationError: The value A for parameter MetricDataQueries.member.1.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.",
        ),
        (
            json!([query("a", "m", "Sum", 60), query("a", "m", "Sum", 60)]),
            "ValidationError: The values for parameter id in MetricDataQueries are not unique: a.",
        ),
        (
            json!([query("a", "m", "None", 60), query("b", "m", "px", 60)]),
            "ValidationError: The value None for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.\nThe value px for parameter MetricDataQueries.member.2.MetricStat.Stat is not a valid statistic.",
        ),
        (
            json!([query("a", "m", "Sum", 45)]),
            "ValidationError: The parameter MetricDataQueries.member.1.MetricStat.Period must be",
        ),
        (
            json!([query("a", "", "Sum", 60)]),
            "ValidationError: The parameter MetricDataQueries.member.1.MetricStat.Metric.MetricName is required.",
        ),
        (
            json!([both]),
            "ValidationError: Exactly one of the parameters MetricDataQueries.member.1.MetricStat and MetricDataQueries.member.1.Expression must be specified.",
        ),
        (
            json!([foreign]),
            "ValidationError: The value for parameter MetricDataQueries.member.1.AccountId is not the account of the request.",
        ),
        (json!([]), "ValidationError: The parameter MetricDataQueries is required."),
        (
            json!(vec![query("a", "m", "Sum", 60); 501]),
            "ValidationError: The collection MetricDataQueries must not have a size greater than 500.",
        ),
    ];
    for (queries, expected) in cases {
        let got = ask(&fixture, "GetMetricData", data(&queries)).await.unwrap_err();
        assert!(got.starts_with(expected), "got {got}\nwant {expected}");
    }
    let mut input = data(&json!([query("a", "m", "Sum", 60)]));
    input["StartTime"] = input["EndTime"].clone();
    let got = ask(&fixture, "GetMetricData", input).await.unwrap_err();
    assert_eq!(got, "ValidationError: The parameter StartTime must not equal parameter EndTime.");
}

#[tokio::test]
async fn metrics_are_listed_by_filter_and_page() {
    let fixture = Fixture::new().await;
    put(
        &fixture,
        json!([
            {"MetricName": "m", "Value": 1, "Dimensions": [{"Name": "b", "Value": "2"}, {"Name": "a", "Value": "1"}]},
            {"MetricName": "m", "Value": 1, "Dimensions": [{"Name": "a", "Value": "1"}]},
            {"MetricName": "m", "Value": 2, "Dimensions": [{"Name": "a", "Value": "1"}]},
            {"MetricName": "old", "Value": 1, "Timestamp": NOW - 4 * 3600},
        ]),
    )
    .await;
    let names = |got: &Json| -> Vec<String> {
        let one = |metric: &Json| {
            let dimensions = metric["Dimensions"].as_array().unwrap().iter();
            let dimensions: Vec<String> = dimensions
                .map(|pair| format!("{}={}", pair["Name"].as_str().unwrap(), pair["Value"].as_str().unwrap()))
                .collect();
            format!("{} {}", metric["MetricName"].as_str().unwrap(), dimensions.join(","))
        };
        got["Metrics"].as_array().unwrap().iter().map(one).collect()
    };
    let cases = [
        (json!({}), vec!["m a=1", "m a=1,b=2", "old "]),
        (json!({"Namespace": "ns", "MetricName": "m"}), vec!["m a=1", "m a=1,b=2"]),
        (json!({"Namespace": "other"}), vec![]),
        (json!({"Dimensions": [{"Name": "b"}]}), vec!["m a=1,b=2"]),
        (json!({"Dimensions": [{"Name": "a", "Value": "2"}]}), vec![]),
        (json!({"RecentlyActive": "PT3H"}), vec!["m a=1", "m a=1,b=2"]),
        (json!({"OwningAccount": "999999999999"}), vec![]),
    ];
    for (input, expected) in cases {
        assert_eq!(names(&ask(&fixture, "ListMetrics", input.clone()).await.unwrap()), expected, "{input}");
    }
    let got = ask(&fixture, "ListMetrics", json!({"IncludeLinkedAccounts": true, "MetricName": "old"})).await.unwrap();
    assert_eq!(got["OwningAccounts"], json!(["123456789012"]));
    assert!(
        ask(&fixture, "ListMetrics", json!({"NextToken": "x"}))
            .await
            .unwrap_err()
            .starts_with("InvalidParameterValue: ")
    );

    let many: Vec<Json> = (0..700).map(|index| json!({"MetricName": format!("many{index}"), "Value": 1})).collect();
    put(&fixture, json!(many)).await;
    let first = ask(&fixture, "ListMetrics", json!({})).await.unwrap();
    let second = ask(&fixture, "ListMetrics", json!({"NextToken": first["NextToken"]})).await.unwrap();
    let (first, second) = (names(&first), names(&second));
    assert_eq!((first.len(), second.len()), (500, 203));
    assert!(first.iter().all(|name| !second.contains(name)));

    let fixture = fixture.reopened().await;
    fixture.clock.advance(Duration::from_hours(14 * 24 - 1));
    let listed = names(&ask(&fixture, "ListMetrics", json!({"MetricName": "m"})).await.unwrap());
    assert_eq!(listed.len(), 2);
    assert!(names(&ask(&fixture, "ListMetrics", json!({"MetricName": "old"})).await.unwrap()).is_empty());
}

#[tokio::test]
async fn the_query_protocol_puts_the_same_metric() {
    let fixture = Fixture::new().await;
    let form = "Action=PutMetricData&Version=2010-08-01&Namespace=SomeNamespace&MetricData.member.1.MetricName=DemoMetricName\
                &MetricData.member.1.Unit=Bytes&MetricData.member.1.Value=231434333\
                &MetricData.member.1.Dimensions.member.1.Name=InstanceID&MetricData.member.1.Dimensions.member.1.Value=1-23456789\
                &MetricData.member.1.Dimensions.member.2.Name=InstanceType&MetricData.member.1.Dimensions.member.2.Value=m1.small";
    let input = crate::wire::query::decode(form.as_bytes()).unwrap();
    operations().call("PutMetricData", &fixture.cx(), input).await.unwrap();
    let input = json!({
        "Namespace": "SomeNamespace", "MetricName": "DemoMetricName", "StartTime": NOW, "EndTime": NOW + 60, "Period": 60,
        "Statistics": ["Sum"],
        "Dimensions": [{"Name": "InstanceType", "Value": "m1.small"}, {"Name": "InstanceID", "Value": "1-23456789"}],
    });
    let got = ask(&fixture, "GetMetricStatistics", input).await.unwrap();
    assert_eq!(numbers(&got["Datapoints"]), numbers(&json!([{"Timestamp": NOW, "Sum": 231_434_333, "Unit": "Bytes"}])));
}
