//! `CreateSamplingRule`, `UpdateSamplingRule` and `DeleteSamplingRule`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use siskin_sdk::sampling::{Rule, SamplingRateBoost};

use super::rule::{
    DEFAULT_RULE, LastModification, RULES_MAX, SamplingRuleRecord, StoredRule, default_rule, sampling_rules,
};
use crate::base::Arn;
use crate::service::Context;
use crate::service::xray::XRayError;
use crate::store::{Change, Expected, Versioned};

/// The rule to make.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct CreateSamplingRuleInput {
    /// The rule.
    pub sampling_rule: Rule,
    /// Not supported: must be empty.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

/// A key with a value.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Tag {
    /// The key.
    pub key: String,
    /// The value.
    pub value: String,
}

/// What to change.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateSamplingRuleInput {
    /// The rule and its new values.
    pub sampling_rule_update: SamplingRuleUpdate,
}

/// New values; what is absent stays.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingRuleUpdate {
    /// Which rule, by name.
    pub rule_name: Option<String>,
    /// Which rule, by ARN.
    #[serde(rename = "RuleARN")]
    pub rule_arn: Option<String>,
    /// Pattern for the ARN of the resource.
    #[serde(rename = "ResourceARN")]
    pub resource_arn: Option<String>,
    /// 1 is tried first.
    pub priority: Option<i32>,
    /// Share of requests, 0 to 1, after the reservoir.
    pub fixed_rate: Option<f64>,
    /// Requests a second before the rate applies.
    pub reservoir_size: Option<i32>,
    /// Pattern for the `Host` asked.
    pub host: Option<String>,
    /// Pattern for the service's name.
    pub service_name: Option<String>,
    /// Pattern for the service's `origin`.
    pub service_type: Option<String>,
    /// Pattern for the method.
    #[serde(rename = "HTTPMethod")]
    pub http_method: Option<String>,
    /// Pattern for the path.
    #[serde(rename = "URLPath")]
    pub url_path: Option<String>,
    /// Patterns for attributes.
    pub attributes: Option<BTreeMap<String, String>>,
    /// Not supported.
    pub sampling_rate_boost: Option<SamplingRateBoost>,
}

/// Which rule.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteSamplingRuleInput {
    /// By name.
    pub rule_name: Option<String>,
    /// By ARN.
    #[serde(rename = "RuleARN")]
    pub rule_arn: Option<String>,
}

/// The rule as it now is, or was.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingRuleOutput {
    /// The rule.
    pub sampling_rule_record: SamplingRuleRecord,
}

/// Makes a rule.
///
/// Source: <https://docs.aws.amazon.com/xray/latest/api/API_CreateSamplingRule.html>
///
/// # Errors
/// `InvalidRequestException` for a value out of bounds or a name that is taken, `RuleLimitExceededException` above
/// [`RULES_MAX`] rules.
pub async fn create_sampling_rule(
    cx: &Context,
    input: CreateSamplingRuleInput,
) -> Result<SamplingRuleOutput, XRayError> {
    if !input.tags.is_empty() {
        return Err(invalid("Tags of sampling rules are not supported"));
    }
    let rule = Rule { rule_arn: None, ..input.sampling_rule };
    let name = rule.rule_name.clone().unwrap_or_default();
    if name == DEFAULT_RULE {
        return Err(invalid("The Default rule cannot be created"));
    }
    validate(&rule)?;
    let others = sampling_rules(cx).await?;
    if others.iter().any(|other| other.name() == name) {
        return Err(invalid(format!("Sampling rule {name} already exists")));
    }
    if others.len() > RULES_MAX {
        return Err(XRayError::RuleLimitExceeded { limit: RULES_MAX });
    }
    let stored = StoredRule { rule, created_at: cx.now(), modified_at: cx.now() };
    commit(cx, Change::put(&stored, Expected::Absent)).await?;
    Ok(SamplingRuleOutput { sampling_rule_record: SamplingRuleRecord::new(&cx.scope, stored) })
}

/// Changes a rule. Of `Default` only the rate and the reservoir can change.
///
/// Source: <https://docs.aws.amazon.com/xray/latest/api/API_UpdateSamplingRule.html>
///
/// # Errors
/// `InvalidRequestException` for an unknown rule or a value out of bounds.
pub async fn update_sampling_rule(
    cx: &Context,
    input: UpdateSamplingRuleInput,
) -> Result<SamplingRuleOutput, XRayError> {
    let update = input.sampling_rule_update;
    let name = rule_name(update.rule_name.as_deref(), update.rule_arn.as_deref())?;
    let (mut stored, expected) = match find(cx, &name).await? {
        Some(found) => (found.document, Expected::Version(found.version)),
        None if name == DEFAULT_RULE => (default_rule(), Expected::Absent),
        None => return Err(no_such_rule(&name)),
    };
    apply(&mut stored.rule, update)?;
    validate(&stored.rule)?;
    stored.modified_at = cx.now();
    commit(cx, Change::put(&stored, expected)).await?;
    Ok(SamplingRuleOutput { sampling_rule_record: SamplingRuleRecord::new(&cx.scope, stored) })
}

/// Deletes a rule.
///
/// Source: <https://docs.aws.amazon.com/xray/latest/api/API_DeleteSamplingRule.html>
///
/// # Errors
/// `InvalidRequestException` for an unknown rule and for `Default`.
pub async fn delete_sampling_rule(
    cx: &Context,
    input: DeleteSamplingRuleInput,
) -> Result<SamplingRuleOutput, XRayError> {
    let name = rule_name(input.rule_name.as_deref(), input.rule_arn.as_deref())?;
    if name == DEFAULT_RULE {
        return Err(invalid("The Default rule cannot be deleted"));
    }
    let found = find(cx, &name).await?.ok_or_else(|| no_such_rule(&name))?;
    commit(cx, Change::delete::<StoredRule>(&name, Expected::Version(found.version))).await?;
    Ok(SamplingRuleOutput { sampling_rule_record: SamplingRuleRecord::new(&cx.scope, found.document) })
}

async fn find(cx: &Context, name: &str) -> Result<Option<Versioned<StoredRule>>, XRayError> {
    Ok(cx.store.catalog.get::<StoredRule>(&cx.scope, name).await?)
}

async fn commit(cx: &Context, change: Change) -> Result<(), XRayError> {
    Ok(cx.store.catalog.commit(&cx.scope, vec![change, LastModification::change(cx.now())]).await?)
}

fn rule_name(name: Option<&str>, arn: Option<&str>) -> Result<String, XRayError> {
    let from_arn = || Arn::parse(arn?)?.resource().strip_prefix("sampling-rule/").map(str::to_owned);
    name.map(str::to_owned).or_else(from_arn).ok_or_else(|| invalid("RuleName or RuleARN is required"))
}

fn apply(rule: &mut Rule, update: SamplingRuleUpdate) -> Result<(), XRayError> {
    let only_default = [
        update.resource_arn.is_some(),
        update.priority.is_some(),
        update.host.is_some(),
        update.service_name.is_some(),
        update.service_type.is_some(),
        update.http_method.is_some(),
        update.url_path.is_some(),
        update.attributes.is_some(),
    ];
    if rule.rule_name.as_deref() == Some(DEFAULT_RULE) && only_default.contains(&true) {
        return Err(invalid("Only FixedRate and ReservoirSize of the Default rule can be changed"));
    }
    set(&mut rule.resource_arn, update.resource_arn);
    set(&mut rule.priority, update.priority);
    set(&mut rule.fixed_rate, update.fixed_rate);
    set(&mut rule.reservoir_size, update.reservoir_size);
    set(&mut rule.host, update.host);
    set(&mut rule.service_name, update.service_name);
    set(&mut rule.service_type, update.service_type);
    set(&mut rule.http_method, update.http_method);
    set(&mut rule.url_path, update.url_path);
    set(&mut rule.attributes, update.attributes);
    rule.sampling_rate_boost = update.sampling_rate_boost;
    Ok(())
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// The bounds of the model: <https://docs.aws.amazon.com/xray/latest/api/API_SamplingRule.html>
fn validate(rule: &Rule) -> Result<(), XRayError> {
    let name = rule.rule_name.as_deref().unwrap_or_default();
    let lengths = [
        ("ResourceARN", &rule.resource_arn, 500),
        ("ServiceName", &rule.service_name, 64),
        ("ServiceType", &rule.service_type, 64),
        ("Host", &rule.host, 64),
        ("HTTPMethod", &rule.http_method, 10),
        ("URLPath", &rule.url_path, 128),
    ];
    if let Some((member, _, longest)) = lengths.iter().find(|(_, text, longest)| text.chars().count() > *longest) {
        return Err(invalid(format!("{member} is longer than {longest} characters")));
    }
    let attribute_fits = |text: &String| (1..=32).contains(&text.chars().count());
    let checks = [
        ((1..=32).contains(&name.chars().count()), "RuleName must have 1 to 32 characters"),
        (name == DEFAULT_RULE || (1..=9_999).contains(&rule.priority), "Priority must be between 1 and 9999"),
        ((0.0..=1.0).contains(&rule.fixed_rate), "FixedRate must be between 0 and 1"),
        (rule.reservoir_size >= 0, "ReservoirSize must not be negative"),
        (rule.version == 1, "Version must be 1"),
        (rule.attributes.len() <= 5, "There can be at most 5 Attributes"),
        (
            rule.attributes.iter().all(|(key, value)| attribute_fits(key) && attribute_fits(value)),
            "Keys and values of Attributes must have 1 to 32 characters",
        ),
        (rule.sampling_rate_boost.is_none(), "SamplingRateBoost is not supported"),
    ];
    match checks.iter().find(|(holds, _)| !holds) {
        Some((_, complaint)) => Err(invalid(*complaint)),
        None => Ok(()),
    }
}

fn no_such_rule(name: &str) -> XRayError {
    invalid(format!("Sampling rule {name} does not exist"))
}

fn invalid(message: impl Into<String>) -> XRayError {
    XRayError::InvalidRequest(message.into())
}
