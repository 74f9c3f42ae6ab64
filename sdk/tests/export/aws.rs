//! Logs and metrics to something that checks signatures as AWS does.

use std::time::Duration;

use opentelemetry::metrics::MeterProvider;
use siskin_sdk::logs::{self, LogsConfig, LossReason};
use siskin_sdk::metrics::emf::{self, Document, Unit};
use siskin_sdk::metrics::{self, OtlpConfig};
use siskin_sdk::{Clock, signing::AwsAccess};
use tracing::dispatcher::with_default;
use tracing::info;
use tracing_subscriber::layer::SubscriberExt;

use crate::daemon::PATIENCE;
use crate::server::{Reply, Request, Server, ok};
use crate::signature::{SECRET, verify};

/// 2015-08-30 12:36:00.
const AT: Duration = Duration::new(1_440_938_160, 0);

fn clock() -> Clock {
    Clock::manual(AT).0
}

/// What a task of ECS knows, with a container's endpoint that gives keys.
fn task(container: &Server, server: &Server) -> AwsAccess {
    let access = AwsAccess::from_variables(|name| match name {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI" => Some(container.url("/v2/credentials/1")),
        "AWS_ENDPOINT_URL" => Some(server.url("")),
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        _ => None,
    });
    access.unwrap()
}

fn container() -> Server {
    Server::start(|_, _| {
        ok(&format!(
            r#"{{"AccessKeyId":"near","SecretAccessKey":"{SECRET}","Token":"tok","Expiration":"2115-08-30T18:36:00Z"}}"#
        ))
    })
}

/// Logs one event and flushes.
fn log(config: LogsConfig) -> logs::DeliveryReport {
    let (layer, guard) = logs::layer(config.clock(clock())).unwrap();
    with_default(&tracing_subscriber::registry().with(layer).into(), || info!(target: "shop", "sold"));
    guard.flush(PATIENCE)
}

fn targets(requests: &[Request]) -> Vec<&str> {
    requests.iter().map(|request| request.headers["x-amz-target"].rsplit('.').next().unwrap()).collect()
}

#[test]
fn a_task_ships_logs_with_its_credentials() {
    let (container, server) = (container(), Server::start(|_, _| ok("{}")));
    let report = log(LogsConfig::aws(task(&container, &server), "/shop/api", "task-1"));
    assert_eq!((report.sent, report.retries), (1, 0));
    let request = server.request();
    assert_eq!(verify(&request), "20150830/eu-west-1/logs");
    assert_eq!(request.headers["x-amz-security-token"], "tok");
    assert_eq!(targets(&[request]), ["PutLogEvents"]);
}

#[test]
fn a_task_ships_logs_over_otlp_and_creates_the_stream() {
    let (container, server) = (
        container(),
        Server::start(|number, _| match number {
            0 => Reply::Answer(400, "x-amzn-errortype: ResourceNotFoundException\r\n", Vec::new()),
            _ => ok(""),
        }),
    );
    let report = log(LogsConfig::aws_otlp(task(&container, &server), "/shop/api", "task-1", "shop"));
    assert_eq!((report.sent, report.retries), (1, 0));
    let requests = server.requests();
    for request in &requests {
        assert_eq!(verify(request), "20150830/eu-west-1/logs");
    }
    let [refused, create, taken] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!(targets(std::slice::from_ref(create)), ["CreateLogStream"]);
    for request in [refused, taken] {
        assert_eq!(request.path(), "/v1/logs");
        assert_eq!(request.headers["content-type"], "application/x-protobuf");
        assert_eq!(
            (&*request.headers["x-aws-log-group"], &*request.headers["x-aws-log-stream"]),
            ("/shop/api", "task-1")
        );
    }
    assert_eq!(refused.body, taken.body);
}

#[test]
fn a_task_ships_metrics_over_otlp() {
    let (container, server) = (container(), Server::start(|_, _| ok("")));
    let config = OtlpConfig::aws(task(&container, &server), "shop").clock(clock());
    let (provider, guard) = metrics::otlp(config).unwrap();
    provider.meter("shop").u64_counter("orders").build().add(1, &[]);
    assert_eq!(guard.flush(PATIENCE).sent, 1);
    let request = server.request();
    assert_eq!((verify(&request).as_str(), request.path()), ("20150830/eu-west-1/monitoring", "/v1/metrics"));
}

#[test]
fn a_task_ships_embedded_metrics_without_an_agent() {
    let (container, server) = (container(), Server::start(|_, _| ok("{}")));
    let (sender, guard) = emf::cloudwatch(task(&container, &server), "/shop/metrics", "task-1").unwrap();
    let mut document = Document::new("Shop", 1_793_000_000_000).unwrap();
    document.metric("Latency", Unit::Milliseconds, [12.5]).unwrap();
    document.send(&sender);
    assert_eq!(guard.flush(PATIENCE).sent, 1);
    let request = server.request();
    assert!(verify(&request).ends_with("/eu-west-1/logs"));
    let body = String::from_utf8(request.body).unwrap();
    assert!(body.contains("CloudWatchMetrics") && body.contains("\"logGroupName\":\"/shop/metrics\""), "{body}");
}

#[test]
fn credentials_that_are_not_taken_are_asked_for_again() {
    let container = container();
    let server = Server::start(|number, _| match number {
        0 => Reply::Answer(400, "", br#"{"__type":"UnrecognizedClientException"}"#.to_vec()),
        1 => Reply::Answer(400, "", br#"{"__type":"InvalidParameterException"}"#.to_vec()),
        _ => ok("{}"),
    });
    let report = log(LogsConfig::aws(task(&container, &server), "/shop/api", "task-1"));
    assert_eq!((report.sent, report.retries, report.lost.count(LossReason::Refused)), (0, 1, 1));
    assert_eq!((server.requests().len(), container.requests().len()), (2, 2));
}

#[test]
fn each_service_has_its_own_address() {
    let container = container();
    for (variable, is_logs) in [("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", true), ("AWS_ENDPOINT_URL_CLOUDWATCH", false)] {
        let (general, own) = (Server::start(|_, _| ok("")), Server::start(|_, _| ok("")));
        let access = AwsAccess::from_variables(|name| match name {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI" => Some(container.url("/keys")),
            "AWS_ENDPOINT_URL" => Some(general.url("")),
            name => (name == variable).then(|| own.url("")),
        });
        let (access, other) = (access.clone().unwrap(), access.unwrap());
        assert_eq!(log(LogsConfig::aws(access, "g", "s")).sent, 1);
        let (provider, guard) = metrics::otlp(OtlpConfig::aws(other, "shop").clock(clock())).unwrap();
        provider.meter("shop").u64_counter("orders").build().add(1, &[]);
        assert_eq!(guard.flush(PATIENCE).sent, 1);
        // A region goes without saying for an address of one's own.
        let (of_logs, of_metrics) = if is_logs { (&own, &general) } else { (&general, &own) };
        assert_eq!(verify(&of_logs.request()), "20150830/us-east-1/logs");
        assert_eq!(verify(&of_metrics.request()), "20150830/us-east-1/monitoring");
    }
}
