//! The graph as the API shows it.
//!
//! Source: <https://docs.aws.amazon.com/xray/latest/api/API_Service.html>

use serde::Serialize;

use crate::base::Timestamp;

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Service {
    /// Its number in this answer; edges name it.
    pub reference_id: i32,
    /// The canonical name.
    pub name: String,
    /// All names.
    pub names: Vec<String>,
    /// Whether traces begin here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root: Option<bool>,
    /// The account that the segments name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// `client`, `remote`, `AWS::...`; absent when the segments do not say.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// `active` when it sends segments, `unknown` when only others tell of it.
    pub state: &'static str,
    /// When its first request began.
    pub start_time: Timestamp,
    /// When its last request ended.
    pub end_time: Timestamp,
    /// Whom it calls.
    pub edges: Vec<Edge>,
    /// Its requests; a client has none of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary_statistics: Option<EdgeStatistics>,
    /// How long its work took.
    pub duration_histogram: Vec<HistogramEntry>,
    /// How long its callers waited.
    pub response_time_histogram: Vec<HistogramEntry>,
}

/// Calls from one service to another.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Edge {
    /// The called node.
    pub reference_id: i32,
    /// When the caller's first request began.
    pub start_time: Timestamp,
    /// When the caller's last request ended.
    pub end_time: Timestamp,
    /// The calls, as the caller saw them.
    pub summary_statistics: EdgeStatistics,
    /// How long the caller waited.
    pub response_time_histogram: Vec<HistogramEntry>,
    /// Other names by which the caller addressed the service.
    pub aliases: Vec<Alias>,
    /// `link` when the two are parts of different traces that a link joins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edge_type: Option<&'static str>,
    /// How old what was handed over was when the receiver began.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub received_event_age_histogram: Vec<HistogramEntry>,
}

/// Another name of a called service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Alias {
    /// The canonical name.
    pub name: String,
    /// All names.
    pub names: Vec<String>,
    /// The type of the service.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// `EdgeStatistics` and `ServiceStatistics`, which have the same members. Times are seconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct EdgeStatistics {
    /// Requests that went well.
    pub ok_count: i64,
    /// Requests that failed by the caller's fault.
    pub error_statistics: ErrorStatistics,
    /// Requests that failed by the service's fault.
    pub fault_statistics: FaultStatistics,
    /// All requests that have ended.
    pub total_count: i64,
    /// Their times added up.
    pub total_response_time: f64,
}

/// Requests that failed by the caller's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ErrorStatistics {
    /// Too many requests.
    pub throttle_count: i64,
    /// All other reasons.
    pub other_count: i64,
    /// Both.
    pub total_count: i64,
}

/// Requests that failed by the service's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct FaultStatistics {
    /// Whatever the reason.
    pub other_count: i64,
    /// The same number.
    pub total_count: i64,
}

/// How often one value came.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HistogramEntry {
    /// Seconds, to the millisecond.
    pub value: f64,
    /// How often.
    pub count: i32,
}
