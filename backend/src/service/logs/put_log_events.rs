//! `PutLogEvents`, and the way of log events into the store whichever way they came.

use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::group::StoredGroup;
use super::stream::StoredStream;
use super::{LogGroupName, LogStreamName, LogsError};
use crate::base::Timestamp;
use crate::service::Context;
use crate::store::{Change, Expected, LogRow, RowId, Versioned};

/// Most events of one request.
pub const EVENTS_MAX: usize = 10_000;
/// Largest request, in bytes: messages and [`EVENT_OVERHEAD_BYTES`] for each.
pub const BATCH_BYTES_MAX: usize = 1_048_576;
/// Largest message, in bytes.
pub const EVENT_BYTES_MAX: usize = 1_048_576;
/// What each event counts beside its message, in bytes.
pub const EVENT_OVERHEAD_BYTES: usize = 26;
/// How far in the future events may be.
const FUTURE_MAX: Duration = Duration::from_hours(2);
/// How old events may be.
const AGE_MAX: Duration = Duration::from_hours(14 * 24);
/// From the first to the last event of one request.
const SPAN_MAX: Duration = Duration::from_hours(24);

/// Events to store.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutLogEventsInput {
    /// The group.
    pub log_group_name: LogGroupName,
    /// The stream.
    pub log_stream_name: LogStreamName,
    /// The events, oldest first.
    pub log_events: Vec<InputLogEvent>,
}

/// One event.
#[derive(Clone, Debug, Deserialize)]
pub struct InputLogEvent {
    /// When it happened, in milliseconds.
    pub timestamp: i64,
    /// What.
    pub message: String,
}

/// What was not stored.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PutLogEventsOutput {
    /// For old agents, which want one; it is not looked at when it comes back.
    pub next_sequence_token: String,
    /// Events that were too new or too old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected_log_events_info: Option<RejectedLogEventsInfo>,
}

/// Events that were not stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectedLogEventsInfo {
    /// From this event on they are more than two hours in the future.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_new_log_event_start_index: Option<i32>,
    /// Before this event they are more than 14 days old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub too_old_log_event_end_index: Option<i32>,
    /// Before this event they are older than the group keeps them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired_log_event_end_index: Option<i32>,
}

/// Stores events in a stream. The sequence token of old clients and the entity of new ones are not looked at.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>
///
/// # Errors
/// `ResourceNotFoundException`; `InvalidParameterException` for a batch that is too large, not in order or too long.
pub async fn put_log_events(cx: &Context, input: PutLogEventsInput) -> Result<PutLogEventsOutput, LogsError> {
    check_size(&input.log_events)?;
    let group = StoredGroup::read(cx, &input.log_group_name).await?.document;
    let stream = StoredStream::read(cx, &input.log_group_name, &input.log_stream_name).await?;
    let times: Vec<Timestamp> = input.log_events.iter().map(|event| Timestamp::from_millis(event.timestamp)).collect();
    let (accepted, rejected) = accept(&times, cx.now(), group.oldest_kept(cx.now()))?;
    let events = input.log_events.into_iter().zip(times).take(accepted.end).skip(accepted.start);
    let events = events.map(|(event, at)| Event { at, message: event.message, trace_id: None }).collect();
    append(cx, &stream, events).await?;
    Ok(PutLogEventsOutput { next_sequence_token: sequence_token(cx.now()), rejected_log_events_info: rejected })
}

/// A text that old agents take for a sequence token: 56 digits.
pub(super) fn sequence_token(at: Timestamp) -> String {
    format!("{:056}", at.as_nanos().max(0))
}

/// An event on its way to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happened; whole milliseconds are kept.
    pub at: Timestamp,
    /// What.
    pub message: String,
    /// The trace it belongs to.
    pub trace_id: Option<[u8; 16]>,
}

/// Stores events in a stream, which is made, with its group, when it is not there: how agents do it. Too new and too
/// old events are left out; returns how many.
///
/// # Errors
/// The store's.
pub async fn record_events(
    cx: &Context,
    group: &LogGroupName,
    stream: &LogStreamName,
    mut events: Vec<Event>,
) -> Result<usize, LogsError> {
    let key = StoredStream::key_of(group, stream.as_str());
    let known = cx.store.catalog.get::<StoredGroup>(&cx.scope, group.as_str()).await?;
    let stored_group = if let Some(known) = known {
        known.document
    } else {
        let made = StoredGroup::new(group.clone(), cx.now());
        ensure(cx, Change::put(&made, Expected::Absent)).await?;
        made
    };
    if cx.store.catalog.get::<StoredStream>(&cx.scope, &key).await?.is_none() {
        let made = StoredStream::new(group.clone(), stream.clone(), cx.now());
        ensure(cx, Change::put(&made, Expected::Absent)).await?;
    }
    let stored_stream = StoredStream::read(cx, group, stream).await?;
    let (oldest, newest) = (cx.now().minus(AGE_MAX).max(stored_group.oldest_kept(cx.now())), cx.now().plus(FUTURE_MAX));
    let before = events.len();
    events.retain(|event| oldest <= event.at && event.at <= newest);
    let left_out = before - events.len();
    events.sort_by_key(|event| event.at);
    append(cx, &stored_stream, events).await?;
    Ok(left_out)
}

/// Makes a document; somebody else may make it at the same time.
async fn ensure(cx: &Context, change: Change) -> Result<(), LogsError> {
    match cx.store.catalog.commit(&cx.scope, vec![change]).await.map_err(LogsError::from) {
        Ok(()) | Err(LogsError::Aborted) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Stores events that are in order of time, and writes down that the stream has them.
async fn append(cx: &Context, stream: &Versioned<StoredStream>, events: Vec<Event>) -> Result<(), LogsError> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
    let changed = stream.document.after_events(whole_millis(first.at), whole_millis(last.at), cx.now());
    let (group, name) = (stream.document.group.to_arc(), stream.document.name.to_arc());
    let rows = events.into_iter().map(|event| LogRow {
        id: RowId::default(),
        group: group.clone(),
        stream: name.clone(),
        at: whole_millis(event.at),
        ingested_at: cx.now(),
        message: event.message,
        trace_id: event.trace_id,
    });
    cx.store.logs.append(&cx.scope, rows.collect()).await?;
    let Some(changed) = changed else { return Ok(()) };
    match cx.store.catalog.commit(&cx.scope, vec![Change::put(&changed, Expected::Version(stream.version))]).await {
        Ok(()) => Ok(()),
        // The events are stored. Another request wrote the stream's activity down at the same time: what it lacks of
        // this one, reading the stream finds.
        Err(crate::store::CatalogError::Conflict { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn whole_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis())
}

/// The limits that do not depend on time.
fn check_size(events: &[InputLogEvent]) -> Result<(), LogsError> {
    let count = |constraint| Err(LogsError::constraint("logEvents", &format!("{} events", events.len()), constraint));
    if events.is_empty() {
        return count("Member must have length greater than or equal to 1");
    }
    if events.len() > EVENTS_MAX {
        return count("Member must have length less than or equal to 10000");
    }
    for (index, event) in events.iter().enumerate() {
        if event.message.is_empty() {
            let member = format!("logEvents.{}.member.message", index + 1);
            return Err(LogsError::constraint(&member, "", "Member must have length greater than or equal to 1"));
        }
        if event.timestamp < 0 {
            let member = format!("logEvents.{}.member.timestamp", index + 1);
            let constraint = "Member must have value greater than or equal to 0";
            return Err(LogsError::constraint(&member, &event.timestamp.to_string(), constraint));
        }
        let bytes = event.message.len();
        if bytes > EVENT_BYTES_MAX {
            let message = format!("Log event too large: {bytes} bytes exceeds limit of {EVENT_BYTES_MAX}");
            return Err(LogsError::InvalidParameter(message));
        }
    }
    let bytes: usize = events.iter().map(|event| event.message.len() + EVENT_OVERHEAD_BYTES).sum();
    if bytes > BATCH_BYTES_MAX {
        let message = format!("Upload too large: {bytes} bytes exceeds limit of {BATCH_BYTES_MAX}");
        return Err(LogsError::InvalidParameter(message));
    }
    Ok(())
}

type Accepted = (Range<usize>, Option<RejectedLogEventsInfo>);

/// Which events can be stored, by their times.
fn accept(times: &[Timestamp], now: Timestamp, oldest_kept: Timestamp) -> Result<Accepted, LogsError> {
    if !times.is_sorted() {
        let message = "Log events in a single PutLogEvents request must be in chronological order.";
        return Err(LogsError::InvalidParameter(message.to_owned()));
    }
    let (oldest, newest) = (now.minus(AGE_MAX), now.plus(FUTURE_MAX));
    let too_old = times.partition_point(|at| *at < oldest);
    let expired = times.partition_point(|at| *at < oldest_kept);
    let too_new = times.partition_point(|at| *at <= newest);
    let accepted = too_old.max(expired).min(too_new)..too_new;
    if let Some([first, .., last]) = times.get(accepted.clone())
        && last.since(*first) > SPAN_MAX
    {
        let message = "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.";
        return Err(LogsError::InvalidParameter(message.to_owned()));
    }
    let index = |index: usize| i32::try_from(index).unwrap_or(i32::MAX);
    let rejected = RejectedLogEventsInfo {
        too_new_log_event_start_index: (too_new < times.len()).then(|| index(too_new)),
        too_old_log_event_end_index: (too_old > 0).then(|| index(too_old)),
        expired_log_event_end_index: (expired > 0).then(|| index(expired)),
    };
    Ok((accepted, (rejected != RejectedLogEventsInfo::default()).then_some(rejected)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_793_000_000);

    fn hours(hours: i64) -> Timestamp {
        Timestamp::from_secs(NOW.as_secs() + hours * 3_600)
    }

    fn message(times: &[Timestamp]) -> String {
        accept(times, NOW, Timestamp::MIN).expect_err("refused").to_string()
    }

    #[test]
    fn too_new_and_too_old_events_are_told_by_index() {
        let times = [hours(-14 * 24 - 1), hours(-13 * 24), hours(-1), hours(0), hours(3)];
        let (accepted, rejected) = accept(&times[2..], NOW, Timestamp::MIN).expect("in order");
        assert_eq!(accepted, 0..2);
        assert_eq!(rejected.expect("one").too_new_log_event_start_index, Some(2));
        let (accepted, rejected) = accept(&times[..2], NOW, Timestamp::MIN).expect("in order");
        assert_eq!(accepted, 1..2);
        assert_eq!(rejected.expect("one").too_old_log_event_end_index, Some(1));
        let (accepted, rejected) = accept(&times[1..4], NOW, hours(-24)).expect("in order");
        assert_eq!(accepted, 1..3);
        assert_eq!(rejected.expect("one").expired_log_event_end_index, Some(1));
        let (accepted, rejected) = accept(&[hours(5)], NOW, Timestamp::MIN).expect("in order");
        assert!(accepted.is_empty());
        assert_eq!(rejected.expect("one").too_new_log_event_start_index, Some(0));
        assert_eq!(accept(&[NOW, NOW], NOW, Timestamp::MIN).expect("in order"), (0..2, None));
    }

    #[test]
    fn order_and_length_are_checked() {
        insta::assert_snapshot!(message(&[hours(0), hours(-1)]), @"Log events in a single PutLogEvents request must be in chronological order.");
        insta::assert_snapshot!(message(&[hours(-25), hours(0)]), @"The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
    }

    #[test]
    fn sizes_are_checked() {
        let event = |length: usize| InputLogEvent { timestamp: 1, message: "x".repeat(length) };
        let complaint = |events: &[InputLogEvent]| check_size(events).expect_err("refused").to_string();
        insta::assert_snapshot!(complaint(&[]), @"1 validation error detected: Value '0 events' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1");
        insta::assert_snapshot!(complaint(&[event(1), event(0)]), @"1 validation error detected: Value '' at 'logEvents.2.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1");
        insta::assert_snapshot!(complaint(&[event(1_048_577)]), @"Log event too large: 1048577 bytes exceeds limit of 1048576");
        insta::assert_snapshot!(complaint(&[event(1_048_576)]), @"Upload too large: 1048602 bytes exceeds limit of 1048576");
        assert!(check_size(&[event(1_048_550)]).is_ok());
        assert!(check_size(&vec![event(1); 10_001]).is_err());
    }
}
