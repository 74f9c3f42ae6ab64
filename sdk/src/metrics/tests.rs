//! From an instrument to what an OTLP receiver on a socket gets.

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::{metric::Data, number_data_point::Value as Number};
use opentelemetry_sdk::metrics::Temporality;
use prost::Message;

use super::*;
use crate::ship::receiver::{Answer, Received, TestReceiver};

const LONG: Duration = Duration::from_secs(30);

fn config(receiver: &TestReceiver) -> OtlpConfig {
    OtlpConfig::new(&receiver.url, "shop").interval(LONG)
}

fn decoded(request: &Received) -> ExportMetricsServiceRequest {
    ExportMetricsServiceRequest::decode(request.body.as_slice()).unwrap()
}

/// The sum of the counter `orders` in a request.
fn orders(request: &Received) -> i64 {
    let metrics = decoded(request).resource_metrics.remove(0).scope_metrics.remove(0).metrics;
    let counter = metrics.into_iter().find(|metric| metric.name == "orders").unwrap();
    match counter.data {
        Some(Data::Sum(mut sum)) => match sum.data_points.remove(0).value {
            Some(Number::AsInt(number)) => number,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn meters_arrive_over_otlp() {
    let receiver = TestReceiver::start(|_| Answer::new(200, Vec::new()));
    let config = config(&receiver).resource_attribute(KeyValue::new("host.name", "h")).header("x-extra", "1");
    let (provider, guard) = otlp(config).unwrap();
    let meter = provider.meter("test");
    let counter = meter.u64_counter("orders").with_unit("{order}").build();
    counter.add(2, &[KeyValue::new("kind", "book")]);
    counter.add(3, &[KeyValue::new("kind", "book")]);
    meter.f64_histogram("latency").with_unit("s").build().record(0.25, &[]);
    let report = guard.flush(LONG);
    assert_eq!((report.sent, report.lost.total(), report.pending), (1, 0, 0));
    let request = &receiver.received()[0];
    assert_eq!((request.path.as_str(), request.header("x-extra")), ("/v1/metrics", Some("1")));
    assert_eq!(request.header("content-type"), Some("application/x-protobuf"));
    let metrics = decoded(request).resource_metrics.remove(0);
    let resource = metrics.resource.unwrap().attributes;
    let of = |name: &str| resource.iter().find(|it| it.key == name).and_then(|it| it.value.clone()?.value);
    assert_eq!(of("service.name"), Some(Any::StringValue("shop".to_owned())));
    assert_eq!(of("host.name"), Some(Any::StringValue("h".to_owned())));
    let names: Vec<_> =
        metrics.scope_metrics[0].metrics.iter().map(|it| (it.name.as_str(), it.unit.as_str())).collect();
    assert_eq!(names, [("orders", "{order}"), ("latency", "s")]);
    assert_eq!(orders(request), 5);
}

#[test]
fn sums_are_told_as_configured() {
    for (temporality, expected) in [(Temporality::Cumulative, [2, 5]), (Temporality::Delta, [2, 3])] {
        let receiver = TestReceiver::start(|_| Answer::new(200, Vec::new()));
        let (provider, guard) = otlp(config(&receiver).temporality(temporality)).unwrap();
        let counter = provider.meter("test").u64_counter("orders").build();
        for add in [2, 3] {
            counter.add(add, &[]);
            guard.flush(LONG);
        }
        assert_eq!(receiver.received().iter().map(orders).collect::<Vec<_>>(), expected, "{temporality:?}");
    }
}

#[test]
fn a_receiver_that_is_away_holds_up_no_collection() {
    let mut answers = vec![Answer::new(503, ""); 3];
    let receiver = TestReceiver::start(move |_| answers.pop().unwrap_or_else(|| Answer::new(200, Vec::new())));
    let (provider, guard) = otlp(config(&receiver).temporality(Temporality::Delta)).unwrap();
    let counter = provider.meter("test").u64_counter("orders").build();
    for add in [1, 2] {
        counter.add(add, &[]);
        provider.force_flush().unwrap();
    }
    let report = guard.flush(LONG);
    assert_eq!((report.sent, report.retries, report.lost.total()), (2, 3, 0));
    let taken: Vec<_> = receiver.received().iter().skip(3).map(orders).collect();
    assert_eq!(taken, [1, 2], "both collections came, in order");
}

#[test]
fn a_dropped_guard_collects_once_more() {
    let receiver = TestReceiver::start(|_| Answer::new(200, Vec::new()));
    let (provider, guard) = otlp(config(&receiver)).unwrap();
    provider.meter("test").u64_counter("orders").build().add(7, &[]);
    drop(guard);
    assert_eq!(receiver.received().iter().map(orders).collect::<Vec<_>>(), [7]);
}

#[test]
fn what_does_not_fit_or_is_refused_is_counted() {
    let receiver = TestReceiver::start(|_| Answer::new(400, "bad"));
    let (provider, guard) = otlp(config(&receiver)).unwrap();
    provider.meter("test").u64_counter("orders").build().add(7, &[]);
    assert_eq!(guard.flush(LONG).lost.count(LossReason::Refused), 1);
    let (provider, guard) = otlp(config(&receiver).bytes_max(10)).unwrap();
    provider.meter("test").u64_counter("orders").build().add(7, &[]);
    assert_eq!(guard.flush(LONG).lost.count(LossReason::QueueFull), 1);
}

#[test]
fn refusals_name_field_value_and_rule() {
    let refusal = otlp(OtlpConfig::new("localhost:4318", "shop")).map(|_| ()).unwrap_err().to_string();
    assert_eq!(refusal, r#"endpoint "localhost:4318": expected http://HOST[:PORT][/PATH] or https://..."#);
}
