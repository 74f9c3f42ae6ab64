//! `PutMetricAlarm`: creates an alarm or replaces its configuration.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html>

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::catalogued::{ALARMS_MAX, Edit, change, select};
use super::definition::{Alarm, AlarmActions, AlarmDefinition, AlarmState, Comparison, LowSampleCount, MissingData};
use super::tags::{Tag, check_tags};
use super::transition::{Operation, configuration_event};
use crate::base::Timestamp;
use crate::bus::Target;
use crate::service::Context;
use crate::service::cloudwatch::error::{CloudWatchError, Problems, Violations};
use crate::service::cloudwatch::metric::{
    Dimension, MetricId, UNITS, check_dimensions, check_metric_name, check_namespace,
};
use crate::service::cloudwatch::period::Period;
use crate::service::cloudwatch::statistic::Statistic;

/// Longest name, in characters.
pub(super) const NAME_LEN_MAX: usize = 255;
const DESCRIPTION_LEN_MAX: usize = 1024;
const ACTION_LEN_MAX: usize = 1024;
/// Most actions for one state.
const ACTIONS_MAX: usize = 5;
const DAY_SECS: i64 = 86_400;
const HOUR_SECS: i64 = 3_600;

/// Input of `PutMetricAlarm`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutMetricAlarmInput {
    alarm_name: String,
    alarm_description: Option<String>,
    actions_enabled: Option<bool>,
    #[serde(default, rename = "OKActions")]
    ok_actions: Vec<String>,
    #[serde(default)]
    alarm_actions: Vec<String>,
    #[serde(default)]
    insufficient_data_actions: Vec<String>,
    metric_name: Option<String>,
    namespace: Option<String>,
    statistic: Option<String>,
    extended_statistic: Option<String>,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    period: Option<i64>,
    unit: Option<String>,
    evaluation_periods: Option<i64>,
    datapoints_to_alarm: Option<i64>,
    threshold: Option<f64>,
    comparison_operator: Option<String>,
    treat_missing_data: Option<String>,
    evaluate_low_sample_count_percentile: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    // What follows is refused when present.
    #[serde(default)]
    metrics: Vec<IgnoredAny>,
    threshold_metric_id: Option<IgnoredAny>,
    evaluation_window: Option<IgnoredAny>,
    warm_up_configuration: Option<IgnoredAny>,
    evaluation_criteria: Option<IgnoredAny>,
    evaluation_interval: Option<IgnoredAny>,
    action_configuration: Option<IgnoredAny>,
}

/// Output of `PutMetricAlarm`: nothing.
#[derive(Debug, Serialize)]
pub struct PutMetricAlarmOutput {}

/// Creates the alarm in state `INSUFFICIENT_DATA`, or replaces the configuration of the one with this name, which keeps
/// its state and its tags.
///
/// # Errors
/// `ValidationError`, `MissingParameter` and `InvalidParameterValue` with what is wrong; `LimitExceeded` above
/// 5,000 alarms. Metric math, anomaly detection and `PromQL` are refused with `ValidationError`.
pub async fn put_metric_alarm(
    cx: &Context,
    input: PutMetricAlarmInput,
) -> Result<PutMetricAlarmOutput, CloudWatchError> {
    let alarm = parse(input, cx.now())?;
    let is_new = cx.store.catalog.get::<Alarm>(&cx.scope, &alarm.name).await?.is_none();
    if is_new {
        let all = select(&cx.store.catalog, &cx.scope, "", None, ALARMS_MAX, |_| true).await?;
        if all.len() >= ALARMS_MAX {
            let message = format!("The maximum number of {ALARMS_MAX} alarms is reached.");
            return Err(CloudWatchError::LimitExceeded(message));
        }
    }
    let name = alarm.name.clone();
    change(cx, &name, |previous| {
        let operation = if previous.is_some() { Operation::Update } else { Operation::Create };
        let mut alarm = alarm.clone();
        if let Some(previous) = previous {
            alarm.state = previous.state.clone();
            alarm.tags.clone_from(&previous.tags);
        }
        let event = configuration_event(operation, &alarm, previous, &cx.scope, cx.now());
        Ok(Edit::put(alarm, Some((event, Vec::new()))))
    })
    .await?;
    Ok(PutMetricAlarmOutput {})
}

fn parse(input: PutMetricAlarmInput, now: Timestamp) -> Result<Alarm, CloudWatchError> {
    refuse_unsupported(&input)?;
    check_model(&input)?;
    check_tags(&input.tags)?;
    let definition = parse_definition(&input)?;
    for action in input.ok_actions.iter().chain(&input.alarm_actions).chain(&input.insufficient_data_actions) {
        if Target::parse(action).is_none() {
            return Err(CloudWatchError::Validation(format!("Invalid arn syntax: {action}")));
        }
    }
    Ok(Alarm {
        name: input.alarm_name,
        description: input.alarm_description,
        definition,
        actions: AlarmActions {
            enabled: input.actions_enabled.unwrap_or(true),
            ok: input.ok_actions,
            alarm: input.alarm_actions,
            insufficient_data: input.insufficient_data_actions,
        },
        configured_at: now,
        state: AlarmState::initial(now),
        tags: input.tags.into_iter().map(|tag| (tag.key, tag.value)).collect::<BTreeMap<_, _>>(),
    })
}

fn refuse_unsupported(input: &PutMetricAlarmInput) -> Result<(), CloudWatchError> {
    let given = [
        ("Metrics", !input.metrics.is_empty()),
        ("ThresholdMetricId", input.threshold_metric_id.is_some()),
        ("EvaluationWindow", input.evaluation_window.is_some()),
        ("WarmUpConfiguration", input.warm_up_configuration.is_some()),
        ("EvaluationCriteria", input.evaluation_criteria.is_some()),
        ("EvaluationInterval", input.evaluation_interval.is_some()),
        ("ActionConfiguration", input.action_configuration.is_some()),
    ];
    let anomaly = ["LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"];
    let mut problems = Problems::default();
    for (member, _) in given.into_iter().filter(|(_, present)| *present) {
        let message = format!(
            "The parameter {member} is not supported: this version has alarms on one metric with a fixed threshold."
        );
        problems.add(CloudWatchError::Validation, message);
    }
    if let Some(operator) = input.comparison_operator.as_deref().filter(|operator| anomaly.contains(operator)) {
        let message = format!(
            "The value {operator} for parameter ComparisonOperator is not supported: it needs an anomaly detector."
        );
        problems.add(CloudWatchError::Validation, message);
    }
    problems.into_result()
}

/// The constraints of the API's model.
fn check_model(input: &PutMetricAlarmInput) -> Result<(), CloudWatchError> {
    let mut violations = Violations::default();
    violations.check_len(&input.alarm_name, "alarmName", 1..=NAME_LEN_MAX);
    if input.alarm_name.chars().any(|letter| letter.is_ascii_control()) {
        violations.add(&input.alarm_name, "alarmName", "Member must not contain control characters");
    }
    if let Some(description) = &input.alarm_description {
        violations.check_len(description, "alarmDescription", 0..=DESCRIPTION_LEN_MAX);
    }
    let lists = [
        ("oKActions", &input.ok_actions),
        ("alarmActions", &input.alarm_actions),
        ("insufficientDataActions", &input.insufficient_data_actions),
    ];
    for (member, actions) in lists {
        if actions.len() > ACTIONS_MAX {
            let shown = format!("[{}]", actions.join(", "));
            violations.add(shown, member, &format!("Member must have length less than or equal to {ACTIONS_MAX}"));
        }
        for (index, action) in actions.iter().enumerate() {
            violations.check_len(action, &format!("{member}.{}.member", index + 1), 1..=ACTION_LEN_MAX);
        }
    }
    let numbers = [
        ("period", input.period),
        ("evaluationPeriods", input.evaluation_periods),
        ("datapointsToAlarm", input.datapoints_to_alarm),
    ];
    for (member, number) in numbers {
        if let Some(number) = number {
            violations.check_range(number, member, 1..=i64::from(i32::MAX));
        }
    }
    let names: Vec<&str> = Comparison::ALL.iter().map(|comparison| comparison.as_str()).collect();
    let enums: [(&str, Option<&String>, &[&str]); 3] = [
        ("statistic", input.statistic.as_ref(), &Statistic::SIMPLE),
        ("unit", input.unit.as_ref(), &UNITS),
        ("comparisonOperator", input.comparison_operator.as_ref(), &names),
    ];
    for (member, value, names) in enums {
        if let Some(value) = value.filter(|value| !names.contains(&value.as_str())) {
            violations.unknown(value, member, names);
        }
    }
    violations.into_result()
}

/// The rules that no model tells.
fn parse_definition(input: &PutMetricAlarmInput) -> Result<AlarmDefinition, CloudWatchError> {
    let metric = parse_metric(input)?;
    let statistic = parse_statistic(input)?;
    let (period, evaluation_periods, datapoints_to_alarm) = parse_periods(input)?;
    let threshold = required(input.threshold, "Threshold")?;
    if !threshold.is_finite() {
        return Err(CloudWatchError::InvalidParameterValue(format!(
            "The value {threshold} for parameter Threshold is invalid."
        )));
    }
    let operator = required(input.comparison_operator.as_deref(), "ComparisonOperator")?;
    let comparison = Comparison::parse(operator).ok_or_else(|| {
        CloudWatchError::Validation(format!("The value {operator} is not supported for ComparisonOperator parameter."))
    })?;
    let missing_data = match input.treat_missing_data.as_deref() {
        None => None,
        Some(text) => Some(MissingData::parse(text).ok_or_else(|| {
            CloudWatchError::Validation(format!(
                "The value {text} is not supported for TreatMissingData parameter. Supported values are [breaching, \
                 notBreaching, ignore, missing]."
            ))
        })?),
    };
    let low_sample_count = match input.evaluate_low_sample_count_percentile.as_deref() {
        None => None,
        Some("evaluate") => Some(LowSampleCount::Evaluate),
        Some("ignore") => Some(LowSampleCount::Ignore),
        Some(text) => {
            return Err(CloudWatchError::Validation(format!(
                "Option {text} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are \
                 evaluate and ignore."
            )));
        }
    };
    Ok(AlarmDefinition {
        metric,
        unit: input.unit.clone(),
        statistic,
        period,
        evaluation_periods,
        datapoints_to_alarm,
        threshold,
        comparison,
        missing_data: missing_data.unwrap_or_default(),
        missing_data_named: missing_data.is_some(),
        low_sample_count: low_sample_count.unwrap_or_default(),
        low_sample_count_named: low_sample_count.is_some(),
    })
}

fn parse_metric(input: &PutMetricAlarmInput) -> Result<MetricId, CloudWatchError> {
    let mut problems = Problems::default();
    let namespace = required(input.namespace.clone(), "Namespace")?;
    let name = required(input.metric_name.clone(), "MetricName")?;
    check_namespace(&namespace, "Namespace", &mut problems);
    check_metric_name(&name, "MetricName", &mut problems);
    let dimensions = check_dimensions(&input.dimensions, "Dimensions", &mut problems);
    problems.into_result()?;
    Ok(MetricId { namespace, name, dimensions })
}

fn parse_statistic(input: &PutMetricAlarmInput) -> Result<Statistic, CloudWatchError> {
    match (&input.statistic, &input.extended_statistic) {
        (Some(name), None) => Statistic::parse_simple(name).ok_or_else(|| {
            CloudWatchError::Validation(format!("The value {name} is not supported for Statistic parameter."))
        }),
        (None, Some(name)) => Statistic::parse_extended(name).ok_or_else(|| {
            CloudWatchError::InvalidParameterValue(format!(
                "The value {name} for parameter ExtendedStatistic is not supported."
            ))
        }),
        (None, None) => Err(CloudWatchError::MissingParameter(
            "Either the parameter Statistic or the parameter ExtendedStatistic is required.".to_owned(),
        )),
        (Some(_), Some(_)) => Err(CloudWatchError::InvalidParameterCombination(
            "The parameters Statistic and ExtendedStatistic are mutually exclusive and you have specified both."
                .to_owned(),
        )),
    }
}

fn parse_periods(input: &PutMetricAlarmInput) -> Result<(Period, u32, Option<u32>), CloudWatchError> {
    let invalid = |message: &str| CloudWatchError::Validation(message.to_owned());
    let period_secs = required(input.period, "Period")?;
    let evaluation_periods = required(input.evaluation_periods, "EvaluationPeriods")?;
    let period = Period::for_alarm(period_secs)
        .ok_or_else(|| invalid("Period must be 10, 20, 30 or a multiple of 60, and not greater than 604800"))?;
    let watched_secs = period_secs.saturating_mul(evaluation_periods);
    if period_secs < HOUR_SECS && watched_secs > DAY_SECS {
        return Err(invalid(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
        ));
    }
    if watched_secs > 7 * DAY_SECS {
        return Err(invalid(
            "Metrics cannot be checked across more than seven days (EvaluationPeriods * Period must be <= 604800).",
        ));
    }
    if input.datapoints_to_alarm.is_some_and(|wanted| wanted > evaluation_periods) {
        return Err(invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods"));
    }
    let small = |number: i64| u32::try_from(number).map_err(|_| invalid("The number of periods must not be negative."));
    let datapoints_to_alarm = input.datapoints_to_alarm.map(small).transpose()?;
    Ok((period, small(evaluation_periods)?, datapoints_to_alarm))
}

fn required<T>(value: Option<T>, parameter: &str) -> Result<T, CloudWatchError> {
    value.ok_or_else(|| CloudWatchError::MissingParameter(format!("The parameter {parameter} is required.")))
}
