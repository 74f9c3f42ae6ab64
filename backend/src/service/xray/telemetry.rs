//! `PutTelemetryRecords`: what daemons say about their own work, kept as metrics.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::XRayError;
use crate::base::Timestamp;
use crate::service::Context;
use crate::store::{Dimensions, MetricRow};

/// Where the metrics are.
pub const NAMESPACE: &str = "Siskin/XRayDaemon";

/// Most records of one request.
const RECORDS_MAX: usize = 1_000;

/// What a daemon did.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutTelemetryRecordsInput {
    /// One per minute.
    pub telemetry_records: Vec<TelemetryRecord>,
    /// Where the daemon runs; the dimension `InstanceId`.
    #[serde(rename = "EC2InstanceId")]
    pub ec2_instance_id: Option<String>,
    /// Where the daemon runs; the dimension `Hostname`.
    pub hostname: Option<String>,
    /// Where the daemon runs; the dimension `ResourceARN`.
    #[serde(rename = "ResourceARN")]
    pub resource_arn: Option<String>,
}

/// What a daemon did in a while.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TelemetryRecord {
    /// When the while ended.
    pub timestamp: Timestamp,
    /// Segments that came.
    pub segments_received_count: Option<i32>,
    /// Segments that were sent on.
    pub segments_sent_count: Option<i32>,
    /// Segments that found no room.
    pub segments_spillover_count: Option<i32>,
    /// Segments that were refused.
    pub segments_rejected_count: Option<i32>,
    /// Requests that failed.
    pub backend_connection_errors: Option<BackendConnectionErrors>,
}

/// Why requests failed, and how often.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BackendConnectionErrors {
    /// No answer in time.
    pub timeout_count: Option<i32>,
    /// Nobody listens.
    pub connection_refused_count: Option<i32>,
    /// Answers 400 to 499.
    #[serde(rename = "HTTPCode4XXCount")]
    pub http_code_4xx_count: Option<i32>,
    /// Answers 500 to 599.
    #[serde(rename = "HTTPCode5XXCount")]
    pub http_code_5xx_count: Option<i32>,
    /// The name does not resolve.
    pub unknown_host_count: Option<i32>,
    /// All else.
    pub other_count: Option<i32>,
}

/// Nothing.
#[derive(Debug, Serialize)]
pub struct PutTelemetryRecordsOutput {}

/// Keeps a daemon's counts as metrics in [`NAMESPACE`].
///
/// Source: <https://docs.aws.amazon.com/xray/latest/api/API_PutTelemetryRecords.html>
///
/// # Errors
/// `InvalidRequestException` for more than a thousand records.
pub async fn put_telemetry_records(
    cx: &Context,
    input: PutTelemetryRecordsInput,
) -> Result<PutTelemetryRecordsOutput, XRayError> {
    if input.telemetry_records.len() > RECORDS_MAX {
        return Err(XRayError::InvalidRequest(format!("TelemetryRecords has more than {RECORDS_MAX} members")));
    }
    cx.store.metrics.append(&cx.scope, rows_of(&input)).await?;
    Ok(PutTelemetryRecordsOutput {})
}

fn rows_of(input: &PutTelemetryRecordsInput) -> Vec<MetricRow> {
    let told =
        [("InstanceId", &input.ec2_instance_id), ("Hostname", &input.hostname), ("ResourceARN", &input.resource_arn)];
    let told =
        told.into_iter().filter_map(|(name, value)| Some((name, value.clone().filter(|text| !text.is_empty())?)));
    let dimensions = Dimensions::new(told);
    let (namespace, unit): (Arc<str>, Arc<str>) = (NAMESPACE.into(), "Count".into());
    let row = |at: Timestamp, name: &str, count: i32| {
        let value = f64::from(count);
        MetricRow {
            namespace: Arc::clone(&namespace),
            metric_name: name.into(),
            dimensions: dimensions.clone(),
            unit: Arc::clone(&unit),
            at,
            storage_resolution: 60,
            count: 1.0,
            sum: value,
            min: value,
            max: value,
        }
    };
    let rows = input.telemetry_records.iter().flat_map(|record| {
        let counts = counts_of(record).into_iter();
        counts.filter_map(|(name, count)| Some(row(record.timestamp, name, count?)))
    });
    rows.collect()
}

fn counts_of(record: &TelemetryRecord) -> Vec<(&'static str, Option<i32>)> {
    let mut counts = vec![
        ("SegmentsReceivedCount", record.segments_received_count),
        ("SegmentsSentCount", record.segments_sent_count),
        ("SegmentsSpilloverCount", record.segments_spillover_count),
        ("SegmentsRejectedCount", record.segments_rejected_count),
    ];
    if let Some(errors) = &record.backend_connection_errors {
        counts.extend([
            ("TimeoutCount", errors.timeout_count),
            ("ConnectionRefusedCount", errors.connection_refused_count),
            ("HTTPCode4XXCount", errors.http_code_4xx_count),
            ("HTTPCode5XXCount", errors.http_code_5xx_count),
            ("UnknownHostCount", errors.unknown_host_count),
            ("OtherCount", errors.other_count),
        ]);
    }
    counts
}
