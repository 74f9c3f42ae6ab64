//! Log groups: `CreateLogGroup`, `DeleteLogGroup`, `DescribeLogGroups`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::name::group_of_identifier;
use super::stream::StoredStream;
use super::tags::check_tags;
use super::{LogGroupName, LogsError};
use crate::base::{PageToken, Scope, Timestamp};
use crate::service::Context;
use crate::store::{Change, Document, Expected, Versioned};

/// Groups of one page.
const PAGE_GROUPS_MAX: i32 = 50;
/// Groups that are read at a time.
const READ_GROUPS: usize = 200;
/// Streams that are deleted in one transaction.
const DELETE_STREAMS: usize = 500;

/// What a group costs and can do at AWS. Here all can do everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogGroupClass {
    /// The usual one.
    #[default]
    Standard,
    /// Cheaper.
    InfrequentAccess,
    /// For delivery only.
    Delivery,
    /// Cheapest.
    Essentials,
}

/// A group at rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredGroup {
    /// Its name.
    pub name: LogGroupName,
    /// When it was made. Events from before belong to a deleted group of the same name.
    pub created_at: Timestamp,
    /// How long events are shown; `None` is for ever.
    pub retention_days: Option<u16>,
    /// Its class.
    pub class: LogGroupClass,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl StoredGroup {
    /// A new group.
    pub fn new(name: LogGroupName, created_at: Timestamp) -> Self {
        Self { name, created_at, retention_days: None, class: LogGroupClass::Standard, tags: BTreeMap::new() }
    }

    /// The earliest event that is kept.
    pub(super) fn oldest_kept(&self, now: Timestamp) -> Timestamp {
        let kept = |days: u16| now.minus(std::time::Duration::from_hours(u64::from(days) * 24));
        self.retention_days.map_or(Timestamp::MIN, kept)
    }

    /// The stored group of this name.
    pub(super) async fn read(cx: &Context, name: &LogGroupName) -> Result<Versioned<Self>, LogsError> {
        cx.store.catalog.get(&cx.scope, name.as_str()).await?.ok_or(LogsError::GroupNotFound)
    }
}

impl Document for StoredGroup {
    const KIND: &'static str = "logs.group";

    fn key(&self) -> String {
        self.name.to_string()
    }
}

/// The group to make.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateLogGroupInput {
    /// Its name.
    pub log_group_name: LogGroupName,
    /// Not supported.
    pub kms_key_id: Option<String>,
    /// Its tags.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// Its class.
    #[serde(default)]
    pub log_group_class: LogGroupClass,
    /// Not supported.
    pub deletion_protection_enabled: Option<bool>,
}

/// Nothing.
#[derive(Debug, Serialize)]
pub struct CreateLogGroupOutput {}

/// Makes a log group.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
///
/// # Errors
/// `ResourceAlreadyExistsException`; `InvalidParameterException` for a reserved name and for what is not supported.
pub async fn create_log_group(cx: &Context, input: CreateLogGroupInput) -> Result<CreateLogGroupOutput, LogsError> {
    let unsupported = |member: &str| Err(LogsError::InvalidParameter(format!("{member} is not supported")));
    if input.kms_key_id.is_some() {
        return unsupported("kmsKeyId");
    }
    if input.deletion_protection_enabled == Some(true) {
        return unsupported("deletionProtectionEnabled");
    }
    if input.log_group_name.as_str().to_ascii_lowercase().starts_with("aws/") {
        let message = "Log groups starting with AWS/ are reserved for AWS.";
        return Err(LogsError::InvalidParameter(message.to_owned()));
    }
    check_tags(&input.tags)?;
    let group = StoredGroup {
        class: input.log_group_class,
        tags: input.tags,
        ..StoredGroup::new(input.log_group_name, cx.now())
    };
    match cx.store.catalog.commit(&cx.scope, vec![Change::put(&group, Expected::Absent)]).await.map_err(LogsError::from)
    {
        Ok(()) => Ok(CreateLogGroupOutput {}),
        Err(LogsError::Aborted) => Err(LogsError::GroupExists),
        Err(error) => Err(error),
    }
}

/// Which group.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteLogGroupInput {
    /// Its name.
    pub log_group_name: LogGroupName,
}

/// Nothing.
#[derive(Debug, Serialize)]
pub struct DeleteLogGroupOutput {}

/// Deletes a group with its streams. Their events are not shown again, also not in a new group of the same name.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html>
///
/// # Errors
/// `ResourceNotFoundException`.
pub async fn delete_log_group(cx: &Context, input: DeleteLogGroupInput) -> Result<DeleteLogGroupOutput, LogsError> {
    StoredGroup::read(cx, &input.log_group_name).await?;
    let prefix = StoredStream::key_prefix(&input.log_group_name);
    loop {
        let streams = cx.store.catalog.list::<StoredStream>(&cx.scope, &prefix, None, DELETE_STREAMS).await?;
        let delete =
            |stream: &Versioned<StoredStream>| Change::delete::<StoredStream>(&stream.document.key(), Expected::Any);
        let mut changes: Vec<Change> = streams.iter().map(delete).collect();
        // The group goes with its last streams: until then it is there, and whoever asks again deletes the rest.
        let last = streams.len() < DELETE_STREAMS;
        if last {
            changes.push(Change::delete::<StoredGroup>(input.log_group_name.as_str(), Expected::Any));
        }
        cx.store.catalog.commit(&cx.scope, changes).await?;
        if last {
            return Ok(DeleteLogGroupOutput {});
        }
    }
}

/// Which groups.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DescribeLogGroupsInput {
    /// Names that begin so.
    pub log_group_name_prefix: Option<String>,
    /// Names that contain this, whatever the case.
    pub log_group_name_pattern: Option<String>,
    /// Just these, by name or ARN.
    pub log_group_identifiers: Option<Vec<String>>,
    /// Of this class.
    pub log_group_class: Option<LogGroupClass>,
    /// Of these accounts; others than the caller's have none to show.
    pub account_identifiers: Option<Vec<String>>,
    /// 1 to 50, the default.
    pub limit: Option<i32>,
    /// From the page before.
    pub next_token: Option<String>,
}

/// One page.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeLogGroupsOutput {
    /// By name.
    pub log_groups: Vec<LogGroup>,
    /// For the next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// A group as the API shows it. Times are milliseconds. How many bytes a group holds is not told: nothing counts them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogGroup {
    /// Its name.
    pub log_group_name: LogGroupName,
    /// When it was made.
    pub creation_time: i64,
    /// How long events are shown; absent is for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_in_days: Option<i32>,
    /// How many metric filters it has.
    pub metric_filter_count: i32,
    /// The ARN that stands for its streams: ends in `:*`.
    pub arn: String,
    /// Its own ARN.
    pub log_group_arn: String,
    /// Its class.
    pub log_group_class: LogGroupClass,
    /// Whether it cannot be deleted.
    pub deletion_protection_enabled: bool,
}

impl LogGroup {
    fn new(scope: &Scope, group: StoredGroup) -> Self {
        let arn = group.name.arn(scope).to_string();
        Self {
            log_group_name: group.name,
            creation_time: group.created_at.as_millis(),
            retention_in_days: group.retention_days.map(i32::from),
            metric_filter_count: 0,
            arn: format!("{arn}:*"),
            log_group_arn: arn,
            log_group_class: group.class,
            deletion_protection_enabled: false,
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct NextPage {
    after: String,
}

/// Lists log groups by name.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>
///
/// # Errors
/// `InvalidParameterException` for a prefix together with a pattern, a wrong limit or token.
pub async fn describe_log_groups(
    cx: &Context,
    input: DescribeLogGroupsInput,
) -> Result<DescribeLogGroupsOutput, LogsError> {
    if input.log_group_name_prefix.is_some() && input.log_group_name_pattern.is_some() {
        let message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
        return Err(LogsError::InvalidParameter(message.to_owned()));
    }
    let limit = page_limit(input.limit, PAGE_GROUPS_MAX)?;
    let mut after = input.next_token.as_deref().map(read_token::<NextPage>).transpose()?.map(|page| page.after);
    let wanted = Wanted::parse(cx, &input)?;
    let mut log_groups: Vec<LogGroup> = Vec::new();
    loop {
        let read =
            cx.store.catalog.list::<StoredGroup>(&cx.scope, &wanted.prefix, after.as_deref(), READ_GROUPS).await?;
        let last = read.len() < READ_GROUPS;
        for group in read {
            let group = group.document;
            if log_groups.len() == limit {
                let after = log_groups.last().map(|group| group.log_group_name.to_string()).unwrap_or_default();
                return Ok(DescribeLogGroupsOutput {
                    log_groups,
                    next_token: Some(PageToken::encode(&NextPage { after })),
                });
            }
            after = Some(group.name.to_string());
            if wanted.matches(&group) {
                log_groups.push(LogGroup::new(&cx.scope, group));
            }
        }
        if last {
            return Ok(DescribeLogGroupsOutput { log_groups, next_token: None });
        }
    }
}

/// Which groups a request wants.
struct Wanted {
    prefix: String,
    pattern: String,
    names: Option<Vec<LogGroupName>>,
    class: Option<LogGroupClass>,
    own_account: bool,
}

impl Wanted {
    fn parse(cx: &Context, input: &DescribeLogGroupsInput) -> Result<Self, LogsError> {
        let names = input.log_group_identifiers.as_ref().map(|identifiers| {
            identifiers
                .iter()
                .map(|identifier| group_of_identifier(&cx.scope, identifier))
                .collect::<Result<Vec<_>, _>>()
        });
        let accounts = input.account_identifiers.as_deref().unwrap_or_default();
        Ok(Self {
            prefix: input.log_group_name_prefix.clone().unwrap_or_default(),
            pattern: input.log_group_name_pattern.as_deref().unwrap_or_default().to_ascii_lowercase(),
            names: names.transpose()?,
            class: input.log_group_class,
            own_account: accounts.is_empty() || accounts.iter().any(|account| account == cx.scope.account.as_str()),
        })
    }

    fn matches(&self, group: &StoredGroup) -> bool {
        self.own_account
            && self.names.as_ref().is_none_or(|names| names.contains(&group.name))
            && self.class.is_none_or(|class| class == group.class)
            && group.name.as_str().to_ascii_lowercase().contains(&self.pattern)
    }
}

/// How many items a page may have: 1 to `most`, which is also the default.
pub(super) fn page_limit(limit: Option<i32>, most: i32) -> Result<usize, LogsError> {
    let limit = limit.unwrap_or(most);
    let invalid = |constraint: String| Err(LogsError::constraint("limit", &limit.to_string(), &constraint));
    if limit < 1 {
        return invalid("Member must have value greater than or equal to 1".to_owned());
    }
    if limit > most {
        return invalid(format!("Member must have value less than or equal to {most}"));
    }
    Ok(limit as usize)
}

/// The position inside a page token.
pub(super) fn read_token<P: serde::de::DeserializeOwned>(token: &str) -> Result<P, LogsError> {
    PageToken::decode(token).map_err(|_| LogsError::InvalidParameter("The specified nextToken is invalid.".to_owned()))
}
