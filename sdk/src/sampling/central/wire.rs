//! What goes to the service and comes back, in the shape the X-Ray API gives it.

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::sampling::Rule;
use crate::segment::EpochTime;

/// One page of `GetSamplingRules`.
///
/// Shape: <https://docs.aws.amazon.com/xray/latest/api/API_GetSamplingRules.html>
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RulesPage {
    /// The rules that could be read.
    pub rules: Vec<Rule>,
    /// How many records are no rules.
    pub malformed: usize,
    /// What asks for the next page.
    pub next_token: Option<String>,
}

impl<'de> Deserialize<'de> for RulesPage {
    /// Reads the records one by one: one of a kind not known yet does not hide the others.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Raw {
            sampling_rule_records: Vec<serde_json::Value>,
            next_token: Option<String>,
        }
        let raw = Raw::deserialize(deserializer)?;
        let records = raw.sampling_rule_records.len();
        let rules: Vec<Rule> = raw.sampling_rule_records.into_iter().filter_map(rule).collect();
        let next_token = raw.next_token.filter(|token| !token.is_empty());
        Ok(Self { malformed: records - rules.len(), rules, next_token })
    }
}

/// Reads the rule of a `SamplingRuleRecord`; absent and null mean the same.
fn rule(mut record: serde_json::Value) -> Option<Rule> {
    let mut rule = record.get_mut("SamplingRule")?.take();
    rule.as_object_mut()?.retain(|_, value| !value.is_null());
    serde_json::from_value(rule).ok()
}

/// The body of `GetSamplingTargets`: at most 25 of each kind.
///
/// Shape: <https://docs.aws.amazon.com/xray/latest/api/API_GetSamplingTargets.html>
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct StatisticsReport {
    /// What the rules decided.
    #[serde(rename = "SamplingStatisticsDocuments")]
    pub statistics: Vec<Statistics>,
    /// How traces ended, for rules that may be boosted.
    #[serde(rename = "SamplingBoostStatisticsDocuments", skip_serializing_if = "Vec::is_empty")]
    pub boost_statistics: Vec<BoostStatistics>,
}

/// `SamplingStatisticsDocument`: what one rule decided since its last report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statistics {
    /// The rule.
    pub rule_name: String,
    /// The instance: 24 hexadecimal digits.
    #[serde(rename = "ClientID")]
    pub client_id: String,
    /// When the counts were taken.
    pub timestamp: EpochTime,
    /// Decisions in all.
    pub request_count: u64,
    /// Traces sampled by quota or rate; as with the X-Ray SDKs, borrowed ones are not among them.
    pub sampled_count: u64,
    /// Traces sampled without quota.
    pub borrow_count: u64,
}

/// `SamplingBoostStatisticsDocument`: how the traces of one rule ended since its last report.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BoostStatistics {
    /// The rule.
    pub rule_name: String,
    /// The service's name, at most 64 characters.
    pub service_name: String,
    /// When the counts were taken.
    pub timestamp: EpochTime,
    /// Traces that failed or were slow.
    pub anomaly_count: u64,
    /// Traces that ended.
    pub total_count: u64,
    /// Those of `anomaly_count` that were sampled.
    pub sampled_anomaly_count: u64,
}

/// The answer of `GetSamplingTargets`.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct TargetsAnswer {
    /// What holds from now on. Always said, be it that nothing is: what has none of it is the answer of
    /// someone else.
    #[serde(rename = "SamplingTargetDocuments")]
    pub targets: Vec<SamplingTarget>,
    /// When the rules were last changed.
    #[serde(default, deserialize_with = "moment")]
    pub last_rule_modification: Option<EpochTime>,
    /// Statistics that were not accepted.
    #[serde(default)]
    pub unprocessed_statistics: Vec<Unprocessed>,
    /// Boost statistics that were not accepted.
    #[serde(default)]
    pub unprocessed_boost_statistics: Vec<Unprocessed>,
}

/// `SamplingTargetDocument`: what the service grants for one rule. What is absent stays as it was.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingTarget {
    /// The rule.
    pub rule_name: String,
    /// The share of requests sampled beyond the quota, 0-1.
    pub fixed_rate: f64,
    /// Traces this instance may take each second.
    #[serde(default)]
    pub reservoir_quota: Option<i32>,
    /// When the quota expires.
    #[serde(rename = "ReservoirQuotaTTL", default, deserialize_with = "moment")]
    pub reservoir_quota_ttl: Option<EpochTime>,
    /// Seconds between reports of this rule.
    #[serde(default)]
    pub interval: Option<i32>,
    /// A higher rate for a while.
    #[serde(default)]
    pub sampling_boost: Option<SamplingBoost>,
}

/// `SamplingBoost`: a rate that goes before the rule's for a while.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingBoost {
    /// The rate, 0-1.
    pub boost_rate: f64,
    /// When it expires.
    #[serde(rename = "BoostRateTTL", deserialize_with = "moment")]
    pub boost_rate_ttl: Option<EpochTime>,
}

/// A document that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Unprocessed {
    /// The rule.
    pub rule_name: Option<String>,
    /// A number as HTTP statuses are: 4xx, our mistake; 5xx, the service's.
    pub error_code: Option<String>,
    /// Why.
    pub message: Option<String>,
}

/// Reads epoch seconds.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<EpochTime>, D::Error> {
    let seconds = Option::<f64>::deserialize(deserializer)?;
    let read =
        |seconds| EpochTime::from_secs_f64(seconds).ok_or_else(|| de::Error::custom("a time is seconds since 1970"));
    seconds.map(read).transpose()
}
