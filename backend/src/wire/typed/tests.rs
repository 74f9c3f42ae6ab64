use std::collections::BTreeMap;
use std::fmt::Write as _;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{Blob, DecodeError, from_value, to_value};
use crate::base::Timestamp;
use crate::wire::{Members, Value, json};

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Datum {
    metric_name: Name,
    timestamp: Option<Timestamp>,
    value: Option<f64>,
    #[serde(default)]
    counts: Vec<f64>,
    storage_resolution: Option<u32>,
    enabled: Option<bool>,
    image: Option<Blob>,
    unit: Option<Unit>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    target: Option<Target>,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
struct Name(String);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.starts_with(':') { Err("Member must not start with a colon".to_owned()) } else { Ok(Self(text)) }
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl Clone for Name {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
enum Unit {
    Seconds,
    #[serde(rename = "Bytes/Second")]
    BytesPerSecond,
}

/// An AWS union.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
enum Target {
    Arn(String),
    Retry { count: i64 },
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    data: Vec<Datum>,
}

fn read(text: &str) -> Result<Datum, DecodeError> {
    from_value(json::decode(text.as_bytes()).expect("the test wrote JSON"))
}

fn untyped(members: &[(&'static str, &str)]) -> Result<Datum, DecodeError> {
    let members = members.iter().map(|(name, text)| (*name, Value::Untyped((*text).to_owned())));
    from_value(Value::Map(members.collect()))
}

fn full() -> Datum {
    Datum {
        metric_name: Name("Latency".to_owned()),
        timestamp: Some(Timestamp::from_millis(1_795_420_800_500)),
        value: Some(1.5),
        counts: vec![1.0, 2.0],
        storage_resolution: Some(60),
        enabled: Some(true),
        image: Some(Blob(Bytes::from_static(b"\x00\xff"))),
        unit: Some(Unit::BytesPerSecond),
        attributes: BTreeMap::from([("a.b".to_owned(), "c".to_owned())]),
        target: Some(Target::Retry { count: 3 }),
    }
}

#[test]
fn a_struct_survives_the_way_there_and_back() {
    let value = to_value(&full()).unwrap();
    assert_eq!(from_value::<Datum>(value).unwrap(), full());
}

#[test]
fn json_is_typed() {
    let datum = read(
        r#"{"MetricName": "Latency", "Timestamp": 1795420800.5, "Value": 1.5, "Counts": [1, 2.0],
            "StorageResolution": 60.0, "Enabled": true, "Image": "AP8=", "Unit": "Bytes/Second",
            "Attributes": {"a.b": "c"}, "Target": {"Arn": null, "Retry": {"count": 3}}, "Unknown": [{}]}"#,
    );
    assert_eq!(datum.unwrap(), full());
}

#[test]
fn text_protocols_leave_the_type_to_the_reader() {
    let datum = untyped(&[
        ("MetricName", "7"),
        ("Timestamp", "2026-11-23T08:00:00.500Z"),
        ("Value", "1e3"),
        ("Counts", ""),
        ("StorageResolution", "1"),
        ("Enabled", "True"),
        ("Image", "AP8="),
        ("Unit", "Seconds"),
    ])
    .unwrap();
    assert_eq!(datum.metric_name.0, "7");
    assert_eq!(datum.timestamp, full().timestamp);
    assert_eq!((datum.value, datum.counts.len(), datum.storage_resolution), (Some(1000.0), 0, Some(1)));
    assert_eq!((datum.enabled, datum.image, datum.unit), (Some(true), full().image, Some(Unit::Seconds)));
    let epoch = untyped(&[("MetricName", "a"), ("Timestamp", "1795420800.5")]).unwrap();
    assert_eq!(epoch.timestamp, full().timestamp);
}

#[test]
fn null_is_absent_and_absent_is_not_written() {
    let datum = read(r#"{"MetricName": "a", "Value": null, "Counts": null, "Attributes": null}"#).unwrap();
    let written = json::encode(&to_value(&datum).unwrap());
    insta::assert_snapshot!(String::from_utf8(written).unwrap(), @r#"{"MetricName":"a","Counts":[],"Attributes":{}}"#);
}

#[test]
fn numbers_that_json_lacks_come_as_text() {
    assert_eq!(read(r#"{"MetricName": "a", "Value": "-Infinity"}"#).unwrap().value, Some(f64::NEG_INFINITY));
    assert!(read(r#"{"MetricName": "a", "Value": "NaN"}"#).unwrap().value.unwrap().is_nan());
}

#[test]
fn errors_name_the_member_and_its_value() {
    let mut told = String::new();
    for datum in [
        r"{}",
        r#"{"MetricName": null}"#,
        r#"{"MetricName": ":a"}"#,
        r#"{"MetricName": 5}"#,
        r#"{"MetricName": "a", "Value": "5"}"#,
        r#"{"MetricName": "a", "Counts": [1, "x"]}"#,
        r#"{"MetricName": "a", "Counts": {}}"#,
        r#"{"MetricName": "a", "StorageResolution": -1}"#,
        r#"{"MetricName": "a", "StorageResolution": 1.5}"#,
        r#"{"MetricName": "a", "Unit": "Parsecs"}"#,
        r#"{"MetricName": "a", "Image": "*"}"#,
        r#"{"MetricName": "a", "Timestamp": "yesterday"}"#,
        r#"{"MetricName": "a", "Timestamp": 1e300}"#,
        r#"{"MetricName": "a", "Attributes": {"k": 1}}"#,
        r#"{"MetricName": "a", "MetricName": "b"}"#,
        r#"{"MetricName": "a", "Target": {"Arn": "x", "Retry": {}}}"#,
        r#"{"MetricName": "a", "Target": {"Retry": {}}}"#,
    ] {
        let batch = format!(r#"{{"Data": [{{"MetricName": "ok"}}, {datum}]}}"#);
        let error = from_value::<Batch>(json::decode(batch.as_bytes()).unwrap()).unwrap_err();
        writeln!(told, "{error}").unwrap();
    }
    insta::assert_snapshot!(told, @r#"
    missing at Data.member.2.MetricName
    missing at Data.member.2.MetricName
    Member must not start with a colon at Data.member.2.MetricName
    an integer cannot be read as a string at Data.member.2.MetricName
    a string cannot be read as a number at Data.member.2.Value
    a string cannot be read as a number at Data.member.2.Counts.member.2
    a structure cannot be read as a list at Data.member.2.Counts
    "-1" is not an integer from 0 to 4294967295 at Data.member.2.StorageResolution
    a number cannot be read as an integer at Data.member.2.StorageResolution
    "Parsecs" is not one of Seconds, Bytes/Second at Data.member.2.Unit
    "*" is not base64 at Data.member.2.Image
    "yesterday" is not a timestamp at Data.member.2.Timestamp
    "1e300" is not a timestamp at Data.member.2.Timestamp
    an integer cannot be read as a string at Data.member.2.Attributes.k
    duplicate field `MetricName` at Data.member.2
    Member must have exactly one of its members set at Data.member.2.Target
    missing at Data.member.2.Target.Retry.count
    "#);
}

#[test]
fn validation_sentences_are_those_of_aws() {
    let missing = from_value::<Batch>(json::decode(br#"{"Data": [{}]}"#).unwrap()).unwrap_err();
    insta::assert_snapshot!(missing.validation_message(), @"1 validation error detected: Value null at 'data.1.member.metricName' failed to satisfy constraint: Member must not be null");
    let value = untyped(&[("MetricName", "a"), ("Value", "many")]).unwrap_err();
    insta::assert_snapshot!(value.validation_message(), @"1 validation error detected: Value 'many' at 'value' failed to satisfy constraint: Member must be a number");
}

#[test]
fn what_no_shape_has_is_refused() {
    assert!(to_value(&u64::MAX).is_err());
    assert!(to_value(&BTreeMap::from([(vec![1], 2)])).is_err());
    assert_eq!(to_value(&()).unwrap(), Value::Null);
    assert_eq!(to_value(&BTreeMap::from([(5, true)])).unwrap(), {
        Value::Map([("5", Value::Bool(true))].into_iter().collect::<Members>())
    });
}
