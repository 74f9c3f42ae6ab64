use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::fault::{Fault, ServiceError};
use super::testing::Fixture;
use super::{Context, Operations, ServiceId, Services};
use crate::base::Timestamp;
use crate::wire::{Members, Value};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PutInput {
    name: String,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    unit: Option<Unit>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
enum Unit {
    Seconds,
    Bytes,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PutOutput {
    arn: String,
    at: Timestamp,
    absent: Option<String>,
}

#[derive(Debug, thiserror::Error)]
enum PutError {
    #[error("rule {0} does not exist")]
    NotFound(String),
}

impl ServiceError for PutError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "ResourceNotFoundException",
        }
    }

    fn status(&self) -> u16 {
        404
    }

    fn members(&self) -> Members {
        let Self::NotFound(name) = self;
        [("ResourceName", Value::String(name.clone()))].into_iter().collect()
    }
}

async fn put(cx: &Context, input: PutInput) -> Result<PutOutput, PutError> {
    tokio::task::yield_now().await;
    match input.name.as_str() {
        "missing" => Err(PutError::NotFound(input.name)),
        "panic" => panic!("a bug: {} tags", input.tags.len()),
        name => Ok(PutOutput { arn: format!("{}/{name}", cx.scope), at: cx.now(), absent: None }),
    }
}

async fn ping(_cx: &Context, (): ()) -> Result<(), PutError> {
    Ok(())
}

async fn call(operation: &str, input: &[(&'static str, Value)]) -> Result<Value, Fault> {
    call_at(ServiceId::Events, operation, input).await
}

async fn call_at(service: ServiceId, operation: &str, input: &[(&'static str, Value)]) -> Result<Value, Fault> {
    let services = Services::new([Operations::new(service).on("Put", put).on("Ping", ping)]);
    let fixture = Fixture::new().await;
    let cx = Context { now: Timestamp::from_secs(7), ..fixture.cx() };
    let input = Value::Map(input.iter().cloned().collect());
    services.call(service, operation, &cx, input).await
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

#[tokio::test]
async fn typed_input_goes_in_and_typed_output_comes_out() {
    let output = call("Put", &[("Name", text("a")), ("Unknown", Value::Bool(true))]).await.unwrap();
    let expected = [("Arn", text("123456789012/us-east-1/a")), ("At", Value::Timestamp(Timestamp::from_secs(7)))];
    assert_eq!(output, Value::Struct(expected.into_iter().collect()));
    assert_eq!(call("Ping", &[]).await.unwrap(), Value::Null);
}

#[tokio::test]
async fn an_error_carries_code_status_message_and_members() {
    let fault = call("Put", &[("Name", text("missing"))]).await.unwrap_err();
    assert_eq!((fault.code.as_ref(), fault.query_code.as_ref()), ("ResourceNotFoundException", "ResourceNotFound"));
    assert_eq!((fault.status, fault.message.as_str()), (404, "rule missing does not exist"));
    assert_eq!(fault.members.get("ResourceName"), Some(&text("missing")));
}

#[tokio::test]
async fn a_panic_is_an_internal_failure() {
    let fault = call("Put", &[("Name", text("panic"))]).await.unwrap_err();
    assert_eq!((fault.code.as_ref(), fault.status), ("InternalFailure", 500));
    assert!(!fault.message.contains("bug"));
}

#[tokio::test]
async fn unknown_operation_and_service_are_the_same_error() {
    assert_eq!(call("Get", &[]).await.unwrap_err().code, "UnknownOperationException");
    let fixture = Fixture::new().await;
    let fault = Services::new([]).call(ServiceId::Logs, "Get", &fixture.cx(), Value::Null).await.unwrap_err();
    assert_eq!(fault.query_code, "InvalidAction");
}

#[tokio::test]
async fn each_service_words_a_missing_member_its_own_way() {
    let untagged = Value::List(vec![Value::empty_map()]);
    let input = [("Name", text("a")), ("Tags", untagged)];
    let mut told = String::new();
    for service in [ServiceId::CloudWatch, ServiceId::Logs, ServiceId::Events, ServiceId::XRay] {
        let fault = call_at(service, "Put", &input).await.unwrap_err();
        writeln!(told, "{}: {}", fault.query_code, fault.message).unwrap();
    }
    insta::assert_snapshot!(told, @"
    MissingParameter: The parameter Tags.member.1.Key is required.
    InvalidParameter: 1 validation error detected: Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null
    ValidationError: 1 validation error detected: Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null
    InvalidRequest: 1 validation error detected: Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null
    ");
}

#[tokio::test]
async fn wrong_types_and_wrong_values_name_their_member() {
    let with_tag = |unit| {
        let tag = Value::Map([("Key", text("k")), ("Unit", unit)].into_iter().collect());
        [("Name", text("a")), ("Tags", Value::List(vec![tag]))]
    };
    let mut told = String::new();
    for service in [ServiceId::CloudWatch, ServiceId::Logs] {
        for unit in [text("Parsecs"), Value::Int(3)] {
            let fault = call_at(service, "Put", &with_tag(unit)).await.unwrap_err();
            writeln!(told, "{}: {}", fault.code, fault.message).unwrap();
        }
    }
    insta::assert_snapshot!(told, @"
    InvalidParameterValueException: The parameter Tags.member.1.Unit must be a value in the set [ Seconds, Bytes ].
    SerializationException: an integer cannot be read as a string at Tags.member.1.Unit
    InvalidParameterException: 1 validation error detected: Value 'Parsecs' at 'tags.1.member.unit' failed to satisfy constraint: Member must satisfy enum value set: [Seconds, Bytes]
    SerializationException: an integer cannot be read as a string at Tags.member.1.Unit
    ");
}
