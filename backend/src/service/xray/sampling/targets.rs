//! `GetSamplingTargets`.

use serde::{Deserialize, Serialize};

use super::quota::{QUOTA_TTL, Quotas, REPORT_INTERVAL, Report};
use super::rule::{LastModification, StoredRule, sampling_rules};
use crate::base::Timestamp;
use crate::service::Context;
use crate::service::xray::XRayError;

/// Most reports of one request.
const REPORTS_MAX: usize = 25;

/// What a tracer did since it last asked.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetSamplingTargetsInput {
    /// One report per rule.
    pub sampling_statistics_documents: Vec<SamplingStatisticsDocument>,
    /// Reports for adaptive sampling, which no rule asks for.
    #[serde(default)]
    pub sampling_boost_statistics_documents: Vec<SamplingBoostStatisticsDocument>,
}

/// What a tracer did by one rule.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingStatisticsDocument {
    /// The rule.
    pub rule_name: String,
    /// The tracer's process: 24 hexadecimal digits.
    #[serde(rename = "ClientID")]
    pub client_id: String,
    /// Requests that matched the rule.
    pub request_count: i32,
}

/// Anomalies that a tracer saw.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingBoostStatisticsDocument {
    /// The rule.
    pub rule_name: String,
}

/// What tracers shall do until they ask again.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetSamplingTargetsOutput {
    /// One per report.
    pub sampling_target_documents: Vec<SamplingTargetDocument>,
    /// When a rule was last touched: who fetched them before fetches them again.
    pub last_rule_modification: Timestamp,
    /// Reports about rules that do not exist.
    pub unprocessed_statistics: Vec<UnprocessedStatistics>,
    /// Reports for adaptive sampling.
    pub unprocessed_boost_statistics: Vec<UnprocessedStatistics>,
}

/// What a tracer shall do by one rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SamplingTargetDocument {
    /// The rule.
    pub rule_name: String,
    /// Share of requests, 0 to 1, after the quota.
    pub fixed_rate: f64,
    /// Requests a second before that.
    pub reservoir_quota: i32,
    /// Until when.
    #[serde(rename = "ReservoirQuotaTTL")]
    pub reservoir_quota_ttl: Timestamp,
    /// Seconds until the next report.
    pub interval: i32,
}

/// A report that could not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct UnprocessedStatistics {
    /// The rule.
    pub rule_name: String,
    /// An HTTP status: tracers fetch the rules again after one that begins with 4.
    pub error_code: &'static str,
    /// What is wrong.
    pub message: String,
}

/// Takes tracers' reports and tells each how much it may sample.
///
/// Source: <https://docs.aws.amazon.com/xray/latest/api/API_GetSamplingTargets.html>
///
/// # Errors
/// `InvalidRequestException` for more than 25 reports.
pub async fn get_sampling_targets(
    cx: &Context,
    quotas: &Quotas,
    input: GetSamplingTargetsInput,
) -> Result<GetSamplingTargetsOutput, XRayError> {
    if input.sampling_statistics_documents.len() > REPORTS_MAX {
        let message = format!("SamplingStatisticsDocuments has more than {REPORTS_MAX} members");
        return Err(XRayError::InvalidRequest(message));
    }
    let rules = sampling_rules(cx).await?;
    let mut output = GetSamplingTargetsOutput {
        sampling_target_documents: Vec::new(),
        last_rule_modification: LastModification::read(cx).await?,
        unprocessed_statistics: Vec::new(),
        unprocessed_boost_statistics: Vec::new(),
    };
    for report in &input.sampling_statistics_documents {
        match rules.iter().find(|rule| rule.name() == report.rule_name) {
            Some(rule) => output.sampling_target_documents.push(target(cx, quotas, rule, report)),
            None => output.unprocessed_statistics.push(UnprocessedStatistics {
                rule_name: report.rule_name.clone(),
                error_code: "400",
                message: "Unknown rule".to_owned(),
            }),
        }
    }
    let refused = input.sampling_boost_statistics_documents.into_iter().map(|report| UnprocessedStatistics {
        rule_name: report.rule_name,
        error_code: "400",
        message: "The rule has no SamplingRateBoost".to_owned(),
    });
    output.unprocessed_boost_statistics.extend(refused);
    Ok(output)
}

fn target(
    cx: &Context,
    quotas: &Quotas,
    stored: &StoredRule,
    report: &SamplingStatisticsDocument,
) -> SamplingTargetDocument {
    let reservoir = u32::try_from(stored.rule.reservoir_size).unwrap_or(0);
    let requests = u64::try_from(report.request_count).unwrap_or(0);
    let report = Report { client: &report.client_id, requests, at: cx.now() };
    let quota = quotas.grant(&cx.scope, stored.name(), reservoir, report);
    SamplingTargetDocument {
        rule_name: stored.name().to_owned(),
        fixed_rate: stored.rule.fixed_rate,
        reservoir_quota: i32::try_from(quota).unwrap_or(i32::MAX),
        reservoir_quota_ttl: cx.now().plus(QUOTA_TTL),
        interval: REPORT_INTERVAL.as_secs() as i32,
    }
}
