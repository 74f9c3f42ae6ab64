use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::IntoResponse;
use parking_lot::Mutex;
use serde_json::{Value, json};
use siskin_blueprints::{Alarm, Canary, MissingPeriods, Schedule, Script, Subject};
use siskin_sdk::segment::Segment;
use tokio::net::TcpListener;

use super::*;
use crate::run::sample::{at, failed_run, with_outcome};
use crate::run::{Outcome, RunReport};
use crate::visual::VisualReport;

fn origin() -> Origin {
    Origin::default()
}

fn inputs(report: &RunReport, operation: &str) -> Vec<Value> {
    let publication = Publication::of(report, &origin());
    publication.calls.into_iter().filter(|call| call.operation == operation).map(|call| call.input).collect()
}

/// `Name{dimensions} = value unit`, one line for each datum.
fn metric_lines(report: &RunReport) -> String {
    let datums =
        inputs(report, "PutMetricData").into_iter().flat_map(|input| input["MetricData"].as_array().unwrap().clone());
    let lines = datums.map(|datum| {
        let dimensions = datum["Dimensions"].as_array().unwrap().iter();
        let dimensions: Vec<_> = dimensions.map(|one| format!("{}={}", one["Name"], one["Value"])).collect();
        assert_eq!(datum["Timestamp"], json!(1_795_420_800.0), "the time the run was due");
        format!("{}{{{}}} = {} {}", datum["MetricName"], dimensions.join(","), datum["Value"], datum["Unit"])
            .replace('"', "")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn metrics_are_awss() {
    insta::assert_snapshot!(metric_lines(&failed_run()), @r"
    SuccessPercent{CanaryName=shop-home} = 0.0 Percent
    SuccessPercent{} = 0.0 Percent
    SuccessPercentWithRetries{CanaryName=shop-home} = 0.0 Percent
    SuccessPercentWithRetries{} = 0.0 Percent
    Failed{CanaryName=shop-home} = 0.0 Count
    Failed{} = 0.0 Count
    Duration{CanaryName=shop-home} = 842.0 Milliseconds
    Duration{} = 842.0 Milliseconds
    2xx{CanaryName=shop-home} = 1.0 Count
    2xx{} = 1.0 Count
    4xx{CanaryName=shop-home} = 0.0 Count
    4xx{} = 0.0 Count
    5xx{CanaryName=shop-home} = 1.0 Count
    5xx{} = 1.0 Count
    Failed requests{CanaryName=shop-home} = 1.0 Count
    Failed requests{} = 1.0 Count
    SuccessPercent{CanaryName=shop-home,StepName=http://shop.example/} = 100.0 Percent
    Duration{CanaryName=shop-home,StepName=http://shop.example/} = 300.0 Milliseconds
    SuccessPercent{CanaryName=shop-home,StepName=cart <&> \?\} = 0.0 Percent
    Duration{CanaryName=shop-home,StepName=cart <&> \?\} = 300.0 Milliseconds
    Items{CanaryName=shop-home} = 3.0 Count
    ");
}

#[test]
fn pictures_have_awss_metrics() {
    let visual: VisualReport = serde_json::from_str(include_str!("../report/visual/sample.json")).unwrap();
    let fine = visual.comparisons.iter().filter(|one| one.status.is_fine()).count();
    let all = visual.comparisons.len();
    let lines = metric_lines(&RunReport { comparisons: visual.comparisons, ..failed_run() });
    let percent = fine as f64 * 100.0 / all as f64;
    for dimensions in ["CanaryName=shop-home", ""] {
        let success = format!("VisualMonitoringSuccessPercent{{{dimensions}}} = {percent:?} Percent");
        let total = format!("VisualMonitoringTotalComparisons{{{dimensions}}} = {:?} Count", all as f64);
        assert!(lines.contains(&success) && lines.contains(&total), "{lines}");
    }
    assert!(!metric_lines(&failed_run()).contains("Visual"));
}

#[test]
fn every_run_has_a_datapoint() {
    let killed = RunReport::without_run(failed_run().start, Outcome::Broken { reason: "killed".to_owned() });
    insta::assert_snapshot!(metric_lines(&killed), @r"
    SuccessPercent{CanaryName=shop-home} = 0.0 Percent
    SuccessPercent{} = 0.0 Percent
    SuccessPercentWithRetries{CanaryName=shop-home} = 0.0 Percent
    SuccessPercentWithRetries{} = 0.0 Percent
    Failed{CanaryName=shop-home} = 1.0 Count
    Failed{} = 1.0 Count
    ");
    let stopped = RunReport::without_run(failed_run().start, Outcome::Stopped { reason: "stopped".to_owned() });
    insta::assert_snapshot!(metric_lines(&stopped), @r"
    Failed{CanaryName=shop-home} = 1.0 Count
    Failed{} = 1.0 Count
    ");
}

#[test]
fn the_trace_is_a_tree_of_valid_documents() {
    let documents: Vec<String> = inputs(&failed_run(), "PutTraceSegments")
        .iter()
        .flat_map(|input| input["TraceSegmentDocuments"].as_array().unwrap().clone())
        .map(|text| text.as_str().unwrap().to_owned())
        .collect();
    let lines: Vec<_> = documents
        .iter()
        .map(|text| {
            let segment = Segment::parse(text).unwrap_or_else(|invalid| panic!("{invalid}: {text}"));
            let parent = segment.parent_id.map_or_else(|| "-".to_owned(), |parent| parent.to_string());
            let request = segment.http.as_ref().and_then(|http| http.request.as_ref());
            let traced = request.is_some_and(|request| request.traced);
            format!("{} {} <- {parent} fault={} traced={traced}", segment.id, segment.name, segment.fault)
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    0000000000000001 shop-home <- - fault=true traced=false
    0000000000000002 http://shop.example/ <- 0000000000000001 fault=false traced=false
    0000000000000003 cart _&_ _ä_ <- 0000000000000001 fault=true traced=false
    0000000000000010 shop.example <- 0000000000000002 fault=false traced=true
    0000000000000011 cdn.example <- 0000000000000002 fault=true traced=false
    0000000000000012 shop.example <- 0000000000000003 fault=true traced=true
    ");
}

#[test]
fn a_long_run_is_split_into_calls_of_fifty_documents() {
    let mut report = failed_run();
    let request = report.requests[0].clone();
    report.requests = vec![request; 120];
    let counts: Vec<_> = inputs(&report, "PutTraceSegments")
        .iter()
        .map(|input| input["TraceSegmentDocuments"].as_array().unwrap().len())
        .collect();
    assert_eq!(counts, [50, 50, 23]);
}

#[test]
fn the_event_has_awss_detail_and_ours() {
    let input = &inputs(&failed_run(), "PutEvents")[0];
    let entry = &input["Entries"][0];
    assert_eq!(entry["Source"], "siskin.runner");
    assert_eq!(entry["DetailType"], "Synthetics Canary TestRun Failure");
    assert_eq!(entry["Resources"], json!(["arn:aws:synthetics:us-east-1:123456789012:canary:shop-home"]));
    let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&detail).unwrap());
    let passed = &inputs(&with_outcome(Outcome::Passed), "PutEvents")[0];
    assert_eq!(passed["Entries"][0]["DetailType"], "Synthetics Canary TestRun Successful");
}

#[test]
fn the_log_goes_to_the_group_of_the_canary_in_order_and_in_bounds() {
    let mut report = failed_run();
    let inputs_of = |report: &RunReport| inputs(report, "PutLogEvents");
    let input = &inputs_of(&report)[0];
    assert_eq!(input["logGroupName"], "/aws/lambda/cwsyn-shop-home");
    assert_eq!(input["logStreamName"], "2026/11/23");
    let messages: Vec<_> =
        input["logEvents"].as_array().unwrap().iter().map(|event| event["message"].clone()).collect();
    assert_eq!(
        messages,
        [
            "START RequestId: 00000000-0000-0000-0000-000000000007",
            "INFO  00000000-0000-0000-0000-000000000007 begins",
            "ERROR 00000000-0000-0000-0000-000000000007 <b>status 500</b>",
            "REPORT RequestId: 00000000-0000-0000-0000-000000000007 Status: FAILED Duration: 842 ms",
        ]
    );
    let line = crate::run::LogLine { text: "x".repeat(16 * 1024), ..report.log[0].clone() };
    report.log = vec![line; 200];
    let batches = inputs_of(&report);
    assert!(batches.len() > 3);
    for batch in batches {
        let bytes: usize = batch["logEvents"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["message"].as_str().unwrap().len() + 26)
            .sum();
        assert!(bytes <= 1_048_576, "{bytes}");
    }
}

#[test]
fn an_alarm_watches_success() {
    let canary = Canary {
        name: "shop".parse().unwrap(),
        subject: Subject::Script(Script { name: "a.rhai".to_owned(), source: String::new() }),
        schedule: Schedule::parse("rate(5 minutes)", None).unwrap(),
        timeout: std::time::Duration::from_secs(30),
        variables: std::collections::BTreeMap::new(),
        hosts: Vec::new(),
        alarm: Some(Alarm {
            threshold: 90.0,
            periods: 2,
            missing: MissingPeriods::Breaching,
            notify: vec!["http://127.0.0.1:9000/hook".parse().unwrap()],
        }),
    };
    let call = &Publication::alarm_of(&canary, at("08:00:00")).unwrap().calls[0];
    assert_eq!(call.operation, "PutMetricAlarm");
    insta::assert_snapshot!(serde_json::to_string_pretty(&call.input).unwrap());
    assert_eq!(Publication::alarm_of(&Canary { alarm: None, ..canary }, at("08:00:00")), None);
}

/// A backend that notes what it is asked and answers from a script of answers.
#[derive(Clone, Default)]
struct Backend {
    requests: Arc<Mutex<Vec<String>>>,
    groups: Arc<Mutex<bool>>,
}

async fn answer(State(backend): State<Backend>, headers: HeaderMap, uri: Uri, body: Bytes) -> impl IntoResponse {
    let text = |name: &str| headers.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
    let target = text("x-amz-target");
    backend.requests.lock().push(format!("{} {} {target}", uri.path(), text("content-type")));
    let body: Value = serde_json::from_slice(&body).unwrap();
    let operation = target.rsplit('.').next().unwrap().to_owned();
    let error = |status: StatusCode, code: &str| (status, json!({"__type": code, "message": "no"}).to_string());
    match operation.as_str() {
        "PutLogEvents" if !*backend.groups.lock() => error(StatusCode::BAD_REQUEST, "ResourceNotFoundException"),
        "CreateLogGroup" => error(StatusCode::BAD_REQUEST, "ResourceAlreadyExistsException"),
        "CreateLogStream" => {
            *backend.groups.lock() = true;
            (StatusCode::OK, "{}".to_owned())
        }
        "PutMetricData" if body["Namespace"] == "busy" => error(StatusCode::BAD_REQUEST, "ThrottlingException"),
        "PutMetricData" if body["Namespace"] == "bad" => {
            error(StatusCode::BAD_REQUEST, "com.amazon#InvalidParameterValueException")
        }
        "PutMetricData" if body["Namespace"] == "down" => error(StatusCode::SERVICE_UNAVAILABLE, "Unavailable"),
        "PutEvents" => (
            StatusCode::OK,
            json!({"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "full"}]})
                .to_string(),
        ),
        _ => (StatusCode::OK, "{}".to_owned()),
    }
}

async fn serve() -> (Backend, url::Url) {
    let backend = Backend::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let router = Router::new().fallback(answer).with_state(backend.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (backend, url)
}

#[tokio::test]
async fn calls_go_out_as_aws_has_them_and_groups_are_made_on_demand() {
    let (backend, url) = serve().await;
    let endpoint = AwsEndpoint::new(Target::own(url)).unwrap();
    for call in Publication::of(&failed_run(), &origin()).calls {
        let sent = endpoint.send(&call).await;
        assert_eq!(sent.is_err(), call.operation == "PutEvents", "{}: {sent:?}", call.operation);
    }
    insta::assert_snapshot!(backend.requests.lock().join("\n"), @r"
    / application/x-amz-json-1.0 GraniteServiceVersion20100801.PutMetricData
    / application/x-amz-json-1.1 Logs_20140328.PutLogEvents
    / application/x-amz-json-1.1 Logs_20140328.CreateLogGroup
    / application/x-amz-json-1.1 Logs_20140328.CreateLogStream
    / application/x-amz-json-1.1 Logs_20140328.PutLogEvents
    /TraceSegments application/json -
    / application/x-amz-json-1.1 AWSEvents.PutEvents
    ");
}

#[tokio::test]
async fn answers_are_told_apart_by_blame() {
    let (_, url) = serve().await;
    let endpoint = AwsEndpoint::new(Target::own(url)).unwrap();
    let put = |namespace: &str| Call::new(Service::Metrics, "PutMetricData", json!({"Namespace": namespace}));
    assert!(endpoint.send(&put("busy")).await.unwrap_err().is_retryable());
    assert!(endpoint.send(&put("down")).await.unwrap_err().is_retryable());
    let refused = endpoint.send(&put("bad")).await.unwrap_err();
    assert_eq!(refused.to_string(), "PutMetricData: refused with InvalidParameterValueException: no");
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = AwsEndpoint::new(Target::own(format!("http://{closed}").parse().unwrap())).unwrap();
    let unreachable = nobody.send(&put("x")).await.unwrap_err();
    assert!(unreachable.is_retryable() && unreachable.to_string().contains("refused"), "{unreachable}");
}

#[test]
fn attempts_have_one_datapoint_for_each_metric_and_their_own_evidence() {
    let (first, second) = (failed_run(), with_outcome(Outcome::Passed));
    let groups = ["checkout".to_owned()];
    let publication = Publication::of_attempts(&first, &[second], &groups, &origin());
    let of = |operation: &str| publication.calls.iter().filter(|call| call.operation == operation).collect::<Vec<_>>();
    let metrics = of("PutMetricData");
    let datums: Vec<_> = metrics.iter().flat_map(|call| call.input["MetricData"].as_array().unwrap()).collect();
    let mut series: Vec<_> =
        datums.iter().map(|datum| format!("{}{}", datum["MetricName"], datum["Dimensions"])).collect();
    let count = series.len();
    series.sort();
    series.dedup();
    assert_eq!(series.len(), count, "one datapoint for each");
    let value = |name: &str, dimensions: Value| {
        let datum = datums.iter().find(|datum| datum["MetricName"] == name && datum["Dimensions"] == dimensions);
        datum.unwrap_or_else(|| panic!("{name} {dimensions}"))["Value"].as_f64().unwrap()
    };
    let canary = json!([{"Name": "CanaryName", "Value": "shop-home"}]);
    assert!(value("SuccessPercent", canary.clone()).abs() < f64::EPSILON, "of the first attempt");
    assert!((value("SuccessPercentWithRetries", canary.clone()) - 100.0).abs() < f64::EPSILON);
    assert!((value("RetryCount", canary) - 1.0).abs() < f64::EPSILON);
    let group = json!([{"Name": "GroupName", "Value": "checkout"}]);
    assert!((value("SuccessPercentWithRetries", group) - 100.0).abs() < f64::EPSILON);
    assert_eq!((of("PutLogEvents").len(), of("PutTraceSegments").len(), of("PutEvents").len()), (2, 2, 2));
}

/// A signer that the environment has nothing to say to.
fn signer(service: Service) -> siskin_sdk::signing::AwsSigner {
    let access = siskin_sdk::signing::AwsAccess::from_variables(|_| None).unwrap().region("eu-west-1");
    siskin_sdk::signing::AwsSigner::new(service.signing_name(), access)
}

#[tokio::test]
async fn requests_are_signed_for_the_service_they_go_to() {
    use siskin_sdk::signing::{Credentials, CredentialsError};
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let router = Router::new().fallback(move |headers: HeaderMap| async move {
        noted.lock().push(headers);
        "{}"
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let credentials = || {
        Ok::<_, CredentialsError>(Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalrXUtnFEMI".to_owned(),
            session_token: Some("token".to_owned()),
            expires_at: None,
        })
    };
    let target = Target::own(url).signed_by(|service| signer(service).credentials(credentials));
    let endpoint = AwsEndpoint::new(target).unwrap();
    for service in Service::ALL {
        endpoint.send(&Call::new(service, "PutAnything", json!({}))).await.unwrap();
    }
    let scopes: Vec<_> = seen
        .lock()
        .iter()
        .map(|headers| {
            let text = |name: &str| headers[name].to_str().unwrap().to_owned();
            assert_eq!(text("x-amz-security-token"), "token");
            assert!(text("x-amz-date").ends_with('Z'));
            assert!(text("amz-sdk-invocation-id").len() == 36);
            let authorization = text("authorization");
            assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"), "{authorization}");
            authorization.split('/').skip(2).take(2).collect::<Vec<_>>().join("/")
        })
        .collect();
    assert_eq!(scopes, ["eu-west-1/monitoring", "eu-west-1/logs", "eu-west-1/events", "eu-west-1/xray"]);
    let aws = Target::aws("eu-west-1").unwrap();
    assert_eq!(aws.url(Service::Metrics, "/"), "https://monitoring.eu-west-1.amazonaws.com/");
}

#[tokio::test]
async fn without_credentials_results_wait() {
    let (_, url) = serve().await;
    let no_credentials = || Err(siskin_sdk::signing::CredentialsError("none".to_owned()));
    let target = Target::own(url).signed_by(|service| signer(service).credentials(no_credentials));
    let refused = AwsEndpoint::new(target).unwrap().send(&Call::new(Service::Logs, "X", json!({}))).await.unwrap_err();
    assert!(refused.is_retryable() && refused.to_string().contains("no AWS credentials: none"), "{refused}");
}
