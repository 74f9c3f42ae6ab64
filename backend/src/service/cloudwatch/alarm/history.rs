//! `DescribeAlarmHistory`: what happened to alarms, told from the durable events.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html>

use std::collections::HashSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::definition::Alarm;
use super::transition::{CONFIGURATION_CHANGE, SOURCE, STATE_CHANGE};
use crate::base::{Arn, PageToken, Timestamp};
use crate::bus::{DELIVERED, DELIVERY_FAILED, DELIVERY_SOURCE, DeliveryReport};
use crate::service::Context;
use crate::service::cloudwatch::error::{CloudWatchError, Violations};
use crate::store::{EventRow, EventScan, Order};

/// Most items of one page, and how many there are unless said.
const PAGE_MAX: usize = 100;
/// History older than this is not told.
const KEPT: Duration = Duration::from_hours(30 * 24);
const SUMMARY_LEN_MAX: usize = 255;
const HISTORY_JSON_LEN_MAX: usize = 4095;

/// Input of `DescribeAlarmHistory`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAlarmHistoryInput {
    /// Of this alarm only, which may be deleted.
    pub alarm_name: Option<String>,
    /// Of this contributor only; alarms on one metric have none.
    pub alarm_contributor_id: Option<String>,
    /// `MetricAlarm` unless said.
    #[serde(default)]
    pub alarm_types: Vec<String>,
    /// `ConfigurationUpdate`, `StateUpdate` or `Action`.
    pub history_item_type: Option<String>,
    /// From, inclusive.
    pub start_date: Option<Timestamp>,
    /// To, inclusive.
    pub end_date: Option<Timestamp>,
    /// Items of one page.
    pub max_records: Option<i64>,
    /// Where the last page ended.
    pub next_token: Option<String>,
    /// `TimestampDescending` unless said.
    pub scan_by: Option<String>,
}

/// Output of `DescribeAlarmHistory`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAlarmHistoryOutput {
    /// In the order asked for.
    pub alarm_history_items: Vec<AlarmHistoryItem>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Something that happened to an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AlarmHistoryItem {
    /// To which alarm.
    pub alarm_name: String,
    /// `MetricAlarm`.
    pub alarm_type: &'static str,
    /// When.
    pub timestamp: Timestamp,
    /// What kind of thing.
    pub history_item_type: ItemType,
    /// In words.
    pub history_summary: String,
    /// As JSON text.
    pub history_data: String,
}

/// The kinds of history items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ItemType {
    /// The alarm was created, changed or deleted.
    ConfigurationUpdate,
    /// Its state changed.
    StateUpdate,
    /// An action ran, or could not.
    Action,
}

impl ItemType {
    const ALL: [Self; 3] = [Self::ConfigurationUpdate, Self::StateUpdate, Self::Action];

    const fn as_str(self) -> &'static str {
        match self {
            Self::ConfigurationUpdate => "ConfigurationUpdate",
            Self::StateUpdate => "StateUpdate",
            Self::Action => "Action",
        }
    }

    /// The detail types of the events that such items are told from.
    const fn detail_types(self) -> &'static [&'static str] {
        match self {
            Self::ConfigurationUpdate => &[CONFIGURATION_CHANGE],
            Self::StateUpdate => &[STATE_CHANGE],
            Self::Action => &[DELIVERED, DELIVERY_FAILED],
        }
    }
}

/// Where a page begins: at a time, without the events of that time that were told already.
#[derive(Debug, Serialize, Deserialize)]
struct Position {
    at: Timestamp,
    told: Vec<String>,
}

/// What was asked for, checked.
#[derive(Debug)]
struct Question {
    resource: Option<String>,
    types: Vec<ItemType>,
    since: Timestamp,
    until: Timestamp,
    order: Order,
    limit: usize,
}

/// Tells the history of the last 30 days, also of deleted alarms.
///
/// # Errors
/// `ValidationError` for a bad filter, `InvalidNextToken` for a bad page token.
pub async fn describe_alarm_history(
    cx: &Context,
    input: DescribeAlarmHistoryInput,
) -> Result<DescribeAlarmHistoryOutput, CloudWatchError> {
    let question = parse(cx, &input)?;
    let position: Option<Position> = input.next_token.as_deref().map(PageToken::decode).transpose()?;
    let mut page = HistoryPage::begin(position);
    while page.items.len() <= question.limit {
        let wanted = question.limit + 1 + page.told.len();
        let events = cx.bus.scan(&cx.scope, question.scan(page.from, wanted)).await?;
        let exhausted = events.len() < wanted;
        let news = page.take(&events);
        // Without news a further scan would be the same one.
        if exhausted || news == 0 {
            break;
        }
    }
    let more = page.items.len() > question.limit;
    page.items.truncate(question.limit);
    let next_token = if more { page.position().map(|position| PageToken::encode(&position)) } else { None };
    Ok(DescribeAlarmHistoryOutput {
        alarm_history_items: page.items.into_iter().map(|(_, item)| item).collect(),
        next_token,
    })
}

fn parse(cx: &Context, input: &DescribeAlarmHistoryInput) -> Result<Question, CloudWatchError> {
    let mut violations = Violations::default();
    if let Some(wanted) = input.max_records {
        violations.check_range(wanted, "maxRecords", 1..=PAGE_MAX as i64);
    }
    let order = match input.scan_by.as_deref() {
        None | Some("TimestampDescending") => Order::NewestFirst,
        Some("TimestampAscending") => Order::OldestFirst,
        Some(other) => {
            violations.unknown(other, "scanBy", &["TimestampDescending", "TimestampAscending"]);
            Order::NewestFirst
        }
    };
    let contributor_types = ["AlarmContributorStateUpdate", "AlarmContributorAction"];
    let mut types = match input.history_item_type.as_deref() {
        None => ItemType::ALL.to_vec(),
        Some(name) => ItemType::ALL.into_iter().filter(|kind| kind.as_str() == name).collect(),
    };
    if let Some(name) = input.history_item_type.as_deref()
        && types.is_empty()
        && !contributor_types.contains(&name)
    {
        let names: Vec<&str> = ItemType::ALL.iter().map(|kind| kind.as_str()).chain(contributor_types).collect();
        violations.unknown(name, "historyItemType", &names);
    }
    violations.into_result()?;
    let metric_alarms = input.alarm_types.is_empty() || input.alarm_types.iter().any(|kind| kind == "MetricAlarm");
    if !metric_alarms || input.alarm_contributor_id.is_some() {
        types.clear();
    }
    let kept = cx.now().minus(KEPT);
    Ok(Question {
        resource: input.alarm_name.as_ref().map(|name| Alarm::arn(name, &cx.scope).to_string()),
        types,
        since: input.start_date.map_or(kept, |start| start.max(kept)),
        until: input.end_date.map_or(Timestamp::MAX, |end| end.plus(Duration::from_nanos(1))),
        order,
        limit: input.max_records.and_then(|wanted| usize::try_from(wanted).ok()).unwrap_or(PAGE_MAX),
    })
}

impl Question {
    fn scan(&self, from: Option<Timestamp>, limit: usize) -> EventScan {
        let types = self.types.iter().flat_map(|kind| kind.detail_types()).map(|name| (*name).into()).collect();
        let (since, until) = match (self.order, from) {
            (_, None) => (self.since, self.until),
            (Order::OldestFirst, Some(from)) => (from.max(self.since), self.until),
            (Order::NewestFirst, Some(from)) => (self.since, self.until.min(from.plus(Duration::from_nanos(1)))),
        };
        EventScan {
            since,
            until,
            source: None,
            detail_type: Some(types),
            resource: self.resource.clone(),
            order: self.order,
            limit,
        }
    }
}

/// A page while it fills.
#[derive(Debug)]
struct HistoryPage {
    /// What earlier pages told of the time at which this one begins.
    earlier: Option<Position>,
    from: Option<Timestamp>,
    /// Ids of the events at `from` that were seen.
    told: HashSet<String>,
    items: Vec<(String, AlarmHistoryItem)>,
}

impl HistoryPage {
    fn begin(position: Option<Position>) -> Self {
        let from = position.as_ref().map(|position| position.at);
        let told = position.iter().flat_map(|position| position.told.iter().cloned()).collect();
        Self { earlier: position, from, told, items: Vec::new() }
    }

    /// How many of `events` were not seen before. An event that a crash recorded twice counts once.
    fn take(&mut self, events: &[EventRow]) -> usize {
        let mut news = 0;
        for event in events {
            if self.from != Some(event.at) {
                self.from = Some(event.at);
                self.told.clear();
            }
            if self.told.insert(event.id.to_string()) {
                news += 1;
                self.items.extend(item_of(event).map(|item| (event.id.to_string(), item)));
            }
        }
        news
    }

    /// Where the page after the kept items begins.
    fn position(&self) -> Option<Position> {
        let at = self.items.last()?.1.timestamp;
        let earlier = self.earlier.iter().filter(|earlier| earlier.at == at).flat_map(|earlier| earlier.told.iter());
        let here = self.items.iter().filter(|(_, item)| item.timestamp == at).map(|(id, _)| id);
        Some(Position { at, told: earlier.chain(here).cloned().collect() })
    }
}

/// The history item that `event` tells; `None` for one that is not about an alarm.
fn item_of(event: &EventRow) -> Option<AlarmHistoryItem> {
    let detail: Json = serde_json::from_str(&event.detail).ok()?;
    let arn = Arn::parse(event.resources.first()?)?;
    let alarm_name = arn.resource().strip_prefix("alarm:")?.to_owned();
    let (history_item_type, history_summary, history_json) = match (&*event.source, &*event.detail_type) {
        (SOURCE, STATE_CHANGE) => state_update(&detail)?,
        (SOURCE, CONFIGURATION_CHANGE) => configuration_update(&alarm_name, &detail)?,
        (DELIVERY_SOURCE, DELIVERED | DELIVERY_FAILED) => action(detail)?,
        _ => return None,
    };
    Some(AlarmHistoryItem {
        alarm_name,
        alarm_type: "MetricAlarm",
        timestamp: event.at,
        history_item_type,
        history_summary: cut(history_summary, SUMMARY_LEN_MAX),
        history_data: cut(history_json.to_string(), HISTORY_JSON_LEN_MAX),
    })
}

fn state_update(detail: &Json) -> Option<(ItemType, String, Json)> {
    let value = |state: &str| detail.get(state)?.get("value")?.as_str();
    let summary = format!("Alarm updated from {} to {}", value("previousState")?, value("state")?);
    let side = |state: &str| {
        let state = detail.get(state)?;
        let mut told = Map::new();
        told.insert("stateValue".into(), state.get("value")?.clone());
        told.insert("stateReason".into(), state.get("reason")?.clone());
        if let Some(text) = state.get("reasonData").and_then(Json::as_str) {
            told.insert("stateReasonData".into(), serde_json::from_str(text).ok()?);
        }
        Some(Json::Object(told))
    };
    let history = json!({"version": "1.0", "oldState": side("previousState")?, "newState": side("state")?});
    Some((ItemType::StateUpdate, summary, history))
}

fn configuration_update(name: &str, detail: &Json) -> Option<(ItemType, String, Json)> {
    let (kind, done, member) = match detail.get("operation")?.as_str()? {
        "create" => ("Create", "created", "createdAlarm"),
        "update" => ("Update", "updated", "updatedAlarm"),
        "delete" => ("Delete", "deleted", "deletedAlarm"),
        _ => return None,
    };
    let mut history = Map::new();
    history.insert("version".into(), json!("1.0"));
    history.insert("type".into(), json!(kind));
    history.insert(member.into(), detail.get("configuration")?.clone());
    Some((ItemType::ConfigurationUpdate, format!("Alarm \"{name}\" {done}"), Json::Object(history)))
}

fn action(detail: Json) -> Option<(ItemType, String, Json)> {
    let report: DeliveryReport = serde_json::from_value(detail).ok()?;
    let target = report.target.name();
    let summary = match &report.error {
        None => format!("Successfully executed action {target}"),
        Some(error) => format!("Failed to execute action {target}. Received error: \"{error}\""),
    };
    let mut history = Map::new();
    history.insert("actionState".into(), json!(if report.error.is_none() { "Succeeded" } else { "Failed" }));
    history.insert("stateUpdateTimestamp".into(), json!(report.event_at.as_millis()));
    history.insert("notificationResource".into(), json!(target));
    history.insert("attempts".into(), json!(report.attempts));
    history.insert("error".into(), json!(report.error));
    Some((ItemType::Action, summary, Json::Object(history)))
}

fn cut(text: String, len_max: usize) -> String {
    match text.char_indices().nth(len_max) {
        None => text,
        Some(_) => text.chars().take(len_max - 3).chain("...".chars()).collect(),
    }
}
