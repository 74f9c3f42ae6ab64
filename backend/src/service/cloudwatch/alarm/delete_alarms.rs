//! `DeleteAlarms`, `EnableAlarmActions` and `DisableAlarmActions`.

use serde::{Deserialize, Serialize};

use super::catalogued::{Edit, change};
use super::definition::Alarm;
use super::transition::{Operation, configuration_event};
use crate::service::Context;
use crate::service::cloudwatch::error::{CloudWatchError, Violations};
use crate::store::{Change, Expected, Versioned};

/// Most names of one request.
const NAMES_MAX: usize = 100;

/// Input of `DeleteAlarms`, `EnableAlarmActions` and `DisableAlarmActions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AlarmNamesInput {
    /// Which alarms.
    pub alarm_names: Vec<String>,
}

/// Output of the same: nothing.
#[derive(Debug, Serialize)]
pub struct AlarmNamesOutput {}

/// Deletes all named alarms, or none.
///
/// # Errors
/// `ResourceNotFound` when one of them does not exist.
pub async fn delete_alarms(cx: &Context, input: AlarmNamesInput) -> Result<AlarmNamesOutput, CloudWatchError> {
    let names = names_of(input)?;
    let mut changes = Vec::with_capacity(2 * names.len());
    let mut missing = Vec::new();
    for name in names {
        let found: Option<Versioned<Alarm>> = cx.store.catalog.get(&cx.scope, &name).await?;
        let Some(alarm) = found else {
            missing.push(name);
            continue;
        };
        let event = configuration_event(Operation::Delete, &alarm.document, None, &cx.scope, cx.now());
        changes.push(Change::delete::<Alarm>(&name, Expected::Any));
        changes.push(cx.bus.outbox(&event, Vec::new()));
    }
    if !missing.is_empty() {
        return Err(CloudWatchError::NotFound(format!("Alarms not found: {}.", missing.join(", "))));
    }
    cx.store.catalog.commit(&cx.scope, changes).await?;
    cx.bus.wake();
    Ok(AlarmNamesOutput {})
}

/// Lets the actions of the named alarms run; names without an alarm do nothing.
///
/// # Errors
/// `ValidationError` for too many names.
pub async fn enable_alarm_actions(cx: &Context, input: AlarmNamesInput) -> Result<AlarmNamesOutput, CloudWatchError> {
    set_enabled(cx, input, true).await
}

/// Keeps the actions of the named alarms from running; names without an alarm do nothing.
///
/// # Errors
/// `ValidationError` for too many names.
pub async fn disable_alarm_actions(cx: &Context, input: AlarmNamesInput) -> Result<AlarmNamesOutput, CloudWatchError> {
    set_enabled(cx, input, false).await
}

async fn set_enabled(cx: &Context, input: AlarmNamesInput, enabled: bool) -> Result<AlarmNamesOutput, CloudWatchError> {
    for name in names_of(input)? {
        change(cx, &name, |found| {
            let Some(previous) = found.filter(|alarm| alarm.actions.enabled != enabled) else {
                return Ok(Edit::Keep);
            };
            let mut alarm = previous.clone();
            alarm.actions.enabled = enabled;
            alarm.configured_at = cx.now();
            let event = configuration_event(Operation::Update, &alarm, Some(previous), &cx.scope, cx.now());
            Ok(Edit::put(alarm, Some((event, Vec::new()))))
        })
        .await?;
    }
    Ok(AlarmNamesOutput {})
}

/// The names, each once.
fn names_of(input: AlarmNamesInput) -> Result<Vec<String>, CloudWatchError> {
    let mut names = input.alarm_names;
    let mut violations = Violations::default();
    if names.len() > NAMES_MAX {
        let shown = format!("[{}]", names.join(", "));
        violations.add(shown, "alarmNames", &format!("Member must have length less than or equal to {NAMES_MAX}"));
    }
    violations.into_result()?;
    names.sort();
    names.dedup();
    Ok(names)
}
