//! Reads what the pages of alarms show.

use std::time::Duration;

use maud::Markup;

use super::{AlarmLine, AlarmList, AlarmPage, AlarmState, HistoryLine};
use crate::edge::console::chart::{Breach, Chart, Threshold, Unit, whole};
use crate::edge::console::fault::PageError;
use crate::edge::console::format;
use crate::edge::console::layout::Area;
use crate::edge::console::live::Parts;
use crate::edge::console::page::{Parameters, View};
use crate::edge::console::router::Console;
use crate::edge::console::series::{self, Wanted};
use crate::edge::console::tone::Tone;
use crate::service::Context;
use crate::service::cloudwatch::Dimension;
use crate::service::cloudwatch::alarm::{
    AlarmHistoryItem, DescribeAlarmHistoryInput, DescribeAlarmsForMetricInput, DescribeAlarmsInput, ItemType,
    MetricAlarm, StateValue, describe_alarm_history, describe_alarms, describe_alarms_for_metric,
};

/// Alarms in a list: one page of the API.
const ALARMS_MAX: usize = 100;

/// Entries of each kind in an alarm's history.
const HISTORY_MAX: i64 = 25;

/// Points of an alarm's chart.
const CHART_POINTS: u32 = 60;

/// The alarms on the success of `canary`.
pub(crate) async fn of_canary(cx: &Context, canary: &str) -> Result<Vec<MetricAlarm>, PageError> {
    let dimensions = vec![Dimension { name: "CanaryName".to_owned(), value: canary.to_owned() }];
    of_metric(cx, "CloudWatchSynthetics", "SuccessPercent", dimensions).await
}

/// The alarms on one metric.
pub(crate) async fn of_metric(
    cx: &Context,
    namespace: &str,
    metric: &str,
    dimensions: Vec<Dimension>,
) -> Result<Vec<MetricAlarm>, PageError> {
    let input = DescribeAlarmsForMetricInput {
        metric_name: metric.to_owned(),
        namespace: namespace.to_owned(),
        statistic: None,
        extended_statistic: None,
        dimensions,
        period: None,
        unit: None,
    };
    Ok(describe_alarms_for_metric(cx, input).await.map_err(PageError::of)?.metric_alarms)
}

/// All alarms, those in ALARM first; and whether there are more than [`ALARMS_MAX`] of a kind.
pub(crate) async fn all(cx: &Context) -> Result<(Vec<MetricAlarm>, bool), PageError> {
    let ringing = page(cx, Some("ALARM")).await?;
    let mut rest = page(cx, None).await?;
    rest.0.retain(|alarm| alarm.state_value != StateValue::Alarm);
    let mut alarms = ringing.0;
    alarms.extend(rest.0);
    Ok((alarms, ringing.1 || rest.1))
}

async fn page(cx: &Context, state: Option<&str>) -> Result<(Vec<MetricAlarm>, bool), PageError> {
    let input = DescribeAlarmsInput {
        state_value: state.map(str::to_owned),
        max_records: Some(ALARMS_MAX as i64),
        ..DescribeAlarmsInput::default()
    };
    let output = describe_alarms(cx, input).await.map_err(PageError::of)?;
    Ok((output.metric_alarms, output.next_token.is_some()))
}

impl AlarmLine {
    pub(crate) fn of(alarm: &MetricAlarm) -> Self {
        let dimensions: Vec<String> =
            alarm.dimensions.iter().map(|one| format!("{}={}", one.name, one.value)).collect();
        Self {
            name: alarm.alarm_name.clone(),
            state: match alarm.state_value {
                StateValue::Ok => AlarmState::Ok,
                StateValue::Alarm => AlarmState::Alarm,
                StateValue::InsufficientData => AlarmState::InsufficientData,
            },
            metric: format!("{} {} {}", alarm.namespace, alarm.metric_name, dimensions.join(" ")).trim_end().to_owned(),
            condition: condition(alarm),
            reason: alarm.state_reason.clone(),
            since: alarm.state_transitioned_timestamp,
            muted: !alarm.actions_enabled,
        }
    }
}

fn statistic(alarm: &MetricAlarm) -> &str {
    alarm.statistic.as_deref().or(alarm.extended_statistic.as_deref()).unwrap_or("Average")
}

/// `Average < 90 in 1 of 1 × 1 min`.
fn condition(alarm: &MetricAlarm) -> String {
    let sign = match alarm.comparison_operator {
        "GreaterThanOrEqualToThreshold" => "≥",
        "GreaterThanThreshold" => ">",
        "LessThanThreshold" => "<",
        "LessThanOrEqualToThreshold" => "≤",
        other => other,
    };
    let periods = alarm.evaluation_periods;
    let needed = alarm.datapoints_to_alarm.unwrap_or(periods);
    let period = format::duration(Duration::from_secs(u64::from(alarm.period)));
    format!("{} {sign} {} in {needed} of {periods} × {period}", statistic(alarm), format::number(alarm.threshold))
}

/// The alarm's level as a chart draws it.
pub(crate) fn threshold(alarm: &MetricAlarm) -> Option<Threshold> {
    let breach = match alarm.comparison_operator {
        "GreaterThanOrEqualToThreshold" | "GreaterThanThreshold" => Breach::Above,
        "LessThanThreshold" | "LessThanOrEqualToThreshold" => Breach::Below,
        _ => return None,
    };
    Some(Threshold { value: alarm.threshold, label: format!("{}: {}", alarm.alarm_name, condition(alarm)), breach })
}

impl View for AlarmList {
    const AREA: Area = Area::Alarms;
    const LIVE: Option<&'static str> = Some("alarms");

    async fn load(console: &Console, _: &Parameters) -> Result<Self, PageError> {
        let cx = console.state.context();
        let (alarms, more) = all(&cx).await?;
        Ok(Self {
            alarms: alarms.iter().map(AlarmLine::of).collect(),
            more,
            addresses: console.state.addresses,
            now: cx.now,
        })
    }

    fn title(&self) -> String {
        "Alarms".to_owned()
    }

    fn body(&self) -> Markup {
        self.body()
    }

    fn parts(&self) -> Parts {
        vec![("alarms", self.part())]
    }
}

impl View for AlarmPage {
    const AREA: Area = Area::Alarms;
    const LIVE: Option<&'static str> = Some("alarm");

    async fn load(console: &Console, parameters: &Parameters) -> Result<Self, PageError> {
        let cx = console.state.context();
        let name = parameters.required("name")?;
        let input = DescribeAlarmsInput { alarm_names: vec![name.to_owned()], ..DescribeAlarmsInput::default() };
        let found = describe_alarms(&cx, input).await.map_err(PageError::of)?.metric_alarms.into_iter().next();
        let alarm = found.ok_or_else(|| PageError::NotFound(format!("There is no alarm named {name:?}.")))?;
        let mut history = history(&cx, name, ItemType::StateUpdate).await?;
        history.extend(self::history(&cx, name, ItemType::ConfigurationUpdate).await?);
        history.sort_by_key(|line| std::cmp::Reverse(line.at));
        let actions = [
            ("ALARM", &alarm.alarm_actions),
            ("OK", &alarm.ok_actions),
            ("INSUFFICIENT_DATA", &alarm.insufficient_data_actions),
        ];
        Ok(Self {
            line: AlarmLine::of(&alarm),
            description: alarm.alarm_description.clone(),
            actions: actions
                .iter()
                .flat_map(|(state, targets)| targets.iter().map(|target| (*state, target.clone())))
                .collect(),
            chart: Some(chart(&cx, &alarm).await?),
            history,
            deliveries: self::history(&cx, name, ItemType::Action).await?,
            now: cx.now,
        })
    }

    fn title(&self) -> String {
        self.line.name.clone()
    }

    fn body(&self) -> Markup {
        self.body()
    }

    fn parts(&self) -> Parts {
        self.parts()
    }
}

async fn history(cx: &Context, name: &str, kind: ItemType) -> Result<Vec<HistoryLine>, PageError> {
    let wanted = match kind {
        ItemType::ConfigurationUpdate => "ConfigurationUpdate",
        ItemType::StateUpdate => "StateUpdate",
        ItemType::Action => "Action",
    };
    let input = DescribeAlarmHistoryInput {
        alarm_name: Some(name.to_owned()),
        history_item_type: Some(wanted.to_owned()),
        max_records: Some(HISTORY_MAX),
        ..DescribeAlarmHistoryInput::default()
    };
    let output = describe_alarm_history(cx, input).await.map_err(PageError::of)?;
    let line =
        |item: AlarmHistoryItem| HistoryLine { at: item.timestamp, tone: tone(&item), summary: item.history_summary };
    Ok(output.alarm_history_items.into_iter().map(line).collect())
}

fn tone(item: &AlarmHistoryItem) -> Tone {
    match item.history_item_type {
        ItemType::ConfigurationUpdate => Tone::Idle,
        ItemType::StateUpdate if item.history_summary.ends_with("to ALARM") => Tone::Fault,
        ItemType::StateUpdate if item.history_summary.ends_with("to OK") => Tone::Ok,
        ItemType::StateUpdate => Tone::Idle,
        ItemType::Action if item.history_summary.starts_with("Successfully") => Tone::Ok,
        ItemType::Action => Tone::Fault,
    }
}

async fn chart(cx: &Context, alarm: &MetricAlarm) -> Result<Chart, PageError> {
    let alarm_period = Duration::from_secs(u64::from(alarm.period));
    // Datapoints of less than a minute are kept for three hours only; drawn by the minute they stay comparable.
    let period = alarm_period.max(Duration::from_mins(1));
    let until = whole(cx.now, period);
    let since = until.minus(period * CHART_POINTS);
    let wanted = Wanted {
        namespace: &alarm.namespace,
        metric: &alarm.metric_name,
        dimensions: alarm.dimensions.iter().map(|one| (one.name.clone(), one.value.clone())).collect(),
        statistic: statistic(alarm),
        unit: alarm.unit.clone(),
        since,
        until,
        period,
    };
    let label = format!("{} {}", alarm.metric_name, statistic(alarm));
    let (line, unit) = series::read(cx, wanted, label.clone()).await?;
    let unit = unit.unwrap_or_else(|| Unit::named("None"));
    Ok(Chart { title: label, unit, since, until, period, lines: vec![line], threshold: threshold(alarm), scale: None })
}
