//! Why an alarm changed its state: the sentence and the JSON document of AWS.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};

use super::definition::{AlarmDefinition, MissingData, StateValue};
use super::evaluate::{Evidence, Slot, breaches};
use crate::base::Timestamp;

/// Longest sentence, in characters.
const REASON_CHARS_MAX: usize = 1023;
/// Longest JSON document, in bytes.
const REASON_JSON_BYTES_MAX: usize = 4000;

/// The sentence: `Threshold Crossed: 1 datapoint [5.0 (23/11/26 04:00:00)] was greater than the threshold (1.0).`
pub(super) fn sentence(definition: &AlarmDefinition, from: StateValue, to: StateValue, evidence: &Evidence) -> String {
    let present: Vec<&Slot> = evidence.evaluated.iter().filter(|slot| slot.datapoint.is_some()).collect();
    let missing = evidence.filled;
    if to == StateValue::InsufficientData {
        return format!("Insufficient Data: {} {} unknown.", count(missing, "datapoint"), was(missing));
    }
    if present.is_empty() {
        return format!(
            "Threshold Crossed: no datapoints were received for {} and {} {} treated as [{}].",
            count(missing, "period"),
            count(missing, "missing datapoint"),
            was(missing),
            treatment(definition.missing_data),
        );
    }
    // The sentence tells of those datapoints that speak for the new state.
    let alarming = to == StateValue::Alarm;
    let told: Vec<&Slot> = present.iter().copied().filter(|slot| breaches(definition, slot) == alarming).collect();
    if told.is_empty() {
        return undecided(definition, &present, to, missing);
    }
    let values = values_of(&told);
    let not = if alarming { "" } else { "not " };
    let crossed = format!("{not}{} the threshold ({})", definition.comparison.words(), number(definition.threshold));
    let verb = was(told.len());
    let mut text = if definition.datapoints_to_alarm.is_some() {
        format!(
            "Threshold Crossed: {} out of the last {} datapoints [{values}] {verb} {crossed} (minimum {} for {from} -> {to} \
             transition)",
            told.len(),
            definition.evaluation_periods(),
            count(minimum_for(definition, to), "datapoint"),
        )
    } else {
        format!("Threshold Crossed: {} [{values}] {verb} {crossed}", count(told.len(), "datapoint"))
    };
    if missing > 0 {
        let treated = treatment(definition.missing_data);
        let missing_datapoints = count(missing, "missing datapoint");
        write!(text, " and {missing_datapoints} {} treated as [{treated}]", was(missing)).expect("a string takes all");
    }
    text.push('.');
    truncate(text)
}

/// When no datapoint speaks for the new state by itself.
fn undecided(definition: &AlarmDefinition, present: &[&Slot], to: StateValue, missing: usize) -> String {
    if to == StateValue::Alarm {
        let treated = treatment(definition.missing_data);
        return format!(
            "Threshold Crossed: {} {} treated as [{treated}].",
            count(missing, "missing datapoint"),
            was(missing)
        );
    }
    truncate(format!(
        "Threshold Not Crossed: {} [{}] {} {} the threshold ({}), but {} {} needed to alarm.",
        count(present.len(), "datapoint"),
        values_of(present),
        was(present.len()),
        definition.comparison.words(),
        number(definition.threshold),
        definition.datapoints_to_alarm(),
        if definition.datapoints_to_alarm() == 1 { "is" } else { "are" },
    ))
}

/// The document: what was asked for and what was found, newest datapoint first.
pub(super) fn document(definition: &AlarmDefinition, evidence: &Evidence, now: Timestamp) -> String {
    let mut slots = evidence.evaluated.clone();
    slots.sort_by_key(|slot| slot.at);
    loop {
        let text = document_of(definition, &slots, now).to_string();
        if text.len() <= REASON_JSON_BYTES_MAX || slots.is_empty() {
            return text;
        }
        // Thousands of periods do not fit: the newest ones tell most.
        slots.drain(..slots.len().div_ceil(2));
    }
}

fn document_of(definition: &AlarmDefinition, slots: &[Slot], now: Timestamp) -> Json {
    let mut document = Map::new();
    document.insert("version".into(), json!("1.0"));
    document.insert("queryDate".into(), json!(aws_time(now)));
    let present = || slots.iter().filter_map(|slot| slot.datapoint.map(|datapoint| (slot.at, datapoint)));
    if let Some((first, _)) = present().next() {
        document.insert("startDate".into(), json!(aws_time(first)));
    }
    if let Some(unit) = &definition.unit {
        document.insert("unit".into(), json!(unit));
    }
    document.insert("statistic".into(), json!(definition.statistic.as_str()));
    document.insert("period".into(), json!(definition.period.as_secs()));
    let recent: Vec<f64> = present().map(|(_, datapoint)| datapoint.value).collect();
    document.insert("recentDatapoints".into(), json!(recent));
    document.insert("threshold".into(), json!(definition.threshold));
    let evaluated = slots.iter().rev().map(|slot| match slot.datapoint {
        Some(datapoint) => {
            json!({"timestamp": aws_time(slot.at), "sampleCount": datapoint.sample_count, "value": datapoint.value})
        }
        None => json!({"timestamp": aws_time(slot.at)}),
    });
    document.insert("evaluatedDatapoints".into(), evaluated.collect());
    Json::Object(document)
}

/// `2026-11-23T08:00:00.000+0000`, as AWS writes times inside its documents.
pub(super) fn aws_time(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

/// A number as Java writes it: `5.0`, `0.25`.
pub(super) fn number(value: f64) -> String {
    format!("{value:?}")
}

fn values_of(slots: &[&Slot]) -> String {
    slots.iter().map(|slot| datapoint_text(slot)).collect::<Vec<_>>().join(", ")
}

fn datapoint_text(slot: &Slot) -> String {
    let value = slot.datapoint.map_or_else(|| "-".to_owned(), |datapoint| number(datapoint.value));
    format!("{value} ({})", slot.at.to_jiff().strftime("%d/%m/%y %H:%M:%S"))
}

/// How many datapoints it takes to come to `to`.
fn minimum_for(definition: &AlarmDefinition, to: StateValue) -> usize {
    match to {
        StateValue::Alarm => definition.datapoints_to_alarm(),
        StateValue::Ok | StateValue::InsufficientData => {
            definition.evaluation_periods() - definition.datapoints_to_alarm() + 1
        }
    }
}

fn treatment(setting: MissingData) -> &'static str {
    match setting {
        MissingData::Breaching => "Breaching",
        MissingData::NotBreaching => "NonBreaching",
        MissingData::Missing => "Missing",
        MissingData::Ignore => "Ignored",
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn was(number: usize) -> &'static str {
    if number == 1 { "was" } else { "were" }
}

fn truncate(text: String) -> String {
    match text.char_indices().nth(REASON_CHARS_MAX - 3) {
        Some((cut, _)) if text.chars().count() > REASON_CHARS_MAX => {
            let kept = text.get(..cut).unwrap_or_default();
            format!("{kept}...")
        }
        _ => text,
    }
}
