//! Log streams: `CreateLogStream`, `DeleteLogStream`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::group::StoredGroup;
use super::{LogGroupName, LogStreamName, LogsError};
use crate::base::Timestamp;
use crate::service::Context;
use crate::store::{Change, Document, Expected, Versioned};

/// How often a stream's activity is written down while events come. More often would cost a transaction per request.
pub(super) const ACTIVITY_STEP: Duration = Duration::from_secs(5);

/// A stream at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredStream {
    /// Its group.
    pub group: LogGroupName,
    /// Its name.
    pub name: LogStreamName,
    /// When it was made. Events from before belong to a deleted stream of the same name.
    pub created_at: Timestamp,
    /// What was last written down of its events; `None` before the first.
    pub activity: Option<Activity>,
}

/// Which events a stream has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Time of the earliest event.
    pub first_event: Timestamp,
    /// Time of the latest event.
    pub last_event: Timestamp,
    /// When events last came.
    pub last_ingestion: Timestamp,
    /// Whether this is known to be all: nothing came within [`ACTIVITY_STEP`] after it was written down.
    pub settled: bool,
}

impl StoredStream {
    /// A new stream.
    pub fn new(group: LogGroupName, name: LogStreamName, created_at: Timestamp) -> Self {
        Self { group, name, created_at, activity: None }
    }

    /// What the keys of a group's streams begin with: no name of a group has a colon.
    pub(super) fn key_prefix(group: &LogGroupName) -> String {
        format!("{group}:")
    }

    /// The key of a stream.
    pub(super) fn key_of(group: &LogGroupName, name: &str) -> String {
        format!("{group}:{name}")
    }

    /// The stored stream of this name.
    pub(super) async fn read(
        cx: &Context,
        group: &LogGroupName,
        name: &LogStreamName,
    ) -> Result<Versioned<Self>, LogsError> {
        let key = Self::key_of(group, name.as_str());
        cx.store.catalog.get(&cx.scope, &key).await?.ok_or(LogsError::StreamNotFound)
    }

    /// The stream after events from `first` to `last` came; `None` when that need not be written down now.
    pub(super) fn after_events(&self, first: Timestamp, last: Timestamp, now: Timestamp) -> Option<Self> {
        let activity = match self.activity {
            None => Activity { first_event: first, last_event: last, last_ingestion: now, settled: false },
            Some(known) if first < known.first_event || now.since(known.last_ingestion) >= ACTIVITY_STEP => Activity {
                first_event: known.first_event.min(first),
                last_event: known.last_event.max(last),
                last_ingestion: now.max(known.last_ingestion),
                settled: false,
            },
            Some(_) => return None,
        };
        Some(Self { activity: Some(activity), ..self.clone() })
    }
}

impl Document for StoredStream {
    const KIND: &'static str = "logs.stream";

    fn key(&self) -> String {
        Self::key_of(&self.group, self.name.as_str())
    }
}

/// The stream to make.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateLogStreamInput {
    /// Its group.
    pub log_group_name: LogGroupName,
    /// Its name.
    pub log_stream_name: LogStreamName,
}

/// Nothing.
#[derive(Debug, Serialize)]
pub struct CreateLogStreamOutput {}

/// Makes a log stream.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html>
///
/// # Errors
/// `ResourceNotFoundException` for the group, `ResourceAlreadyExistsException` for the stream.
pub async fn create_log_stream(cx: &Context, input: CreateLogStreamInput) -> Result<CreateLogStreamOutput, LogsError> {
    StoredGroup::read(cx, &input.log_group_name).await?;
    let stream = StoredStream::new(input.log_group_name, input.log_stream_name, cx.now());
    let made = cx.store.catalog.commit(&cx.scope, vec![Change::put(&stream, Expected::Absent)]).await;
    match made.map_err(LogsError::from) {
        Ok(()) => Ok(CreateLogStreamOutput {}),
        Err(LogsError::Aborted) => Err(LogsError::StreamExists),
        Err(error) => Err(error),
    }
}

/// Which stream.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteLogStreamInput {
    /// Its group.
    pub log_group_name: LogGroupName,
    /// Its name.
    pub log_stream_name: LogStreamName,
}

/// Nothing.
#[derive(Debug, Serialize)]
pub struct DeleteLogStreamOutput {}

/// Deletes a stream. Its events are not shown again, also not in a new stream of the same name.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogStream.html>
///
/// # Errors
/// `ResourceNotFoundException`.
pub async fn delete_log_stream(cx: &Context, input: DeleteLogStreamInput) -> Result<DeleteLogStreamOutput, LogsError> {
    StoredGroup::read(cx, &input.log_group_name).await?;
    let stream = StoredStream::read(cx, &input.log_group_name, &input.log_stream_name).await?;
    let change = Change::delete::<StoredStream>(&stream.document.key(), Expected::Any);
    cx.store.catalog.commit(&cx.scope, vec![change]).await?;
    Ok(DeleteLogStreamOutput {})
}
