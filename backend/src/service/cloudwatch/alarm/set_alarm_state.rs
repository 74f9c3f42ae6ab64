//! `SetAlarmState`: puts an alarm into a state by hand, until the next evaluation says otherwise.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html>

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::catalogued::{Edit, change};
use super::definition::StateValue;
use super::transition::{NewState, to_state};
use crate::service::Context;
use crate::service::cloudwatch::error::{CloudWatchError, Violations};

const REASON_LEN_MAX: usize = 1023;
const REASON_JSON_LEN_MAX: usize = 4000;

/// Input of `SetAlarmState`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SetAlarmStateInput {
    /// Whose state.
    pub alarm_name: String,
    /// The state.
    pub state_value: String,
    /// Why, in words.
    pub state_reason: String,
    /// Why, as JSON text.
    pub state_reason_data: Option<String>,
}

/// Output of `SetAlarmState`: nothing.
#[derive(Debug, Serialize)]
pub struct SetAlarmStateOutput {}

/// Sets the state and runs the actions of the change.
///
/// # Errors
/// `ResourceNotFound`, `ValidationError`, and `InvalidFormat` when the reason's data is not JSON.
pub async fn set_alarm_state(cx: &Context, input: SetAlarmStateInput) -> Result<SetAlarmStateOutput, CloudWatchError> {
    let value = check(&input)?;
    let new = NewState { value, reason: input.state_reason, reason_json: input.state_reason_data };
    change(cx, &input.alarm_name, |alarm| {
        // AWS sends this error without a message, which clients show as "Unknown".
        let missing = || CloudWatchError::NotFound(format!("Alarm {} does not exist.", input.alarm_name));
        let transition = to_state(alarm.ok_or_else(missing)?, &cx.scope, new.clone(), cx.now());
        Ok(Edit::put(transition.alarm, transition.published))
    })
    .await?;
    Ok(SetAlarmStateOutput {})
}

fn check(input: &SetAlarmStateInput) -> Result<StateValue, CloudWatchError> {
    let mut violations = Violations::default();
    violations.check_len(&input.alarm_name, "alarmName", 1..=super::put_metric_alarm::NAME_LEN_MAX);
    violations.check_len(&input.state_reason, "stateReason", 0..=REASON_LEN_MAX);
    let value = StateValue::parse(&input.state_value);
    if value.is_none() {
        violations.unknown(&input.state_value, "stateValue", &StateValue::ALL.map(StateValue::as_str));
    }
    if let Some(text) = &input.state_reason_data {
        violations.check_len(text, "stateReasonData", 0..=REASON_JSON_LEN_MAX);
    }
    violations.into_result()?;
    if let Some(text) = &input.state_reason_data
        && serde_json::from_str::<IgnoredAny>(text).is_err()
    {
        return Err(CloudWatchError::InvalidFormat("The parameter StateReasonData must be valid JSON.".to_owned()));
    }
    Ok(value.expect("an unknown state is a violation"))
}
