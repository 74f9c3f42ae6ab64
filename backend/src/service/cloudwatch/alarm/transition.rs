//! What a change of an alarm amounts to: the alarm afterwards, the event that tells it, and who gets the event.
//!
//! Pure. Source of the events:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html>

use serde_json::{Map, Value as Json, json};

use super::definition::{Alarm, AlarmState, StateValue};
use super::reason::aws_time;
use crate::base::{Scope, Timestamp};
use crate::bus::{Event, Target};

/// Source of the events.
pub const SOURCE: &str = "aws.cloudwatch";
/// Detail type of a change of the state value.
pub const STATE_CHANGE: &str = "CloudWatch Alarm State Change";
/// Detail type of a creation, update or deletion.
pub const CONFIGURATION_CHANGE: &str = "CloudWatch Alarm Configuration Change";

/// A state to go to.
#[derive(Clone, Debug)]
pub(super) struct NewState {
    /// Which.
    pub value: StateValue,
    /// Why, in words.
    pub reason: String,
    /// Why, as JSON text.
    pub reason_json: Option<String>,
}

/// A change of state, ready to be committed.
#[derive(Clone, Debug)]
pub(super) struct Transition {
    /// The alarm in its new state.
    pub alarm: Alarm,
    /// What to publish, and to whom besides the record; `None` when only the reason changed.
    pub published: Option<(Event, Vec<Target>)>,
}

/// What the client did to an alarm's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// It is new.
    Create,
    /// It has another configuration.
    Update,
    /// It is gone.
    Delete,
}

impl Operation {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// Puts `alarm` into `new`. Actions run only when the value changes and actions are enabled.
pub(super) fn to_state(alarm: &Alarm, scope: &Scope, new: NewState, now: Timestamp) -> Transition {
    let changes = alarm.state.value != new.value;
    let state = AlarmState {
        value: new.value,
        reason: new.reason,
        reason_json: new.reason_json,
        updated_at: now,
        transitioned_at: if changes { now } else { alarm.state.transitioned_at },
    };
    let after = Alarm { state, ..alarm.clone() };
    if !changes {
        return Transition { alarm: after, published: None };
    }
    let detail = json!({
        "alarmName": alarm.name,
        "state": state_json(&after.state),
        "previousState": state_json(&alarm.state),
        "configuration": Json::Object(metric_json(alarm)),
    });
    let arn = Alarm::arn(&alarm.name, scope).to_string();
    let event = Event::new(now, SOURCE, STATE_CHANGE, vec![arn], detail);
    let actions = if alarm.actions.enabled { alarm.actions.on(after.state.value) } else { &[] };
    let targets = actions.iter().filter_map(|action| Target::parse(action)).collect();
    Transition { alarm: after, published: Some((event, targets)) }
}

/// The event that tells what was done to `alarm`; `previous` is what an update replaced.
pub(super) fn configuration_event(
    operation: Operation,
    alarm: &Alarm,
    previous: Option<&Alarm>,
    scope: &Scope,
    now: Timestamp,
) -> Event {
    let mut detail = Map::new();
    detail.insert("alarmName".into(), json!(alarm.name));
    detail.insert("operation".into(), json!(operation.as_str()));
    detail.insert("state".into(), state_json(&alarm.state));
    detail.insert("configuration".into(), configuration_json(alarm));
    if let Some(previous) = previous {
        detail.insert("previousConfiguration".into(), configuration_json(previous));
    }
    let arn = Alarm::arn(&alarm.name, scope).to_string();
    Event::new(now, SOURCE, CONFIGURATION_CHANGE, vec![arn], Json::Object(detail))
}

fn state_json(state: &AlarmState) -> Json {
    let mut object = Map::new();
    object.insert("value".into(), json!(state.value));
    object.insert("reason".into(), json!(state.reason));
    if let Some(reason_json) = &state.reason_json {
        object.insert("reasonData".into(), json!(reason_json));
    }
    object.insert("timestamp".into(), json!(aws_time(state.updated_at)));
    Json::Object(object)
}

/// Description and metric: the part of the configuration that state changes carry too.
fn metric_json(alarm: &Alarm) -> Map<String, Json> {
    let definition = &alarm.definition;
    let dimensions: Map<String, Json> =
        definition.metric.dimensions.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut metric_stat = json!({
        "metric": {
            "namespace": definition.metric.namespace,
            "name": definition.metric.name,
            "dimensions": dimensions,
        },
        "period": definition.period.as_secs(),
        "stat": definition.statistic.as_str(),
    });
    if let Some(unit) = &definition.unit {
        metric_stat["unit"] = json!(unit);
    }
    let mut object = Map::new();
    if let Some(description) = &alarm.description {
        object.insert("description".into(), json!(description));
    }
    object.insert("metrics".into(), json!([{"id": "m1", "metricStat": metric_stat, "returnData": true}]));
    object
}

fn configuration_json(alarm: &Alarm) -> Json {
    let definition = &alarm.definition;
    let mut object = metric_json(alarm);
    object.insert("alarmName".into(), json!(alarm.name));
    object.insert("evaluationPeriods".into(), json!(definition.evaluation_periods));
    if let Some(datapoints) = definition.datapoints_to_alarm {
        object.insert("datapointsToAlarm".into(), json!(datapoints));
    }
    object.insert("threshold".into(), json!(definition.threshold));
    object.insert("comparisonOperator".into(), json!(definition.comparison.as_str()));
    object.insert("treatMissingData".into(), json!(definition.missing_data.as_str()));
    object.insert("actionsEnabled".into(), json!(alarm.actions.enabled));
    object.insert("okActions".into(), json!(alarm.actions.ok));
    object.insert("alarmActions".into(), json!(alarm.actions.alarm));
    object.insert("insufficientDataActions".into(), json!(alarm.actions.insufficient_data));
    object.insert("timestamp".into(), json!(aws_time(alarm.configured_at)));
    Json::Object(object)
}
