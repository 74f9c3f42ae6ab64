//! Tags of log groups: `TagResource`, `UntagResource`, `ListTagsForResource`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::LogsError;
use super::group::StoredGroup;
use super::name::group_of_identifier;
use crate::service::Context;
use crate::store::{Change, Expected, Versioned};

/// Most tags of one resource.
const TAGS_MAX: usize = 50;
/// Longest key of a tag, in characters.
const KEY_CHARS_MAX: usize = 128;
/// Longest value of a tag, in characters.
const VALUE_CHARS_MAX: usize = 256;

/// Which tags to set.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TagResourceInput {
    /// The log group.
    pub resource_arn: String,
    /// Keys and values.
    pub tags: BTreeMap<String, String>,
}

/// Nothing.
#[derive(Debug, Serialize)]
pub struct TagResourceOutput {}

/// Which tags to remove.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UntagResourceInput {
    /// The log group.
    pub resource_arn: String,
    /// The keys.
    pub tag_keys: Vec<String>,
}

/// Nothing.
#[derive(Debug, Serialize)]
pub struct UntagResourceOutput {}

/// Whose tags.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTagsForResourceInput {
    /// The log group.
    pub resource_arn: String,
}

/// The tags.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTagsForResourceOutput {
    /// Keys and values.
    pub tags: BTreeMap<String, String>,
}

/// Sets tags of a log group.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html>
///
/// # Errors
/// `ResourceNotFoundException`, `TooManyTagsException` above 50 tags.
pub async fn tag_resource(cx: &Context, input: TagResourceInput) -> Result<TagResourceOutput, LogsError> {
    check_tags(&input.tags)?;
    let Versioned { document: mut group, version } = group_of_arn(cx, &input.resource_arn).await?;
    group.tags.extend(input.tags);
    check_tags(&group.tags)?;
    cx.store.catalog.commit(&cx.scope, vec![Change::put(&group, Expected::Version(version))]).await?;
    Ok(TagResourceOutput {})
}

/// Removes tags of a log group.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_UntagResource.html>
///
/// # Errors
/// `ResourceNotFoundException`.
pub async fn untag_resource(cx: &Context, input: UntagResourceInput) -> Result<UntagResourceOutput, LogsError> {
    let Versioned { document: mut group, version } = group_of_arn(cx, &input.resource_arn).await?;
    group.tags.retain(|key, _| !input.tag_keys.contains(key));
    cx.store.catalog.commit(&cx.scope, vec![Change::put(&group, Expected::Version(version))]).await?;
    Ok(UntagResourceOutput {})
}

/// Returns the tags of a log group.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ListTagsForResource.html>
///
/// # Errors
/// `ResourceNotFoundException`.
pub async fn list_tags_for_resource(
    cx: &Context,
    input: ListTagsForResourceInput,
) -> Result<ListTagsForResourceOutput, LogsError> {
    let group = group_of_arn(cx, &input.resource_arn).await?;
    Ok(ListTagsForResourceOutput { tags: group.document.tags })
}

/// Clients write the ARN with and without the `:*` at its end.
async fn group_of_arn(cx: &Context, arn: &str) -> Result<Versioned<StoredGroup>, LogsError> {
    let name = group_of_identifier(&cx.scope, arn.strip_suffix(":*").unwrap_or(arn))?;
    StoredGroup::read(cx, &name).await
}

/// Whether a group may have these tags.
pub(super) fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), LogsError> {
    if tags.len() > TAGS_MAX {
        return Err(LogsError::TooManyTags { limit: TAGS_MAX });
    }
    for (key, value) in tags {
        if !(1..=KEY_CHARS_MAX).contains(&key.chars().count()) {
            return Err(LogsError::constraint("tags", key, "Map keys must have length between 1 and 128"));
        }
        if value.chars().count() > VALUE_CHARS_MAX {
            let constraint = "Map value must have length less than or equal to 256";
            return Err(LogsError::constraint("tags", value, constraint));
        }
    }
    Ok(())
}
