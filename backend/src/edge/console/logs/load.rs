//! Reads what the pages of logs show.

use std::time::Duration;

use maud::Markup;

use super::{EventLine, GroupLine, GroupPage, Groups, TraceLogs};
use crate::base::Timestamp;
use crate::edge::console::fault::PageError;
use crate::edge::console::layout::Area;
use crate::edge::console::link;
use crate::edge::console::page::{Parameters, View};
use crate::edge::console::router::Console;
use crate::service::Context;
use crate::service::logs::describe_log_streams::{DescribeLogStreamsInput, LogStream, OrderBy, describe_log_streams};
use crate::service::logs::filter_log_events::{FilterLogEventsInput, FilteredLogEvent, filter_log_events};
use crate::service::logs::group::{DescribeLogGroupsInput, LogGroup, describe_log_groups};
use crate::service::logs::{LogGroupName, LogStreamName};

/// Groups in the list, and groups that are searched for a trace: one page of the API.
const GROUPS_MAX: i32 = 50;

/// Streams to choose from.
const STREAMS_MAX: i32 = 50;

/// Events shown of a group.
const EVENTS_MAX: i32 = 500;

/// Events shown of a trace, from each group.
const TRACE_EVENTS_MAX: i32 = 100;

/// How far back a group's page looks.
const LOOK_BACK: Duration = Duration::from_hours(24);

/// Around a given time, events of this long before it are shown, and of a little after.
const BEFORE: Duration = Duration::from_hours(1);
const AFTER: Duration = Duration::from_mins(5);

impl View for Groups {
    const AREA: Area = Area::Logs;

    async fn load(console: &Console, _: &Parameters) -> Result<Self, PageError> {
        let cx = console.state.context();
        let input = DescribeLogGroupsInput { limit: Some(GROUPS_MAX), ..DescribeLogGroupsInput::default() };
        let page = describe_log_groups(&cx, input).await.map_err(PageError::of)?;
        let mut groups = Vec::new();
        for group in page.log_groups {
            groups.push(GroupLine {
                last: last_event(&cx, &group).await?,
                name: group.log_group_name.to_string(),
                created: Timestamp::from_millis(group.creation_time),
                retention_days: group.retention_in_days.and_then(|days| u32::try_from(days).ok()),
            });
        }
        Ok(Self { lines: groups, more: page.next_token.is_some(), addresses: console.state.addresses, now: cx.now })
    }

    fn title(&self) -> String {
        "Logs".to_owned()
    }

    fn body(&self) -> Markup {
        self.body()
    }
}

async fn last_event(cx: &Context, group: &LogGroup) -> Result<Option<Timestamp>, PageError> {
    let newest = streams(cx, &group.log_group_name, 1).await?.into_iter().next();
    Ok(newest.and_then(|stream| stream.last_event_timestamp).map(Timestamp::from_millis))
}

/// The streams of a group, the one with the newest event first.
async fn streams(cx: &Context, group: &LogGroupName, limit: i32) -> Result<Vec<LogStream>, PageError> {
    let input = DescribeLogStreamsInput {
        log_group_name: Some(group.clone()),
        order_by: OrderBy::LastEventTime,
        descending: true,
        limit: Some(limit),
        ..DescribeLogStreamsInput::default()
    };
    Ok(describe_log_streams(cx, input).await.map_err(PageError::of)?.log_streams)
}

fn group_name(text: &str) -> Result<LogGroupName, PageError> {
    LogGroupName::parse(text).map_err(|rule| PageError::BadAddress(format!("{text:?} cannot be a log group: {rule}.")))
}

impl View for GroupPage {
    const AREA: Area = Area::Logs;

    async fn load(console: &Console, parameters: &Parameters) -> Result<Self, PageError> {
        let cx = console.state.context();
        let group = group_name(parameters.required("name")?)?;
        let (stream, filter) = (parameters.first("stream"), parameters.first("filter"));
        let at = parameters.first("at").parse().ok().map(Timestamp::from_millis);
        let streams = streams(&cx, &group, STREAMS_MAX).await?;
        let input = FilterLogEventsInput {
            log_group_name: Some(group.clone()),
            log_stream_names: LogStreamName::parse(stream).ok().map(|stream| vec![stream]),
            start_time: Some(at.map_or_else(|| cx.now.minus(LOOK_BACK), |at| at.minus(BEFORE)).as_millis()),
            end_time: at.map(|at| at.plus(AFTER).as_millis()),
            filter_pattern: Some(filter.to_owned()),
            limit: Some(EVENTS_MAX),
            // The newest first: what is beyond the limit is old.
            start_from_head: Some(false),
            ..FilterLogEventsInput::default()
        };
        // A filter that cannot be read is told beside the box it was typed into.
        let (events, fault) = match filter_log_events(&cx, input).await.map_err(PageError::of) {
            Ok(page) => (lines(&group, page.events), None),
            Err(PageError::BadAddress(text)) => (Vec::new(), Some(text)),
            Err(other) => return Err(other),
        };
        let live = at.is_none() && fault.is_none();
        let tail =
            link::to("/console/live/log-group", [("name", group.as_str()), ("stream", stream), ("filter", filter)]);
        Ok(Self {
            streams: streams
                .into_iter()
                .map(|stream| {
                    (stream.log_stream_name.to_string(), stream.last_event_timestamp.map(Timestamp::from_millis))
                })
                .collect(),
            name: group.to_string(),
            stream: stream.to_owned(),
            filter: filter.to_owned(),
            at,
            fault,
            events,
            tail: live.then_some(tail),
        })
    }

    fn title(&self) -> String {
        self.name.clone()
    }

    fn body(&self) -> Markup {
        self.body()
    }
}

/// Events oldest first, in whatever order they came.
fn lines(group: &LogGroupName, events: Vec<FilteredLogEvent>) -> Vec<EventLine> {
    let line = |event: FilteredLogEvent| EventLine {
        group: group.to_string(),
        stream: event.log_stream_name.to_string(),
        at: Timestamp::from_millis(event.timestamp),
        message: event.message,
    };
    let mut lines: Vec<EventLine> = events.into_iter().map(line).collect();
    lines.reverse();
    // Stable, so that events of one millisecond stay in the order in which they arrived.
    lines.sort_by_key(|line| line.at);
    lines
}

impl View for TraceLogs {
    const AREA: Area = Area::Logs;

    async fn load(console: &Console, parameters: &Parameters) -> Result<Self, PageError> {
        let cx = console.state.context();
        let text = parameters.required("id")?;
        let wrong = |_| PageError::BadAddress(format!("{text:?} is no trace id."));
        let id: siskin_sdk::id::TraceId = text.parse().map_err(wrong)?;
        let at = parameters.first("at").parse().ok().map(Timestamp::from_millis);
        let input = DescribeLogGroupsInput { limit: Some(GROUPS_MAX), ..DescribeLogGroupsInput::default() };
        let page = describe_log_groups(&cx, input).await.map_err(PageError::of)?;
        let (groups, more) = (page.log_groups.len(), page.next_token.is_some());
        let mut events = Vec::new();
        for group in page.log_groups {
            let input = FilterLogEventsInput {
                log_group_name: Some(group.log_group_name.clone()),
                start_time: Some(at.map_or_else(|| cx.now.minus(LOOK_BACK), |at| at.minus(AFTER)).as_millis()),
                end_time: at.map(|at| at.plus(BEFORE).as_millis()),
                // Either form of the id.
                filter_pattern: Some(format!("?\"{id}\" ?\"{}\"", id.w3c())),
                limit: Some(TRACE_EVENTS_MAX),
                ..FilterLogEventsInput::default()
            };
            let page = filter_log_events(&cx, input).await.map_err(PageError::of)?;
            events.extend(lines(&group.log_group_name, page.events));
        }
        events.sort_by_key(|line| line.at);
        Ok(Self { trace: id.to_string(), events, groups, more })
    }

    fn title(&self) -> String {
        "Logs of a trace".to_owned()
    }

    fn body(&self) -> Markup {
        self.body()
    }
}
