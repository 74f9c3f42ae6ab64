//! How long log events are kept: `PutRetentionPolicy`, `DeleteRetentionPolicy`.
//!
//! Events that are older are not shown and not taken; their bytes go when the tables are next compacted.

use serde::{Deserialize, Serialize};

use super::group::StoredGroup;
use super::{LogGroupName, LogsError};
use crate::service::Context;
use crate::store::{Change, Expected, Versioned};

/// The lengths that there are, in days.
const DAYS: [u16; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Which group, how long.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PutRetentionPolicyInput {
    /// The group.
    pub log_group_name: LogGroupName,
    /// How long.
    pub retention_in_days: i32,
}

/// Nothing.
#[derive(Debug, Serialize)]
pub struct PutRetentionPolicyOutput {}

/// Which group.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteRetentionPolicyInput {
    /// The group.
    pub log_group_name: LogGroupName,
}

/// Nothing.
#[derive(Debug, Serialize)]
pub struct DeleteRetentionPolicyOutput {}

/// Says how long a group's events are kept.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
///
/// # Errors
/// `ResourceNotFoundException`, `InvalidParameterException` for a length that there is not.
pub async fn put_retention_policy(
    cx: &Context,
    input: PutRetentionPolicyInput,
) -> Result<PutRetentionPolicyOutput, LogsError> {
    let days = u16::try_from(input.retention_in_days).ok().filter(|days| DAYS.contains(days));
    let Some(days) = days else {
        let allowed: Vec<String> = DAYS.iter().map(ToString::to_string).collect();
        let constraint = format!("Member must satisfy enum value set: [{}]", allowed.join(", "));
        return Err(LogsError::constraint("retentionInDays", &input.retention_in_days.to_string(), &constraint));
    };
    change(cx, &input.log_group_name, Some(days)).await?;
    Ok(PutRetentionPolicyOutput {})
}

/// Lets a group keep its events for ever.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteRetentionPolicy.html>
///
/// # Errors
/// `ResourceNotFoundException`.
pub async fn delete_retention_policy(
    cx: &Context,
    input: DeleteRetentionPolicyInput,
) -> Result<DeleteRetentionPolicyOutput, LogsError> {
    change(cx, &input.log_group_name, None).await?;
    Ok(DeleteRetentionPolicyOutput {})
}

async fn change(cx: &Context, name: &LogGroupName, days: Option<u16>) -> Result<(), LogsError> {
    let Versioned { document, version } = StoredGroup::read(cx, name).await?;
    let group = StoredGroup { retention_days: days, ..document };
    cx.store.catalog.commit(&cx.scope, vec![Change::put(&group, Expected::Version(version))]).await?;
    Ok(())
}
