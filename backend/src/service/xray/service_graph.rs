//! `GetServiceGraph` and `GetTraceGraph`.

use serde::{Deserialize, Serialize};

use super::XRayError;
use super::batch_get_traces::{parse_trace_ids, traces};
use super::graph::{Graph, Service};
use super::window::{Traces, Window};
use crate::base::{Arn, Timestamp};
use crate::service::Context;

/// Which time range.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetServiceGraphInput {
    /// Start of the range, inclusive.
    pub start_time: Timestamp,
    /// End of the range, exclusive.
    pub end_time: Timestamp,
    /// Only the traces of this group; the group `Default` holds all, and there are no others.
    pub group_name: Option<String>,
    /// The same, by ARN.
    #[serde(rename = "GroupARN")]
    pub group_arn: Option<String>,
    /// Never handed out: a graph is one page.
    pub next_token: Option<String>,
}

/// A graph.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetServiceGraphOutput {
    /// Start of the range.
    pub start_time: Timestamp,
    /// End of the range.
    pub end_time: Timestamp,
    /// The nodes.
    pub services: Vec<Service>,
    /// Whether the group's filter changed within the range; there is only the group of all traces.
    pub contains_old_group_versions: bool,
}

/// Which traces.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetTraceGraphInput {
    /// Their ids.
    pub trace_ids: Vec<String>,
    /// Never handed out: a graph is one page.
    pub next_token: Option<String>,
}

/// A graph.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetTraceGraphOutput {
    /// The nodes.
    pub services: Vec<Service>,
}

/// Returns the services that worked in a time range and their calls of each other.
///
/// Source: <https://docs.aws.amazon.com/xray/latest/api/API_GetServiceGraph.html>
///
/// # Errors
/// `InvalidRequestException` for a wrong range or token, and for a group that does not exist.
pub async fn get_service_graph(cx: &Context, input: GetServiceGraphInput) -> Result<GetServiceGraphOutput, XRayError> {
    let window = Window::parse(input.start_time, input.end_time)?;
    reject_token(input.next_token.as_deref())?;
    reject_groups(input.group_name.as_deref(), input.group_arn.as_deref())?;
    let services = service_graph(cx, window).await?;
    Ok(GetServiceGraphOutput {
        start_time: window.since,
        end_time: window.until,
        services,
        contains_old_group_versions: false,
    })
}

/// The graph of all traces with a span that began in `window`.
///
/// # Errors
/// The store's.
pub async fn service_graph(cx: &Context, window: Window) -> Result<Vec<Service>, XRayError> {
    let mut graph = Graph::default();
    let mut traces = Traces::new(window, None);
    while let Some(slice) = traces.next(cx).await? {
        for (_, trace) in &slice {
            graph.add(trace);
        }
    }
    Ok(graph.finish())
}

/// Returns the services of up to five traces.
///
/// Source: <https://docs.aws.amazon.com/xray/latest/api/API_GetTraceGraph.html>
///
/// # Errors
/// `InvalidRequestException` for too many ids, a text that is no trace id or a token.
pub async fn get_trace_graph(cx: &Context, input: GetTraceGraphInput) -> Result<GetTraceGraphOutput, XRayError> {
    reject_token(input.next_token.as_deref())?;
    let ids = parse_trace_ids(&input.trace_ids)?;
    let mut graph = Graph::default();
    traces(cx, &ids).await?.iter().for_each(|trace| graph.add(trace));
    Ok(GetTraceGraphOutput { services: graph.finish() })
}

/// There is only the group of all traces.
fn reject_groups(name: Option<&str>, arn: Option<&str>) -> Result<(), XRayError> {
    let of_arn = |arn| Arn::parse(arn)?.resource().strip_prefix("group/")?.split('/').next().map(str::to_owned);
    let group = name.map(str::to_owned).or_else(|| arn.map(|arn| of_arn(arn).unwrap_or_else(|| arn.to_owned())));
    match group.filter(|group| group != "Default") {
        Some(group) => Err(XRayError::InvalidRequest(format!("Group {group} does not exist"))),
        None => Ok(()),
    }
}

fn reject_token(token: Option<&str>) -> Result<(), XRayError> {
    match token {
        Some(_) => Err(XRayError::InvalidRequest("Invalid NextToken".to_owned())),
        None => Ok(()),
    }
}
