//! The sampling rules of an account in a region.

use serde::{Deserialize, Serialize};
use siskin_sdk::sampling::Rule;

use crate::base::{Arn, Scope, Timestamp};
use crate::service::Context;
use crate::service::xray::XRayError;
use crate::store::{Change, Document, Expected};

/// The rule that always exists.
pub(super) const DEFAULT_RULE: &str = "Default";

/// Most rules of an account in a region, `Default` not counted.
pub const RULES_MAX: usize = 100;

/// A rule at rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredRule {
    /// The rule as the API shows it, without its ARN.
    pub rule: Rule,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub modified_at: Timestamp,
}

impl StoredRule {
    /// Its name.
    pub fn name(&self) -> &str {
        self.rule.rule_name.as_deref().unwrap_or(DEFAULT_RULE)
    }
}

impl Document for StoredRule {
    const KIND: &'static str = "xray.sampling_rule";

    fn key(&self) -> String {
        self.name().to_owned()
    }
}

/// When any rule was last made, changed or deleted: tracers then fetch the rules again.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct LastModification {
    pub(super) at: Timestamp,
}

impl LastModification {
    const KEY: &'static str = "last";

    /// When it was; the epoch when no rule was ever touched.
    pub(super) async fn read(cx: &Context) -> Result<Timestamp, XRayError> {
        let stored = cx.store.catalog.get::<Self>(&cx.scope, Self::KEY).await?;
        Ok(stored.map_or(Timestamp::EPOCH, |stored| stored.document.at))
    }

    /// Part of the transaction that touches a rule.
    pub(super) fn change(at: Timestamp) -> Change {
        Change::put(&Self { at }, Expected::Any)
    }
}

impl Document for LastModification {
    const KIND: &'static str = "xray.sampling_modification";

    fn key(&self) -> String {
        Self::KEY.to_owned()
    }
}

/// `GetSamplingRules` has one member.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetSamplingRulesInput {
    /// Never handed out: all rules are one page.
    pub next_token: Option<String>,
}

/// All rules.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetSamplingRulesOutput {
    /// By priority, then name: the order in which tracers try them.
    pub sampling_rule_records: Vec<SamplingRuleRecord>,
}

/// A rule and its times.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingRuleRecord {
    /// The rule.
    pub sampling_rule: Rule,
    /// When it was made; the epoch for `Default`.
    pub created_at: Timestamp,
    /// When it was changed.
    pub modified_at: Timestamp,
}

impl SamplingRuleRecord {
    pub(super) fn new(scope: &Scope, stored: StoredRule) -> Self {
        let arn = Arn::new("xray", scope, format!("sampling-rule/{}", stored.name()));
        let sampling_rule = Rule { rule_arn: Some(arn.to_string()), ..stored.rule };
        Self { sampling_rule, created_at: stored.created_at, modified_at: stored.modified_at }
    }
}

/// Returns all sampling rules.
///
/// Source: <https://docs.aws.amazon.com/xray/latest/api/API_GetSamplingRules.html>
///
/// # Errors
/// `InvalidRequestException` for a token.
pub async fn get_sampling_rules(
    cx: &Context,
    input: GetSamplingRulesInput,
) -> Result<GetSamplingRulesOutput, XRayError> {
    if input.next_token.is_some() {
        return Err(XRayError::InvalidRequest("Invalid NextToken".to_owned()));
    }
    let rules = sampling_rules(cx).await?;
    let sampling_rule_records = rules.into_iter().map(|stored| SamplingRuleRecord::new(&cx.scope, stored)).collect();
    Ok(GetSamplingRulesOutput { sampling_rule_records })
}

/// The rules in the order in which they are tried: by priority, then name. `Default` is always among them, last.
///
/// # Errors
/// The store's.
pub async fn sampling_rules(cx: &Context) -> Result<Vec<StoredRule>, XRayError> {
    let stored = cx.store.catalog.list::<StoredRule>(&cx.scope, "", None, RULES_MAX + 1).await?;
    let mut rules: Vec<StoredRule> = stored.into_iter().map(|stored| stored.document).collect();
    if !rules.iter().any(|stored| stored.name() == DEFAULT_RULE) {
        rules.push(default_rule());
    }
    rules.sort_by(|one, other| (one.rule.priority, one.name()).cmp(&(other.rule.priority, other.name())));
    Ok(rules)
}

/// `Default` as it is until somebody changes it.
pub(super) fn default_rule() -> StoredRule {
    StoredRule { rule: Rule::default(), created_at: Timestamp::EPOCH, modified_at: Timestamp::EPOCH }
}
