//! `PutEvents`: custom events onto the default bus.
//!
//! Source: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::EventsError;
use crate::base::{Arn, Timestamp};
use crate::bus::{DEFAULT_BUS, Event};
use crate::service::Context;

/// Most entries of one request.
const ENTRIES_MAX: usize = 10;
/// Most bytes of all entries of one request, counted as AWS counts them.
const ENTRIES_BYTES_MAX: usize = 256 << 10;
/// What a time counts, in bytes.
const TIME_BYTES: usize = 14;

/// Input of `PutEvents`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutEventsInput {
    /// Up to ten events.
    pub entries: Vec<PutEventsEntry>,
    /// A global endpoint; there are none here.
    pub endpoint_id: Option<String>,
}

/// One event. A `TraceHeader`, which instrumented clients add by themselves, is not part of the event in AWS either.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutEventsEntry {
    /// When it happened; now, unless said.
    pub time: Option<Timestamp>,
    /// Who says so.
    pub source: Option<String>,
    /// ARNs of what it is about.
    #[serde(default)]
    pub resources: Vec<String>,
    /// What kind of event.
    pub detail_type: Option<String>,
    /// A JSON object as text.
    pub detail: Option<String>,
    /// Name or ARN of the bus; the default one, unless said.
    pub event_bus_name: Option<String>,
}

/// Output of `PutEvents`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutEventsOutput {
    /// How many entries were not taken.
    pub failed_entry_count: usize,
    /// One for each entry, in order.
    pub entries: Vec<PutEventsResult>,
}

/// What became of an entry: an id, or an error.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutEventsResult {
    /// The id of the published event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// Why it was not published, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<&'static str>,
    /// Why it was not published, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}

/// Publishes the valid entries, durable when it answers; the others are told one by one.
///
/// An entry for a bus that does not exist gets an id and is dropped, as in AWS.
///
/// # Errors
/// `ValidationException` for too many entries or bytes; then nothing is published.
pub async fn put_events(cx: &Context, input: PutEventsInput) -> Result<PutEventsOutput, EventsError> {
    check(&input)?;
    let mut events = Vec::new();
    let mut results = Vec::with_capacity(input.entries.len());
    for entry in input.entries {
        let on_known_bus = is_default_bus(cx, entry.event_bus_name.as_deref());
        match parse(entry, cx.now()) {
            Ok(event) => {
                results.push(PutEventsResult { event_id: Some(event.id.clone()), ..PutEventsResult::default() });
                if on_known_bus {
                    events.push(event);
                }
            }
            Err(refused) => results.push(refused),
        }
    }
    if !events.is_empty() {
        cx.bus.publish(&cx.scope, events).await?;
    }
    let failed_entry_count = results.iter().filter(|result| result.error_code.is_some()).count();
    Ok(PutEventsOutput { failed_entry_count, entries: results })
}

fn check(input: &PutEventsInput) -> Result<(), EventsError> {
    let count = input.entries.len();
    let constraint = match count {
        0 => Some("greater than or equal to 1".to_owned()),
        1..=ENTRIES_MAX => None,
        _ => Some(format!("less than or equal to {ENTRIES_MAX}")),
    };
    if let Some(constraint) = constraint {
        return Err(EventsError::Validation(format!(
            "1 validation error detected: Value '[{count} entries]' at 'entries' failed to satisfy constraint: Member must \
             have length {constraint}"
        )));
    }
    if input.endpoint_id.is_some() {
        return Err(EventsError::Validation(
            "Parameter EndpointId is not valid. Reason: there are no global endpoints.".to_owned(),
        ));
    }
    if input.entries.iter().map(size_of_entry).sum::<usize>() > ENTRIES_BYTES_MAX {
        return Err(EventsError::Validation("Total size of the entries in the request is over the limit.".to_owned()));
    }
    Ok(())
}

fn size_of_entry(entry: &PutEventsEntry) -> usize {
    let texts = [&entry.source, &entry.detail_type, &entry.detail];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    let resources: usize = entry.resources.iter().map(String::len).sum();
    texts + resources + entry.time.map_or(0, |_| TIME_BYTES)
}

fn is_default_bus(cx: &Context, bus: Option<&str>) -> bool {
    bus.is_none_or(|name| {
        name == DEFAULT_BUS
            || Arn::parse(name) == Some(Arn::new("events", &cx.scope, format!("event-bus/{DEFAULT_BUS}")))
    })
}

fn parse(entry: PutEventsEntry, now: Timestamp) -> Result<Event, PutEventsResult> {
    let source = required(entry.source, "Source")?;
    if source.starts_with("aws.") {
        return Err(refused("NotAuthorizedForSource", "Not authorized for the source.".to_owned()));
    }
    let detail_type = required(entry.detail_type, "DetailType")?;
    let detail = required(entry.detail, "Detail")?;
    match serde_json::from_str::<Json>(&detail) {
        Ok(detail @ Json::Object(_)) => {
            Ok(Event::new(entry.time.unwrap_or(now), &source, &detail_type, entry.resources, detail))
        }
        Ok(_) | Err(_) => Err(refused("MalformedDetail", "Detail is malformed.".to_owned())),
    }
}

fn required(text: Option<String>, name: &str) -> Result<String, PutEventsResult> {
    text.filter(|text| !text.is_empty()).ok_or_else(|| {
        let message = format!("Parameter {name} is not valid. Reason: {name} is a required argument.");
        refused("InvalidArgument", message)
    })
}

fn refused(code: &'static str, message: String) -> PutEventsResult {
    PutEventsResult { error_code: Some(code), error_message: Some(message), event_id: None }
}
