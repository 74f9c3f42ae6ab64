//! `TagResource`, `UntagResource` and `ListTagsForResource`, for alarms.

use serde::{Deserialize, Serialize};

use super::catalogued::{Edit, change};
use super::definition::Alarm;
use crate::base::Arn;
use crate::service::Context;
use crate::service::cloudwatch::error::{CloudWatchError, Violations};
use crate::store::Versioned;

const KEY_LEN_MAX: usize = 128;
const VALUE_LEN_MAX: usize = 256;
/// Most tags of one resource.
const TAGS_MAX: usize = 50;

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// Its name.
    pub key: String,
    /// What it says.
    pub value: String,
}

/// Input of `TagResource`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TagResourceInput {
    /// The alarm.
    #[serde(rename = "ResourceARN")]
    pub resource_arn: String,
    /// What to add or replace.
    pub tags: Vec<Tag>,
}

/// Input of `UntagResource`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UntagResourceInput {
    /// The alarm.
    #[serde(rename = "ResourceARN")]
    pub resource_arn: String,
    /// What to remove.
    pub tag_keys: Vec<String>,
}

/// Output of `TagResource` and `UntagResource`: nothing.
#[derive(Debug, Serialize)]
pub struct TagOutput {}

/// Input of `ListTagsForResource`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagsForResourceInput {
    /// The alarm.
    #[serde(rename = "ResourceARN")]
    pub resource_arn: String,
}

/// Output of `ListTagsForResource`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListTagsForResourceOutput {
    /// By key.
    pub tags: Vec<Tag>,
}

/// Adds or replaces tags of an alarm.
///
/// # Errors
/// `ResourceNotFoundException`; `ValidationError` for a bad tag, or more than 50.
pub async fn tag_resource(cx: &Context, input: TagResourceInput) -> Result<TagOutput, CloudWatchError> {
    check_tags(&input.tags)?;
    let name = alarm_name(cx, &input.resource_arn)?;
    change(cx, &name, |alarm| {
        let mut alarm = alarm.ok_or_else(|| unknown(&input.resource_arn))?.clone();
        alarm.tags.extend(input.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())));
        if alarm.tags.len() > TAGS_MAX {
            let message = format!("A resource must not have more than {TAGS_MAX} tags.");
            return Err(CloudWatchError::InvalidParameterValue(message));
        }
        Ok(Edit::put(alarm, None))
    })
    .await?;
    Ok(TagOutput {})
}

/// Removes tags of an alarm; keys it does not have do nothing.
///
/// # Errors
/// `ResourceNotFoundException`.
pub async fn untag_resource(cx: &Context, input: UntagResourceInput) -> Result<TagOutput, CloudWatchError> {
    let name = alarm_name(cx, &input.resource_arn)?;
    change(cx, &name, |alarm| {
        let mut alarm = alarm.ok_or_else(|| unknown(&input.resource_arn))?.clone();
        alarm.tags.retain(|key, _| !input.tag_keys.contains(key));
        Ok(Edit::put(alarm, None))
    })
    .await?;
    Ok(TagOutput {})
}

/// Lists the tags of an alarm; one that does not exist has none, as in AWS.
///
/// # Errors
/// `ResourceNotFoundException` for the ARN of anything but an alarm of this account and region.
pub async fn list_tags_for_resource(
    cx: &Context,
    input: ListTagsForResourceInput,
) -> Result<ListTagsForResourceOutput, CloudWatchError> {
    let name = alarm_name(cx, &input.resource_arn)?;
    let found: Option<Versioned<Alarm>> = cx.store.catalog.get(&cx.scope, &name).await?;
    let tags = found.map(|alarm| alarm.document.tags).unwrap_or_default();
    Ok(ListTagsForResourceOutput { tags: tags.into_iter().map(|(key, value)| Tag { key, value }).collect() })
}

/// Checks keys, values and number of tags.
pub(super) fn check_tags(tags: &[Tag]) -> Result<(), CloudWatchError> {
    let mut violations = Violations::default();
    for (index, tag) in tags.iter().enumerate() {
        violations.check_len(&tag.key, &format!("tags.{}.member.key", index + 1), 1..=KEY_LEN_MAX);
        violations.check_len(&tag.value, &format!("tags.{}.member.value", index + 1), 0..=VALUE_LEN_MAX);
    }
    if tags.len() > TAGS_MAX {
        violations.add(tags.len(), "tags", &format!("Member must have length less than or equal to {TAGS_MAX}"));
    }
    violations.into_result()
}

fn alarm_name(cx: &Context, text: &str) -> Result<String, CloudWatchError> {
    let named = Arn::parse(text).and_then(|arn| {
        let name = arn.resource().strip_prefix("alarm:")?.to_owned();
        (Alarm::arn(&name, &cx.scope) == arn).then_some(name)
    });
    named.ok_or_else(|| unknown(text))
}

fn unknown(arn: &str) -> CloudWatchError {
    CloudWatchError::NoSuchResource(format!("Unable to find resource with ARN {arn}"))
}
