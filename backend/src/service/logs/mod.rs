//! `CloudWatch` Logs: groups, streams and events.

pub mod describe_log_streams;
mod error;
pub mod filter_log_events;
pub mod get_log_events;
pub mod group;
mod name;
mod position;
pub mod put_log_events;
mod reader;
pub mod retention;
pub mod stream;
pub mod tags;
#[cfg(test)]
mod tests;

pub use error::LogsError;
pub use name::{LogGroupName, LogStreamName};
pub use put_log_events::{Event, record_events};

use super::{Operations, ServiceId};

/// The table of `CloudWatch` Logs.
pub fn operations() -> Operations {
    Operations::new(ServiceId::Logs)
        .on("CreateLogGroup", group::create_log_group)
        .on("DeleteLogGroup", group::delete_log_group)
        .on("DescribeLogGroups", group::describe_log_groups)
        .on("CreateLogStream", stream::create_log_stream)
        .on("DeleteLogStream", stream::delete_log_stream)
        .on("DescribeLogStreams", describe_log_streams::describe_log_streams)
        .on("PutLogEvents", put_log_events::put_log_events)
        .on("GetLogEvents", get_log_events::get_log_events)
        .on("FilterLogEvents", filter_log_events::filter_log_events)
        .on("PutRetentionPolicy", retention::put_retention_policy)
        .on("DeleteRetentionPolicy", retention::delete_retention_policy)
        .on("TagResource", tags::tag_resource)
        .on("UntagResource", tags::untag_resource)
        .on("ListTagsForResource", tags::list_tags_for_resource)
}
