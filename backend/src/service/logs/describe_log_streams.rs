//! `DescribeLogStreams`.

use serde::{Deserialize, Serialize};

use super::group::{StoredGroup, page_limit, read_token};
use super::name::one_group;
use super::stream::{ACTIVITY_STEP, Activity, StoredStream};
use super::{LogGroupName, LogStreamName, LogsError};
use crate::base::{PageToken, Scope, Timestamp};
use crate::service::Context;
use crate::store::{Change, Expected, LogScan, Order, Versioned};

/// Streams of one page.
const PAGE_STREAMS_MAX: i32 = 50;
/// Streams that are read at a time.
const READ_STREAMS: usize = 1_000;
/// Most streams of one group that can be put in an order other than their names'.
const ORDERED_STREAMS_MAX: usize = 100_000;

/// Which streams.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DescribeLogStreamsInput {
    /// The group, by name.
    pub log_group_name: Option<LogGroupName>,
    /// The group, by name or ARN.
    pub log_group_identifier: Option<String>,
    /// Names that begin so.
    pub log_stream_name_prefix: Option<String>,
    /// In which order.
    pub order_by: OrderBy,
    /// Last first.
    pub descending: bool,
    /// 1 to 50, the default.
    pub limit: Option<i32>,
    /// From the page before.
    pub next_token: Option<String>,
}

/// An order of streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum OrderBy {
    /// By name.
    #[default]
    LogStreamName,
    /// By the time of the latest event, as it was known up to five seconds ago; streams without events come first.
    LastEventTime,
}

/// One page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeLogStreamsOutput {
    /// In the order asked for.
    pub log_streams: Vec<LogStream>,
    /// For the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// A stream as the API shows it. Times are milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogStream {
    /// Its name.
    pub log_stream_name: LogStreamName,
    /// When it was made.
    pub creation_time: i64,
    /// Time of its earliest event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_event_timestamp: Option<i64>,
    /// Time of its latest event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_event_timestamp: Option<i64>,
    /// When events last came, give or take the step in which that is written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_ingestion_time: Option<i64>,
    /// For old agents, which want one for `PutLogEvents`; any would do.
    pub upload_sequence_token: String,
    /// Its ARN.
    pub arn: String,
    /// Always 0, as at AWS since 2019.
    pub stored_bytes: i64,
}

impl LogStream {
    fn new(scope: &Scope, stream: &StoredStream) -> Self {
        let millis = |of: fn(&Activity) -> Timestamp| stream.activity.as_ref().map(|known| of(known).as_millis());
        Self {
            log_stream_name: stream.name.clone(),
            creation_time: stream.created_at.as_millis(),
            first_event_timestamp: millis(|known| known.first_event),
            last_event_timestamp: millis(|known| known.last_event),
            last_ingestion_time: millis(|known| known.last_ingestion),
            upload_sequence_token: super::put_log_events::sequence_token(stream.created_at),
            arn: stream.name.arn(scope, &stream.group).to_string(),
            stored_bytes: 0,
        }
    }
}

/// The last stream of the page before, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct NextPage {
    last_event: Option<Timestamp>,
    name: String,
}

/// Lists the streams of a group.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html>
///
/// # Errors
/// `ResourceNotFoundException` for the group; `InvalidParameterException` for a prefix with an order by time, a wrong
/// limit or token.
pub async fn describe_log_streams(
    cx: &Context,
    input: DescribeLogStreamsInput,
) -> Result<DescribeLogStreamsOutput, LogsError> {
    let group = one_group(&cx.scope, input.log_group_name, input.log_group_identifier.as_deref())?;
    if input.order_by == OrderBy::LastEventTime && input.log_stream_name_prefix.is_some() {
        let message = "Cannot order by LastEventTime with a logStreamNamePrefix.";
        return Err(LogsError::InvalidParameter(message.to_owned()));
    }
    let limit = page_limit(input.limit, PAGE_STREAMS_MAX)?;
    let after = input.next_token.as_deref().map(read_token::<NextPage>).transpose()?;
    StoredGroup::read(cx, &group).await?;
    let prefix = StoredStream::key_of(&group, input.log_stream_name_prefix.as_deref().unwrap_or_default());
    let mut streams = if input.order_by == OrderBy::LogStreamName && !input.descending {
        let after = after.map(|page| StoredStream::key_of(&group, &page.name));
        cx.store.catalog.list::<StoredStream>(&cx.scope, &prefix, after.as_deref(), limit + 1).await?
    } else {
        ordered(list_all(cx, &prefix).await?, input.order_by, input.descending, after.as_ref())
    };
    let more = streams.len() > limit;
    streams.truncate(limit);
    let next_token =
        streams.last().filter(|_| more).map(|last| PageToken::encode(&key(&last.document, input.order_by)));
    let mut log_streams = Vec::with_capacity(streams.len());
    for stream in streams {
        log_streams.push(LogStream::new(&cx.scope, &settle(cx, stream).await?));
    }
    Ok(DescribeLogStreamsOutput { log_streams, next_token })
}

/// Every stream whose key begins with `prefix`.
async fn list_all(cx: &Context, prefix: &str) -> Result<Vec<Versioned<StoredStream>>, LogsError> {
    let mut all: Vec<Versioned<StoredStream>> = Vec::new();
    loop {
        let after = all.last().map(|last| crate::store::Document::key(&last.document));
        let read = cx.store.catalog.list::<StoredStream>(&cx.scope, prefix, after.as_deref(), READ_STREAMS).await?;
        let last = read.len() < READ_STREAMS;
        all.extend(read);
        if last {
            return Ok(all);
        }
        if all.len() >= ORDERED_STREAMS_MAX {
            let message =
                format!("The log group has more than {ORDERED_STREAMS_MAX} log streams: list them by name, ascending");
            return Err(LogsError::InvalidParameter(message));
        }
    }
}

fn key(stream: &StoredStream, order_by: OrderBy) -> NextPage {
    let last_event = match order_by {
        OrderBy::LogStreamName => None,
        OrderBy::LastEventTime => stream.activity.map(|known| known.last_event),
    };
    NextPage { last_event, name: stream.name.to_string() }
}

/// The streams behind `after`, in order.
fn ordered(
    mut streams: Vec<Versioned<StoredStream>>,
    order_by: OrderBy,
    descending: bool,
    after: Option<&NextPage>,
) -> Vec<Versioned<StoredStream>> {
    let of = |stream: &Versioned<StoredStream>| key(&stream.document, order_by);
    streams.sort_by_cached_key(of);
    if descending {
        streams.reverse();
    }
    let behind = |stream: &Versioned<StoredStream>| {
        after.is_none_or(|after| if descending { of(stream) < *after } else { of(stream) > *after })
    };
    streams.into_iter().filter(behind).collect()
}

/// Looks for events that came after the stream's activity was written down, and writes down when there are no more to
/// come: then this is not done again until new events come.
async fn settle(cx: &Context, stream: Versioned<StoredStream>) -> Result<StoredStream, LogsError> {
    let Versioned { document: mut stream, version } = stream;
    let Some(mut activity) = stream.activity.filter(|known| !known.settled) else { return Ok(stream) };
    let written_at = activity.last_ingestion;
    let scan = LogScan {
        group: stream.group.to_arc(),
        streams: Some(vec![stream.name.to_arc()]),
        since: activity.last_event,
        until: Timestamp::MAX,
        order: Order::NewestFirst,
        after: None,
        limit: 1,
    };
    if let Some(last) = cx.store.logs.scan(&cx.scope, scan).await?.first() {
        activity.last_event = activity.last_event.max(last.at);
        activity.last_ingestion = activity.last_ingestion.max(last.ingested_at);
    }
    // A request that came within the step did not write its events down. One step later it has been answered.
    activity.settled = cx.now().since(written_at) >= ACTIVITY_STEP * 2;
    stream.activity = Some(activity);
    if activity.settled {
        let kept = cx.store.catalog.commit(&cx.scope, vec![Change::put(&stream, Expected::Version(version))]).await;
        match kept.map_err(LogsError::from) {
            // New events came meanwhile: they have written down what is true now.
            Ok(()) | Err(LogsError::Aborted) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(stream)
}
