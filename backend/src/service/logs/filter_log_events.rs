//! `FilterLogEvents`.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::group::{StoredGroup, page_limit, read_token};
use super::name::one_group;
use super::position::Position;
use super::reader::{PAGE_EVENTS_MAX, Page, Reader, size_of_event};
use super::stream::StoredStream;
use super::{LogGroupName, LogStreamName, LogsError};
use crate::base::{PageToken, Timestamp};
use crate::lang::filter_pattern::{self, FilterPattern};
use crate::service::Context;
use crate::store::{LogRow, LogScan, Order};

/// Most streams that a request may name.
const STREAM_NAMES_MAX: usize = 100;
/// Most streams that a prefix may stand for.
const PREFIX_STREAMS_MAX: usize = 10_000;
/// Events that are looked at for one page; then the page is sent with what was found, perhaps nothing, and a token.
const LOOKED_AT_MAX: usize = 100_000;

/// Which events.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FilterLogEventsInput {
    /// The group, by name.
    pub log_group_name: Option<LogGroupName>,
    /// The group, by name or ARN.
    pub log_group_identifier: Option<String>,
    /// Of these streams.
    pub log_stream_names: Option<Vec<LogStreamName>>,
    /// Of streams whose names begin so.
    pub log_stream_name_prefix: Option<String>,
    /// From this time on, in milliseconds.
    pub start_time: Option<i64>,
    /// Until this time, inclusive, in milliseconds.
    pub end_time: Option<i64>,
    /// What the message must be like.
    pub filter_pattern: Option<String>,
    /// From the page before.
    pub next_token: Option<String>,
    /// 1 to 10,000, the default; fewer when they have more than 1 MB.
    pub limit: Option<i32>,
    /// Without a token: whether to begin with the earliest events, the default, or with the latest.
    pub start_from_head: Option<bool>,
}

/// One page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FilterLogEventsOutput {
    /// Events of all streams, interleaved by time.
    pub events: Vec<FilteredLogEvent>,
    /// Always empty, as at AWS: no page says more about a stream than its token does.
    pub searched_log_streams: Vec<String>,
    /// For the next page; absent when all has been looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// One event. Times are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FilteredLogEvent {
    /// Its stream.
    pub log_stream_name: Arc<str>,
    /// When it happened.
    pub timestamp: i64,
    /// What.
    pub message: String,
    /// When it came.
    pub ingestion_time: i64,
    /// Its id: 56 digits.
    pub event_id: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct NextPage {
    behind: String,
    from_head: bool,
}

/// Returns the events of a group that match, by time.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
///
/// # Errors
/// `ResourceNotFoundException`; `InvalidParameterException` for a wrong pattern, limit or token, and for both names and
/// a prefix.
pub async fn filter_log_events(cx: &Context, input: FilterLogEventsInput) -> Result<FilterLogEventsOutput, LogsError> {
    let group = one_group(&cx.scope, input.log_group_name.clone(), input.log_group_identifier.as_deref())?;
    let limit = page_limit(input.limit, PAGE_EVENTS_MAX)?;
    let pattern = filter_pattern::parse(input.filter_pattern.as_deref().unwrap_or_default())
        .map_err(|diagnostic| LogsError::InvalidParameter(diagnostic.message))?;
    let from = input.next_token.as_deref().map(read_position).transpose()?;
    let stored_group = StoredGroup::read(cx, &group).await?.document;
    let streams = wanted_streams(cx, &group, &input).await?;
    let from_head = from.map_or(input.start_from_head.unwrap_or(true), |(_, from_head)| from_head);
    let since = input.start_time.map_or(Timestamp::EPOCH, Timestamp::from_millis);
    let until = input.end_time.map_or(Timestamp::MAX, |end| Timestamp::from_millis(end.saturating_add(1)));
    let scan = LogScan {
        group: group.to_arc(),
        streams,
        since: since.max(stored_group.oldest_kept(cx.now())),
        until,
        order: if from_head { Order::OldestFirst } else { Order::NewestFirst },
        after: from.map(|(position, _)| position.after()),
        limit: 0,
    };
    let mut search = Search { cx, group, pattern, created: HashMap::new(), page: Page::new(limit), next: None };
    search.run(scan).await?;
    let next_token = search.next.map(|position| PageToken::encode(&NextPage { behind: position.digits(), from_head }));
    let events = search.page.into_items().into_iter().map(to_output).collect();
    Ok(FilterLogEventsOutput { events, searched_log_streams: Vec::new(), next_token })
}

fn read_position(token: &str) -> Result<(Position, bool), LogsError> {
    let page: NextPage = read_token(token)?;
    let position = Position::parse(&page.behind)
        .ok_or_else(|| LogsError::InvalidParameter("The specified nextToken is invalid.".to_owned()))?;
    Ok((position, page.from_head))
}

/// The streams that the request names; `None` for all.
async fn wanted_streams(
    cx: &Context,
    group: &LogGroupName,
    input: &FilterLogEventsInput,
) -> Result<Option<Vec<Arc<str>>>, LogsError> {
    match (&input.log_stream_names, &input.log_stream_name_prefix) {
        (Some(_), Some(_)) => {
            let message = "Filter by log stream names and by log stream name prefix cannot both be specified";
            Err(LogsError::InvalidParameter(message.to_owned()))
        }
        (Some(names), None) if names.len() > STREAM_NAMES_MAX => {
            let constraint = "Member must have length less than or equal to 100";
            Err(LogsError::constraint("logStreamNames", &format!("{} names", names.len()), constraint))
        }
        (Some(names), None) => Ok(Some(names.iter().map(LogStreamName::to_arc).collect())),
        (None, Some(prefix)) => {
            let prefix = StoredStream::key_of(group, prefix);
            let found = cx.store.catalog.list::<StoredStream>(&cx.scope, &prefix, None, PREFIX_STREAMS_MAX + 1).await?;
            if found.len() > PREFIX_STREAMS_MAX {
                let message = format!("The prefix stands for more than {PREFIX_STREAMS_MAX} log streams");
                return Err(LogsError::InvalidParameter(message));
            }
            Ok(Some(found.into_iter().map(|stream| stream.document.name.to_arc()).collect()))
        }
        (None, None) => Ok(None),
    }
}

struct Search<'a> {
    cx: &'a Context,
    group: LogGroupName,
    pattern: FilterPattern,
    /// When each stream that was met was made; `None` when it is deleted.
    created: HashMap<Arc<str>, Option<Timestamp>>,
    page: Page<LogRow>,
    next: Option<Position>,
}

impl Search<'_> {
    /// Fills the page, and tells where to go on when there may be more.
    async fn run(&mut self, scan: LogScan) -> Result<(), LogsError> {
        let mut reader = Reader::new(scan);
        let mut looked_at = 0;
        let mut last = None;
        while let Some(rows) = reader.next(self.cx).await? {
            if looked_at >= LOOKED_AT_MAX && !rows.is_empty() {
                self.next = last;
                return Ok(());
            }
            looked_at += rows.len();
            for row in rows {
                let position = Position::of(&row);
                if self.pattern.matches(&row.message) && self.is_shown(&row).await? {
                    let bytes = size_of_event(&row);
                    if self.page.is_full_for(bytes) {
                        self.next = last;
                        return Ok(());
                    }
                    self.page.push(row, bytes);
                }
                last = Some(position);
            }
        }
        Ok(())
    }

    /// Whether the event's stream is there and is the one that took the event.
    async fn is_shown(&mut self, row: &LogRow) -> Result<bool, LogsError> {
        let created = if let Some(created) = self.created.get(&row.stream) {
            *created
        } else {
            let key = StoredStream::key_of(&self.group, &row.stream);
            let stream = self.cx.store.catalog.get::<StoredStream>(&self.cx.scope, &key).await?;
            let created = stream.map(|stream| stream.document.created_at);
            self.created.insert(Arc::clone(&row.stream), created);
            created
        };
        Ok(created.is_some_and(|created| row.ingested_at >= created))
    }
}

fn to_output(row: LogRow) -> FilteredLogEvent {
    FilteredLogEvent {
        event_id: Position::of(&row).digits(),
        log_stream_name: row.stream,
        timestamp: row.at.as_millis(),
        message: row.message,
        ingestion_time: row.ingested_at.as_millis(),
    }
}
