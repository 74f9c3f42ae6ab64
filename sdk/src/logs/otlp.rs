//! Log records over OTLP/HTTP, as protobuf.
//!
//! Specification: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::logs::v1::{ExportLogsServiceRequest, ExportLogsServiceResponse};
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::logs::v1::{self as proto, ResourceLogs, ScopeLogs, SeverityNumber};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;
use tracing_core::Level;

use super::record::{FieldValue, LogItem, LogRecord};
use super::stream::{LogStream, error, is_missing};
use crate::client::Answer;
use crate::ship::{Delivered, Endpoint, Item, LossReason, SendError, Sink};

/// Most records in one request.
const BATCH_RECORDS_MAX: usize = 1_000;
/// Most bytes of records, as they take up memory, in one request.
const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// Of a record's flags, the one that says that the trace is sampled.
const SAMPLED_FLAG: u32 = 1;

/// Sends records to an OTLP receiver.
pub(super) struct OtlpLogs {
    pub(super) endpoint: Endpoint,
    /// CloudWatch puts records into a stream, which is created when it is missing.
    pub(super) stream: Option<LogStream>,
    /// What every record states of its origin.
    pub(super) resource: Vec<(String, String)>,
}

impl Sink<LogItem> for OtlpLogs {
    fn batch_len(&self, items: &[LogItem]) -> usize {
        let mut bytes = 0;
        let fits = |item: &&LogItem| {
            bytes += item.bytes();
            bytes <= BATCH_BYTES_MAX
        };
        items.iter().take(BATCH_RECORDS_MAX).take_while(fits).count().max(1)
    }

    fn send(&mut self, batch: &[LogItem]) -> Result<Delivered, SendError> {
        let body = self.request(batch).encode_to_vec();
        let mut answer = self.post(&body)?;
        if let Some(stream) = self.stream.as_ref().filter(|_| is_missing(&answer)) {
            stream.create(&mut self.endpoint)?;
            answer = self.post(&body)?;
        }
        if !answer.is_success() {
            return Err(error(&answer));
        }
        let output = ExportLogsServiceResponse::decode(answer.body()).unwrap_or_default();
        let rejected = output.partial_success.map_or(0, |partial| partial.rejected_log_records);
        let rejected = u64::try_from(rejected).unwrap_or_default();
        Ok(Delivered::except(batch.len(), [(LossReason::Refused, rejected)]))
    }
}

impl OtlpLogs {
    fn post(&mut self, body: &[u8]) -> Result<Answer, SendError> {
        let mut headers = vec![("content-type", "application/x-protobuf")];
        if let Some(stream) = &self.stream {
            headers.push(("x-aws-log-group", &stream.log_group_name));
            headers.push(("x-aws-log-stream", &stream.log_stream_name));
        }
        self.endpoint.post("/v1/logs", &headers, body)
    }

    fn request(&self, batch: &[LogItem]) -> ExportLogsServiceRequest {
        let mut scopes: BTreeMap<&str, Vec<proto::LogRecord>> = BTreeMap::new();
        for item in batch {
            let (target, record) = match item {
                LogItem::Event(record) => (record.target.as_str(), log_record(record)),
                LogItem::Line(line) => {
                    let at_ns = line.at_ms * 1_000_000;
                    let record = proto::LogRecord {
                        time_unix_nano: at_ns,
                        observed_time_unix_nano: at_ns,
                        body: Some(text(&line.text)),
                        ..proto::LogRecord::default()
                    };
                    ("", record)
                }
            };
            scopes.entry(target).or_default().push(record);
        }
        let scope_logs = scopes.into_iter().map(|(target, log_records)| ScopeLogs {
            scope: Some(InstrumentationScope { name: target.to_owned(), ..InstrumentationScope::default() }),
            log_records,
            schema_url: String::new(),
        });
        let attributes = self.resource.iter().map(|(name, value)| attribute(name, text(value)));
        let resource = Resource { attributes: attributes.collect(), ..Resource::default() };
        ExportLogsServiceRequest {
            resource_logs: vec![ResourceLogs {
                resource: Some(resource),
                scope_logs: scope_logs.collect(),
                schema_url: String::new(),
            }],
        }
    }
}

fn log_record(record: &LogRecord) -> proto::LogRecord {
    let attributes = record.fields.iter().map(|(name, value)| attribute(name, value_of(value)));
    proto::LogRecord {
        time_unix_nano: record.at_ns,
        observed_time_unix_nano: record.at_ns,
        severity_number: severity(record.level) as i32,
        severity_text: record.level.as_str().to_owned(),
        body: Some(text(&record.message)),
        attributes: attributes.collect(),
        flags: record.ids.filter(|ids| ids.sampled).map_or(0, |_| SAMPLED_FLAG),
        trace_id: record.ids.map(|ids| ids.trace_id.to_bytes().to_vec()).unwrap_or_default(),
        span_id: record.ids.map(|ids| ids.span_id.to_bytes().to_vec()).unwrap_or_default(),
        ..proto::LogRecord::default()
    }
}

fn severity(level: Level) -> SeverityNumber {
    match level {
        Level::TRACE => SeverityNumber::Trace,
        Level::DEBUG => SeverityNumber::Debug,
        Level::INFO => SeverityNumber::Info,
        Level::WARN => SeverityNumber::Warn,
        Level::ERROR => SeverityNumber::Error,
    }
}

fn attribute(name: &str, value: AnyValue) -> KeyValue {
    KeyValue { key: name.to_owned(), value: Some(value), ..KeyValue::default() }
}

fn value_of(value: &FieldValue) -> AnyValue {
    let value = match value {
        FieldValue::Bool(flag) => any_value::Value::BoolValue(*flag),
        FieldValue::Signed(number) => any_value::Value::IntValue(*number),
        FieldValue::Unsigned(number) => match i64::try_from(*number) {
            Ok(number) => any_value::Value::IntValue(number),
            // OTLP's integers are signed; digits lose nothing.
            Err(_) => any_value::Value::StringValue(number.to_string()),
        },
        FieldValue::Float(number) => any_value::Value::DoubleValue(*number),
        FieldValue::Text(text) => any_value::Value::StringValue(text.clone()),
    };
    AnyValue { value: Some(value) }
}

fn text(text: &str) -> AnyValue {
    AnyValue { value: Some(any_value::Value::StringValue(text.to_owned())) }
}
