//! `DescribeAlarms` and `DescribeAlarmsForMetric`.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>

use serde::{Deserialize, Serialize};

use super::catalogued::{ALARMS_MAX, select};
use super::definition::{Alarm, StateValue};
use crate::base::{PageToken, Scope, Timestamp};
use crate::service::Context;
use crate::service::cloudwatch::error::{CloudWatchError, Problems, Violations};
use crate::service::cloudwatch::metric::{Dimension, MetricId, check_dimensions};
use crate::store::Versioned;

/// Most names of one request, and most alarms of one page.
const PAGE_MAX: usize = 100;
/// Alarms of one page unless said.
const PAGE_DEFAULT: usize = 50;

/// Input of `DescribeAlarms`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAlarmsInput {
    /// These and no others.
    #[serde(default)]
    pub alarm_names: Vec<String>,
    /// Only names that begin so.
    pub alarm_name_prefix: Option<String>,
    /// `MetricAlarm` unless said.
    #[serde(default)]
    pub alarm_types: Vec<String>,
    /// The alarms that a composite alarm watches.
    pub children_of_alarm_name: Option<String>,
    /// The composite alarms that watch an alarm.
    pub parents_of_alarm_name: Option<String>,
    /// Only alarms in this state.
    pub state_value: Option<String>,
    /// Only alarms with an action that begins so.
    pub action_prefix: Option<String>,
    /// Alarms of one page.
    pub max_records: Option<i64>,
    /// Where the last page ended.
    pub next_token: Option<String>,
}

/// Output of `DescribeAlarms`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAlarmsOutput {
    /// None: there are no composite alarms in this version.
    pub composite_alarms: [(); 0],
    /// By name.
    pub metric_alarms: Vec<MetricAlarm>,
    /// None: there are no log alarms in this version.
    pub log_alarms: [(); 0],
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// A metric alarm as clients see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct MetricAlarm {
    /// Its name.
    pub alarm_name: String,
    /// Its ARN.
    pub alarm_arn: String,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alarm_description: Option<String>,
    /// When it was last configured.
    pub alarm_configuration_updated_timestamp: Timestamp,
    /// Whether actions run.
    pub actions_enabled: bool,
    /// When it becomes OK.
    #[serde(rename = "OKActions")]
    pub ok_actions: Vec<String>,
    /// When it becomes ALARM.
    pub alarm_actions: Vec<String>,
    /// When it becomes `INSUFFICIENT_DATA`.
    pub insufficient_data_actions: Vec<String>,
    /// Its state.
    pub state_value: StateValue,
    /// Why, in words.
    pub state_reason: String,
    /// Why, as JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state_reason_data: Option<String>,
    /// When value or reason last changed.
    pub state_updated_timestamp: Timestamp,
    /// When the value last changed.
    pub state_transitioned_timestamp: Timestamp,
    /// The metric's name.
    pub metric_name: String,
    /// The metric's namespace.
    pub namespace: String,
    /// `Average` and the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
    /// `p99` and the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extended_statistic: Option<String>,
    /// All dimensions of the metric.
    pub dimensions: Vec<Dimension>,
    /// Seconds.
    pub period: u32,
    /// Only data of this unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// N.
    pub evaluation_periods: u32,
    /// M.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub datapoints_to_alarm: Option<u32>,
    /// What datapoints are compared with.
    pub threshold: f64,
    /// How.
    pub comparison_operator: &'static str,
    /// What periods without data count as, when it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treat_missing_data: Option<&'static str>,
    /// What percentiles of few samples do, when it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluate_low_sample_count_percentile: Option<&'static str>,
}

impl MetricAlarm {
    /// `alarm` as clients see it.
    pub fn of(alarm: &Alarm, scope: &Scope) -> Self {
        let definition = &alarm.definition;
        let statistic = definition.statistic.to_string();
        let (statistic, extended_statistic) =
            if definition.statistic.is_simple() { (Some(statistic), None) } else { (None, Some(statistic)) };
        Self {
            alarm_name: alarm.name.clone(),
            alarm_arn: Alarm::arn(&alarm.name, scope).to_string(),
            alarm_description: alarm.description.clone(),
            alarm_configuration_updated_timestamp: alarm.configured_at,
            actions_enabled: alarm.actions.enabled,
            ok_actions: alarm.actions.ok.clone(),
            alarm_actions: alarm.actions.alarm.clone(),
            insufficient_data_actions: alarm.actions.insufficient_data.clone(),
            state_value: alarm.state.value,
            state_reason: alarm.state.reason.clone(),
            state_reason_data: alarm.state.reason_json.clone(),
            state_updated_timestamp: alarm.state.updated_at,
            state_transitioned_timestamp: alarm.state.transitioned_at,
            metric_name: definition.metric.name.clone(),
            namespace: definition.metric.namespace.clone(),
            statistic,
            extended_statistic,
            dimensions: definition.metric.wire_dimensions(),
            period: definition.period.as_secs(),
            unit: definition.unit.clone(),
            evaluation_periods: definition.evaluation_periods,
            datapoints_to_alarm: definition.datapoints_to_alarm,
            threshold: definition.threshold,
            comparison_operator: definition.comparison.as_str(),
            treat_missing_data: definition.missing_data_named.then(|| definition.missing_data.as_str()),
            evaluate_low_sample_count_percentile: definition
                .low_sample_count_named
                .then(|| definition.low_sample_count.as_str()),
        }
    }
}

/// Lists alarms by name.
///
/// # Errors
/// `ValidationError` for a bad filter, `InvalidNextToken` for a bad page token.
pub async fn describe_alarms(
    cx: &Context,
    input: DescribeAlarmsInput,
) -> Result<DescribeAlarmsOutput, CloudWatchError> {
    let (state, limit) = check(&input)?;
    let after: Option<String> = input.next_token.as_deref().map(PageToken::decode).transpose()?;
    // A metric alarm watches no alarms, and no composite alarm watches it.
    let wanted = (input.alarm_types.is_empty() || input.alarm_types.iter().any(|kind| kind == "MetricAlarm"))
        && input.children_of_alarm_name.is_none()
        && input.parents_of_alarm_name.is_none();
    let keep = |alarm: &Alarm| {
        state.is_none_or(|state| alarm.state.value == state)
            && input
                .action_prefix
                .as_ref()
                .is_none_or(|prefix| alarm.actions.all().any(|action| action.starts_with(prefix)))
            && after.as_ref().is_none_or(|after| alarm.name > *after)
    };
    let mut found = if !wanted {
        Vec::new()
    } else if input.alarm_names.is_empty() {
        let prefix = input.alarm_name_prefix.as_deref().unwrap_or_default();
        select(&cx.store.catalog, &cx.scope, prefix, after.as_deref(), limit + 1, keep).await?
    } else {
        let mut named = by_names(cx, &input.alarm_names).await?;
        named.retain(keep);
        named
    };
    let more = found.len() > limit;
    found.truncate(limit);
    Ok(DescribeAlarmsOutput {
        composite_alarms: [],
        next_token: found.last().filter(|_| more).map(|alarm| PageToken::encode(&alarm.name)),
        metric_alarms: found.iter().map(|alarm| MetricAlarm::of(alarm, &cx.scope)).collect(),
        log_alarms: [],
    })
}

async fn by_names(cx: &Context, names: &[String]) -> Result<Vec<Alarm>, CloudWatchError> {
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    let mut found = Vec::new();
    for name in names {
        let alarm: Option<Versioned<Alarm>> = cx.store.catalog.get(&cx.scope, &name).await?;
        found.extend(alarm.map(|alarm| alarm.document));
    }
    Ok(found)
}

fn check(input: &DescribeAlarmsInput) -> Result<(Option<StateValue>, usize), CloudWatchError> {
    let mut violations = Violations::default();
    if input.alarm_names.len() > PAGE_MAX {
        let shown = format!("[{}]", input.alarm_names.join(", "));
        violations.add(shown, "alarmNames", &format!("Member must have length less than or equal to {PAGE_MAX}"));
    }
    let types = ["CompositeAlarm", "MetricAlarm", "LogAlarm"];
    for (index, kind) in input.alarm_types.iter().enumerate() {
        if !types.contains(&kind.as_str()) {
            violations.unknown(kind, &format!("alarmTypes.{}.member", index + 1), &types);
        }
    }
    let state = input.state_value.as_deref().map(|text| (text, StateValue::parse(text)));
    if let Some((text, None)) = state {
        violations.unknown(text, "stateValue", &StateValue::ALL.map(StateValue::as_str));
    }
    if let Some(wanted) = input.max_records {
        violations.check_range(wanted, "maxRecords", 1..=PAGE_MAX as i64);
    }
    violations.into_result()?;
    let mut problems = Problems::default();
    if !input.alarm_names.is_empty() && input.alarm_name_prefix.is_some() {
        let message = "AlarmNamePrefix and AlarmNames must not both be specified.".to_owned();
        problems.add(CloudWatchError::Validation, message);
    }
    if let Some(name) = &input.children_of_alarm_name {
        problems.add(CloudWatchError::Validation, format!("{name} is not a composite alarm."));
    }
    problems.into_result()?;
    let limit = input.max_records.and_then(|wanted| usize::try_from(wanted).ok()).unwrap_or(PAGE_DEFAULT);
    Ok((state.and_then(|(_, state)| state), limit))
}

/// Input of `DescribeAlarmsForMetric`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAlarmsForMetricInput {
    /// The metric's name.
    pub metric_name: String,
    /// The metric's namespace.
    pub namespace: String,
    /// Only alarms on this statistic.
    pub statistic: Option<String>,
    /// Only alarms on this extended statistic.
    pub extended_statistic: Option<String>,
    /// All dimensions of the metric.
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
    /// Only alarms of this period, in seconds.
    pub period: Option<i64>,
    /// Only alarms on this unit.
    pub unit: Option<String>,
}

/// Output of `DescribeAlarmsForMetric`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAlarmsForMetricOutput {
    /// By name.
    pub metric_alarms: Vec<MetricAlarm>,
}

/// Lists the alarms on one metric.
///
/// # Errors
/// `InvalidParameterValue` for bad dimensions.
pub async fn describe_alarms_for_metric(
    cx: &Context,
    input: DescribeAlarmsForMetricInput,
) -> Result<DescribeAlarmsForMetricOutput, CloudWatchError> {
    let mut problems = Problems::default();
    let dimensions = check_dimensions(&input.dimensions, "Dimensions", &mut problems);
    problems.into_result()?;
    let metric = MetricId { namespace: input.namespace, name: input.metric_name, dimensions };
    let statistic = input.statistic.or(input.extended_statistic);
    let keep = |alarm: &Alarm| {
        let definition = &alarm.definition;
        definition.metric == metric
            && statistic.as_ref().is_none_or(|wanted| definition.statistic.as_str() == wanted)
            && input.period.is_none_or(|wanted| i64::from(definition.period.as_secs()) == wanted)
            && (input.unit.is_none() || definition.unit == input.unit)
    };
    let found = select(&cx.store.catalog, &cx.scope, "", None, ALARMS_MAX, keep).await?;
    Ok(DescribeAlarmsForMetricOutput {
        metric_alarms: found.iter().map(|alarm| MetricAlarm::of(alarm, &cx.scope)).collect(),
    })
}
