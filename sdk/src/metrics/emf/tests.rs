//! Documents held against the format's rules, and their ways out.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::{Aggregation, Instrument, PeriodicReader, SdkMeterProvider, Stream};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::ship::LossReason;

const LONG: Duration = Duration::from_secs(30);
const NOW_MS: u64 = 1_793_000_000_123;

const UNITS: &str = "Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits|Megabits|Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second|Gigabytes/Second|Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second|Gigabits/Second|Terabits/Second|Count/Second|None";

/// Asserts what the specification's JSON schema and its text demand of a line.
fn assert_valid(line: &str) -> Value {
    assert!(!line.contains('\n') && line.len() <= crate::logs::EVENT_BYTES_MAX);
    let document: Value = serde_json::from_str(line).unwrap();
    let chars =
        |value: &Value, max: usize| assert!((1..=max).contains(&value.as_str().unwrap().chars().count()), "{value}");
    let metadata = document["_aws"].as_object().unwrap();
    assert!(metadata["Timestamp"].is_u64());
    for directive in metadata["CloudWatchMetrics"].as_array().unwrap() {
        chars(&directive["Namespace"], 1_024);
        let sets = directive["Dimensions"].as_array().unwrap();
        assert!(!sets.is_empty());
        for name in sets.iter().flat_map(|set| {
            let set = set.as_array().unwrap();
            assert!(set.len() <= 30);
            set
        }) {
            chars(name, 250);
            chars(&document[name.as_str().unwrap()], 1_024);
        }
        let metrics = directive["Metrics"].as_array().unwrap();
        assert!(metrics.len() <= 100);
        for metric in metrics {
            chars(&metric["Name"], 1_024);
            let unit = metric.get("Unit").map_or("None", |unit| unit.as_str().unwrap());
            assert!(UNITS.split('|').any(|known| known == unit), "{unit}");
            let resolution = metric.get("StorageResolution").map_or(60, |it| it.as_u64().unwrap());
            assert!(matches!(resolution, 1 | 60));
            match &document[metric["Name"].as_str().unwrap()] {
                Value::Array(values) => {
                    assert!((1..=100).contains(&values.len()) && values.iter().all(Value::is_number));
                }
                value => assert!(value.is_number(), "{value}"),
            }
        }
    }
    document
}

fn assert_all_valid(documents: &[Value]) {
    for document in documents {
        assert_valid(&document.to_string());
    }
}

fn document() -> Document {
    Document::new("Shop", NOW_MS).unwrap()
}

#[test]
fn the_specifications_example_can_be_written() {
    let mut document = Document::new("lambda-function-metrics", 1_574_109_732_004).unwrap();
    document.dimension("functionVersion", "$LATEST").unwrap().metric("time", Unit::Milliseconds, [100.0]).unwrap();
    document.property("requestId", "989ffbf8-9ace-4817-a57c-e4dd734019ee").unwrap();
    let lines = document.to_lines();
    assert_eq!(lines.len(), 1);
    let expected = json!({
        "_aws": {
            "Timestamp": 1_574_109_732_004_u64,
            "CloudWatchMetrics": [{
                "Namespace": "lambda-function-metrics",
                "Dimensions": [["functionVersion"]],
                "Metrics": [{"Name": "time", "Unit": "Milliseconds"}],
            }],
        },
        "functionVersion": "$LATEST",
        "time": 100.0,
        "requestId": "989ffbf8-9ace-4817-a57c-e4dd734019ee",
    });
    assert_eq!(assert_valid(&lines[0]), expected);
}

#[test]
fn sets_resolution_and_log_group_are_told() {
    let mut document = document();
    document.dimension("a", "1").unwrap().dimension("b", "2").unwrap();
    document.dimension_set(&["a", "b"]).unwrap().dimension_set(&["b"]).unwrap().dimension_set(&[]).unwrap();
    document.metric_with("m", Unit::None, Resolution::High, [1.0, 2.0]).unwrap().log_group("/shop");
    let line = assert_valid(&document.to_lines()[0]);
    let directive = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(directive["Dimensions"], json!([["a", "b"], ["b"], []]));
    assert_eq!(directive["Metrics"], json!([{"Name": "m", "StorageResolution": 1}]));
    assert_eq!((&line["_aws"]["LogGroupName"], &line["m"]), (&json!("/shop"), &json!([1.0, 2.0])));
}

#[test]
fn what_the_format_does_not_allow_is_refused() {
    let mut full = document();
    for number in 0..DIMENSIONS_MAX {
        full.dimension(format!("d{number}"), "v").unwrap();
    }
    full.metric("m", Unit::Count, [1.0]).unwrap().property("p", 1).unwrap();
    let refusals = [
        Document::new("", 0).unwrap_err(),
        Document::new("AWS/EC2", 0).unwrap_err(),
        document().dimension("", "v").unwrap_err(),
        document().dimension("d", " ").unwrap_err(),
        document().dimension(":d", "v").unwrap_err(),
        full.dimension("one more", "v").unwrap_err(),
        full.dimension_set(&["d1", "unknown"]).unwrap_err(),
        full.metric("n", Unit::Count, []).unwrap_err(),
        full.metric("n", Unit::Count, [1.0, f64::NAN]).unwrap_err(),
        full.metric("n", Unit::Count, [f64::MAX]).unwrap_err(),
        full.metric("d1", Unit::Count, [1.0]).unwrap_err(),
        full.metric("m", Unit::Count, [1.0]).unwrap_err(),
        full.metric("_aws", Unit::Count, [1.0]).unwrap_err(),
        full.property("p", 1).unwrap_err(),
    ];
    insta::assert_snapshot!(refusals.map(|refusal| refusal.to_string()).join("\n"), @r#"
namespace "": expected 1-255 characters that begin neither with AWS/ nor :
namespace "AWS/EC2": expected 1-255 characters that begin neither with AWS/ nor :
dimension "": expected 1-250 characters that do not begin with :
value of a dimension " ": expected 1-1024 characters
dimension ":d": expected 1-250 characters that do not begin with :
dimension "one more": at most 30 dimensions
dimension set "unknown": expected the name of a dimension added before
values of a metric "0": expected 1-10000 values
value of a metric "NaN": expected a finite number up to 2^360
value of a metric "1797693134862315700000000000000000000000000000000000000000000000": expected a finite number up to 2^360
metric "d1": the name is taken
metric "m": the name is taken
metric "_aws": the name is taken
property "p": the name is taken
"#);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn large_documents_become_lines_that_lose_nothing(counts in proptest::collection::vec(1..350_usize, 0..130), dimensions in 0..=DIMENSIONS_MAX) {
        let mut document = document();
        for number in 0..dimensions {
            document.dimension(format!("d{number}"), "v").unwrap();
        }
        for (number, count) in counts.iter().enumerate() {
            document.metric(format!("m{number}"), Unit::Count, (0..*count).map(|value| value as f64)).unwrap();
        }
        let mut found: Vec<Vec<f64>> = vec![Vec::new(); counts.len()];
        for line in document.to_lines() {
            let line = assert_valid(&line);
            for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap() {
                let name = metric["Name"].as_str().unwrap();
                let values = &mut found[name.strip_prefix('m').unwrap().parse::<usize>().unwrap()];
                match &line[name] {
                    Value::Array(all) => values.extend(all.iter().map(|value| value.as_f64().unwrap())),
                    value => values.push(value.as_f64().unwrap()),
                }
            }
        }
        let expected: Vec<Vec<f64>> = counts.iter().map(|count| (0..*count).map(|value| value as f64).collect()).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn units_have_cloudwatchs_names() {
    for (ucum, name) in [
        ("s", "Seconds"),
        ("ms", "Milliseconds"),
        ("By", "Bytes"),
        ("%", "Percent"),
        ("{request}", "Count"),
        ("{request}/s", "Count/Second"),
        ("By/s", "Bytes/Second"),
        ("1", "None"),
        ("", "None"),
        ("KiBy", "None"),
        ("{", "None"),
        ("{a}b", "None"),
    ] {
        assert_eq!(Unit::from_ucum(ucum).name(), name, "{ucum}");
    }
}

/// A place for lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Collects what `measure` measures, as lines.
fn collected(form: HistogramForm, measure: impl FnOnce(&SdkMeterProvider)) -> Vec<Value> {
    let lines = Lines::default();
    let (sender, guard) = writer(lines.clone()).unwrap();
    let exporter = EmfExporter::new("Shop", sender).unwrap().histograms(form).log_group("/shop");
    let view = |instrument: &Instrument| {
        let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: true };
        let stream = || Stream::builder().with_aggregation(aggregation).build().ok();
        if instrument.name() == "exponential" { stream() } else { None }
    };
    let reader = PeriodicReader::builder(exporter).with_interval(LONG).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).with_view(view).build();
    measure(&provider);
    provider.force_flush().unwrap();
    let report = guard.flush(LONG);
    assert_eq!((report.lost.total(), report.pending), (0, 0));
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert_eq!(text.lines().count() as u64, report.sent);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn meters_become_documents_by_their_attributes() {
    let attributes = |kind: &'static str| [KeyValue::new("kind", kind), KeyValue::new("number", 7)];
    let documents = collected(HistogramForm::Samples, |provider| {
        let meter = provider.meter("test");
        let counter = meter.u64_counter("orders").with_unit("{order}").build();
        counter.add(2, &attributes("book"));
        counter.add(3, &attributes("book"));
        counter.add(4, &attributes("pen"));
        meter.f64_gauge("load").with_unit("%").build().record(12.5, &attributes("pen"));
        meter.i64_up_down_counter("open").build().add(-3, &[]);
    });
    assert_all_valid(&documents);
    let with =
        |name: &str, value: Value| documents.iter().filter(move |it| it.get(name) == Some(&value)).collect::<Vec<_>>();
    let (books, pens) = (with("kind", json!("book")), with("kind", json!("pen")));
    assert!(books.iter().any(|it| it["orders"] == 5.0 && it["number"] == "7" && it["_aws"]["LogGroupName"] == "/shop"));
    assert!(pens.iter().any(|it| it["orders"] == 4.0));
    let load = pens.iter().find(|it| it["load"] == 12.5).unwrap();
    let directive = &load["_aws"]["CloudWatchMetrics"][0];
    assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("Shop"), &json!([["kind", "number"]])));
    let units: BTreeSet<_> = pens
        .iter()
        .flat_map(|it| it["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap())
        .map(Value::to_string)
        .collect();
    let expected = [r#"{"Name":"load","Unit":"Percent"}"#, r#"{"Name":"orders","Unit":"Count"}"#].map(str::to_owned);
    assert_eq!(units, expected.into());
    assert_eq!(with("open", json!(-3.0)).len(), 1);
}

#[test]
fn histograms_become_samples_or_statistics() {
    let measure = |count: u64| {
        move |provider: &SdkMeterProvider| {
            let meter = provider.meter("test");
            let histogram = meter.f64_histogram("latency").with_boundaries(vec![10.0, 20.0]).build();
            (0..count).for_each(|number| histogram.record(if number % 2 == 0 { 5.0 } else { 15.0 }, &[]));
        }
    };
    let sampled = collected(HistogramForm::Samples, measure(4));
    assert_eq!(sampled[0]["latency"], json!([7.5, 7.5, 12.5, 12.5]));
    assert!(sampled[0].get("latency.count").is_none());
    let many = collected(HistogramForm::Samples, measure(5_000));
    assert_all_valid(&many);
    let samples: usize = many.iter().map(|it| it["latency"].as_array().unwrap().len()).sum();
    assert_eq!((samples, &many[0]["latency.count"]), (HISTOGRAM_SAMPLES_MAX, &json!(5_000)));
    let exact = collected(HistogramForm::Statistics, measure(5_000));
    assert_eq!(exact[0]["latency"], json!({"Max": 15.0, "Min": 5.0, "Count": 5_000, "Sum": 50_000.0}));
    let exponential = collected(HistogramForm::Samples, |provider| {
        let histogram = provider.meter("test").f64_histogram("exponential").build();
        for value in [-8.0, 0.0, 100.0] {
            histogram.record(value, &[]);
        }
    });
    let samples: Vec<f64> = serde_json::from_value(exponential[0]["exponential"].clone()).unwrap();
    let close =
        samples.iter().zip([-8.0, 0.0, 100.0]).all(|(sample, value): (&f64, f64)| (sample - value).abs() <= 0.1);
    assert!(close && samples.len() == 3, "{samples:?}");
}

#[test]
fn what_cloudwatch_cannot_take_stays_readable() {
    let documents = collected(HistogramForm::Samples, |provider| {
        let meter = provider.meter("test");
        let attributes: Vec<_> = (0..33).map(|number| KeyValue::new(format!("k{number:02}"), number)).collect();
        meter.f64_gauge("huge").build().record(1e200, &[KeyValue::new("empty", "")]);
        meter.f64_gauge("same").build().record(1.0, &[KeyValue::new("same", "name")]);
        meter.f64_gauge("wide").build().record(1.0, &attributes);
    });
    assert_all_valid(&documents);
    let with = |name: &str| documents.iter().find(|it| it.get(name).is_some()).unwrap();
    assert_eq!((&with("huge")["huge"], &with("huge")["empty"]), (&json!(1e200.to_string()), &json!("")));
    assert_eq!((&with("same")["same"], &with("same")["same_2"]), (&json!(1.0), &json!("name")));
    let wide = with("wide");
    assert_eq!(wide["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0].as_array().unwrap().len(), 30);
    assert_eq!(wide["k32"], "32");
}

#[test]
fn an_agent_gets_lines_over_tcp_and_a_new_connection_when_it_was_away() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    let (sender, guard) = agent(address.parse().unwrap()).unwrap();
    let read = |count: usize| {
        let (stream, _) = listener.accept().unwrap();
        BufReader::new(stream).lines().take(count).map(Result::unwrap).collect::<Vec<_>>()
    };
    sender.send("one");
    sender.send("two");
    assert_eq!(read(2), ["one", "two"]);
    // The agent has closed the connection; the sender is told when it looks.
    assert_eq!(guard.flush(LONG).sent, 2);
    sender.send("three");
    assert_eq!(read(1), ["three"]);
    assert_eq!(guard.flush(LONG).lost.total(), 0);
}

#[test]
fn an_agent_gets_datagrams_and_a_document_too_large_for_one_is_counted() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(LONG)).unwrap();
    let address = format!("udp://{}", socket.local_addr().unwrap());
    let (sender, guard) = agent(address.parse().unwrap()).unwrap();
    sender.send("x".repeat(100_000));
    sender.send("{}");
    let mut buffer = [0; 100];
    let bytes = socket.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..bytes], b"{}\n");
    let report = guard.flush(LONG);
    assert_eq!((report.sent, report.lost.count(LossReason::TooLarge)), (1, 1));
}

#[test]
fn addresses_are_those_of_the_variable() {
    for text in ["tcp://127.0.0.1:25888", "udp://agent:1"] {
        assert_eq!(text.parse::<AgentAddress>().unwrap().to_string(), text);
    }
    assert_eq!(AgentAddress::default().to_string(), "tcp://127.0.0.1:25888");
    for text in ["", "127.0.0.1:25888", "http://h:1", "tcp://h", "tcp://:1", "tcp://h:99999"] {
        assert_eq!(text.parse::<AgentAddress>(), Err(AgentAddressError(text.to_owned())));
    }
}
