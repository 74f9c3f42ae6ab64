//! `GetLogEvents`.

use serde::{Deserialize, Serialize};

use super::group::{StoredGroup, page_limit};
use super::name::one_group;
use super::position::{PageStart, Position};
use super::reader::{PAGE_EVENTS_MAX, Page, Reader, size_of_event};
use super::stream::StoredStream;
use super::{LogGroupName, LogStreamName, LogsError};
use crate::base::Timestamp;
use crate::service::Context;
use crate::store::{LogRow, LogScan, Order};

/// Which events.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogEventsInput {
    /// The group, by name.
    pub log_group_name: Option<LogGroupName>,
    /// The group, by name or ARN.
    pub log_group_identifier: Option<String>,
    /// The stream.
    pub log_stream_name: LogStreamName,
    /// From this time on, in milliseconds.
    pub start_time: Option<i64>,
    /// Before this time, in milliseconds.
    pub end_time: Option<i64>,
    /// From another page.
    pub next_token: Option<String>,
    /// 1 to 10,000, the default; fewer when they have more than 1 MB.
    pub limit: Option<i32>,
    /// Without a token: whether to begin with the earliest events; else with the latest.
    #[serde(default)]
    pub start_from_head: bool,
}

/// One page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLogEventsOutput {
    /// Earliest first, whichever way the pages go.
    pub events: Vec<OutputLogEvent>,
    /// For later events; the token that was sent when there are none yet.
    pub next_forward_token: String,
    /// For earlier events; the token that was sent when there are none.
    pub next_backward_token: String,
}

/// One event. Times are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OutputLogEvent {
    /// When it happened.
    pub timestamp: i64,
    /// What.
    pub message: String,
    /// When it came.
    pub ingestion_time: i64,
}

/// Returns events of one stream, page by page in either direction.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html>
///
/// # Errors
/// `ResourceNotFoundException`; `InvalidParameterException` for a wrong limit or token.
pub async fn get_log_events(cx: &Context, input: GetLogEventsInput) -> Result<GetLogEventsOutput, LogsError> {
    let group = one_group(&cx.scope, input.log_group_name, input.log_group_identifier.as_deref())?;
    let limit = page_limit(input.limit, PAGE_EVENTS_MAX)?;
    let start = input.next_token.as_deref().map(PageStart::parse).transpose()?;
    let stored_group = StoredGroup::read(cx, &group).await?.document;
    let stream = StoredStream::read(cx, &group, &input.log_stream_name).await?.document;
    let (order, after) = match start {
        Some(PageStart::Forward(position)) => (Order::OldestFirst, Some(position)),
        Some(PageStart::Backward(position)) => (Order::NewestFirst, Some(position)),
        None if input.start_from_head => (Order::OldestFirst, None),
        None => (Order::NewestFirst, None),
    };
    let since = input.start_time.map_or(Timestamp::EPOCH, Timestamp::from_millis);
    let scan = LogScan {
        group: group.to_arc(),
        streams: Some(vec![stream.name.to_arc()]),
        since: since.max(stored_group.oldest_kept(cx.now())),
        until: input.end_time.map_or(Timestamp::MAX, Timestamp::from_millis),
        order,
        after: after.map(Position::after),
        limit: 0,
    };
    let rows = read_page(cx, scan, limit, stream.created_at).await?;
    Ok(to_output(rows, start))
}

/// Up to `limit` events, in the order of the scan.
async fn read_page(cx: &Context, scan: LogScan, limit: usize, created_at: Timestamp) -> Result<Vec<LogRow>, LogsError> {
    let newest_first = scan.order == Order::NewestFirst;
    let mut reader = Reader::new(scan);
    let mut page = Page::new(limit);
    'reading: while let Some(rows) = reader.next(cx).await? {
        for row in rows.into_iter().filter(|row| row.ingested_at >= created_at) {
            let bytes = size_of_event(&row);
            if page.is_full_for(bytes) {
                break 'reading;
            }
            page.push(row, bytes);
        }
    }
    let mut rows = page.into_items();
    if newest_first {
        rows.reverse();
    }
    Ok(rows)
}

/// Tokens never end: at either end the client gets back what it sent, and later perhaps more events.
fn to_output(rows: Vec<LogRow>, start: Option<PageStart>) -> GetLogEventsOutput {
    let (forward, backward) = match (rows.first(), rows.last(), start) {
        (Some(first), Some(last), _) => (Position::of(last), Position::of(first)),
        (_, _, Some(PageStart::Forward(position) | PageStart::Backward(position))) => (position, position),
        (_, _, None) => (Position::START, Position::START),
    };
    let event = |row: LogRow| OutputLogEvent {
        timestamp: row.at.as_millis(),
        message: row.message,
        ingestion_time: row.ingested_at.as_millis(),
    };
    GetLogEventsOutput {
        next_forward_token: PageStart::Forward(forward).to_token(),
        next_backward_token: PageStart::Backward(backward).to_token(),
        events: rows.into_iter().map(event).collect(),
    }
}
