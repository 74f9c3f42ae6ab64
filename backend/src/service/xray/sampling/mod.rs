//! Central sampling: the rules that tracers fetch, and how each rule's reservoir is shared out among them.

mod quota;
mod rule;
mod rule_change;
mod targets;
#[cfg(test)]
mod tests;

pub use quota::{QUOTA_TTL, Quotas, REPORT_INTERVAL};
pub use rule::{
    GetSamplingRulesInput, GetSamplingRulesOutput, RULES_MAX, SamplingRuleRecord, StoredRule, get_sampling_rules,
    sampling_rules,
};
pub use rule_change::{
    CreateSamplingRuleInput, DeleteSamplingRuleInput, SamplingRuleOutput, SamplingRuleUpdate, UpdateSamplingRuleInput,
    create_sampling_rule, delete_sampling_rule, update_sampling_rule,
};
pub use targets::{GetSamplingTargetsInput, GetSamplingTargetsOutput, get_sampling_targets};
