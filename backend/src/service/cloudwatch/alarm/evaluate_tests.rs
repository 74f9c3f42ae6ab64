//! The tables of AWS's documentation as text, and a slow, obvious model.

use proptest::prelude::*;

use super::definition::{AlarmDefinition, Comparison, LowSampleCount, MissingData, StateValue};
use super::evaluate::{Datapoint, EXTRA_SLOTS, Slot, Verdict, evaluate};
use super::reason;
use crate::base::Timestamp;
use crate::service::cloudwatch::metric::MetricId;
use crate::service::cloudwatch::period::Period;

const START: Timestamp = Timestamp::from_secs(1_795_406_400);

fn definition(needed: u32, periods: u32, missing: MissingData) -> AlarmDefinition {
    AlarmDefinition {
        metric: MetricId { namespace: "n".into(), name: "m".into(), dimensions: vec![] },
        unit: None,
        statistic: "Average".parse().unwrap(),
        period: Period::for_alarm(60).unwrap(),
        evaluation_periods: periods,
        datapoints_to_alarm: Some(needed),
        threshold: 2.0,
        comparison: Comparison::GreaterThanThreshold,
        missing_data: missing,
        missing_data_named: true,
        low_sample_count: LowSampleCount::Evaluate,
        low_sample_count_named: false,
    }
}

/// `0` is fine, `X` breaches, `-` is missing; oldest first.
fn slots(pattern: &str) -> Vec<Slot> {
    let values = pattern.split_whitespace().map(|word| match word {
        "0" => Some(1.0),
        "X" => Some(5.0),
        "-" => None,
        other => panic!("{other} is no slot"),
    });
    values
        .enumerate()
        .map(|(index, value)| Slot {
            at: START.plus(std::time::Duration::from_secs(60 * index as u64)),
            datapoint: value.map(|value| Datapoint { value, sample_count: 1.0 }),
        })
        .collect()
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Keep => "keep",
        Verdict::State(StateValue::Ok, _) => "OK",
        Verdict::State(StateValue::Alarm, _) => "ALARM",
        Verdict::State(StateValue::InsufficientData, _) => "INSUF",
    }
}

const SETTINGS: [MissingData; 4] =
    [MissingData::Missing, MissingData::Ignore, MissingData::Breaching, MissingData::NotBreaching];

#[test]
fn the_documented_tables_of_missing_data() {
    // M of N | slots | missing | ignore | breaching | notBreaching
    let cases = "
        3 3 | 0 - X - X | OK    OK    OK    OK
        3 3 | 0 - - - - | OK    OK    OK    OK
        3 3 | - - - - - | INSUF keep  ALARM OK
        3 3 | 0 X X - X | ALARM ALARM ALARM ALARM
        3 3 | - - X - - | ALARM keep  ALARM OK
        2 3 | 0 - X - X | ALARM ALARM ALARM ALARM
        2 3 | 0 0 X 0 X | ALARM ALARM ALARM ALARM
        2 3 | 0 - X - - | OK    OK    ALARM OK
        2 3 | - - - - 0 | OK    OK    ALARM OK
        2 3 | - - - X - | ALARM keep  ALARM OK
        1 1 | - - X     | ALARM ALARM ALARM ALARM
        1 1 | - X 0     | OK    OK    OK    OK
        1 1 | X - -     | ALARM ALARM ALARM ALARM
        1 1 | - - -     | INSUF keep  ALARM OK
        3 3 | 0 0 0 0 0 | OK    OK    OK    OK
        3 3 | X X X X X | ALARM ALARM ALARM ALARM
        3 3 | X X X 0 0 | OK    OK    OK    OK
        3 3 | - - - - X | OK    keep  ALARM OK
        3 3 | - - - X X | OK    keep  ALARM OK
        2 3 | - - - X X | ALARM ALARM ALARM ALARM
        2 3 | X - - - - | ALARM keep  ALARM OK
        2 3 | 0 - - - X | OK    OK    ALARM OK
    ";
    for case in cases.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let parts: Vec<&str> = case.split('|').map(str::trim).collect();
        let of: Vec<u32> = parts[0].split_whitespace().map(|word| word.parse().unwrap()).collect();
        for (setting, expected) in SETTINGS.into_iter().zip(parts[2].split_whitespace()) {
            let got = evaluate(&definition(of[0], of[1], setting), &slots(parts[1]), StateValue::Ok);
            assert_eq!(word(&got), expected, "{case}: {setting:?}");
        }
    }
}

#[test]
fn a_lone_young_breach_neither_raises_nor_clears() {
    let alarm = definition(3, 3, MissingData::Missing);
    let young = slots("- - - - X");
    assert_eq!(word(&evaluate(&alarm, &young, StateValue::Ok)), "OK");
    assert_eq!(word(&evaluate(&alarm, &young, StateValue::Alarm)), "ALARM");
}

#[test]
fn percentiles_of_few_samples_keep_the_state_when_told_so() {
    let few = |statistic: &str, samples: f64, setting| {
        let mut alarm = definition(1, 1, MissingData::Missing);
        alarm.statistic = statistic.parse().unwrap();
        alarm.low_sample_count = setting;
        let slot = Slot { at: START, datapoint: Some(Datapoint { value: 9.0, sample_count: samples }) };
        word(&evaluate(&alarm, &[slot], StateValue::Ok))
    };
    assert_eq!(few("p90", 99.0, LowSampleCount::Ignore), "keep");
    assert_eq!(few("p90", 100.0, LowSampleCount::Ignore), "ALARM");
    assert_eq!(few("p99.9", 9_999.0, LowSampleCount::Ignore), "keep");
    assert_eq!(few("p99.9", 10_000.0, LowSampleCount::Ignore), "ALARM");
    assert_eq!(few("p10", 99.0, LowSampleCount::Ignore), "keep");
    assert_eq!(few("p10", 100.0, LowSampleCount::Ignore), "ALARM");
    assert_eq!(few("p100", 1.0, LowSampleCount::Ignore), "ALARM");
    assert_eq!(few("p90", 1.0, LowSampleCount::Evaluate), "ALARM");
    assert_eq!(few("Average", 1.0, LowSampleCount::Ignore), "ALARM");
}

#[test]
fn sentences() {
    // M (- = unset) of N | slots | setting | from -> sentence
    let cases = [
        (
            "1 1",
            "- - X",
            2,
            "Threshold Crossed: 1 out of the last 1 datapoints [5.0 (23/11/26 04:02:00)] was greater than the threshold (2.0) (minimum 1 datapoint for OK -> ALARM transition).",
        ),
        (
            "- 1",
            "- - X",
            2,
            "Threshold Crossed: 1 datapoint [5.0 (23/11/26 04:02:00)] was greater than the threshold (2.0).",
        ),
        (
            "- 2",
            "- - X X",
            2,
            "Threshold Crossed: 2 datapoints [5.0 (23/11/26 04:02:00), 5.0 (23/11/26 04:03:00)] were greater than the threshold (2.0).",
        ),
        (
            "- 1",
            "- - 0",
            2,
            "Threshold Crossed: 1 datapoint [1.0 (23/11/26 04:02:00)] was not greater than the threshold (2.0).",
        ),
        (
            "2 3",
            "0 0 X 0 X",
            2,
            "Threshold Crossed: 2 out of the last 3 datapoints [5.0 (23/11/26 04:02:00), 5.0 (23/11/26 04:04:00)] were greater than the threshold (2.0) (minimum 2 datapoints for OK -> ALARM transition).",
        ),
        (
            "- 2",
            "- - - -",
            2,
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
        ),
        (
            "- 1",
            "- - -",
            3,
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
        ),
        ("- 1", "- - -", 0, "Insufficient Data: 1 datapoint was unknown."),
        (
            "- 3",
            "- - X - -",
            2,
            "Threshold Crossed: 1 datapoint [5.0 (23/11/26 04:02:00)] was greater than the threshold (2.0) and 2 missing datapoints were treated as [Breaching].",
        ),
        ("2 3", "- - - - 0", 2, "Threshold Crossed: 2 missing datapoints were treated as [Breaching]."),
        (
            "- 3",
            "- - - - X",
            0,
            "Threshold Not Crossed: 1 datapoint [5.0 (23/11/26 04:04:00)] was greater than the threshold (2.0), but 3 are needed to alarm.",
        ),
    ];
    for (of, pattern, setting, expected) in cases {
        let of: Vec<&str> = of.split_whitespace().collect();
        let mut alarm = definition(1, of[1].parse().unwrap(), SETTINGS[setting]);
        alarm.datapoints_to_alarm = of[0].parse().ok();
        let Verdict::State(state, evidence) = evaluate(&alarm, &slots(pattern), StateValue::Ok) else {
            panic!("{pattern}: no state");
        };
        assert_eq!(reason::sentence(&alarm, StateValue::Ok, state, &evidence), expected);
    }
}

#[test]
fn document_tells_what_was_asked_and_found() {
    let mut alarm = definition(1, 2, MissingData::Breaching);
    alarm.unit = Some("Seconds".into());
    let Verdict::State(_, evidence) = evaluate(&alarm, &slots("- - - X"), StateValue::Ok) else { panic!("no state") };
    let now = START.plus(std::time::Duration::from_millis(240_500));
    let expected = concat!(
        r#"{"version":"1.0","queryDate":"2026-11-23T04:04:00.500+0000","startDate":"2026-11-23T04:03:00.000+0000","#,
        r#""unit":"Seconds","statistic":"Average","period":60,"recentDatapoints":[5.0],"threshold":2.0,"#,
        r#""evaluatedDatapoints":[{"timestamp":"2026-11-23T04:03:00.000+0000","sampleCount":1.0,"value":5.0},"#,
        r#"{"timestamp":"2026-11-23T04:02:00.000+0000"}]}"#,
    );
    assert_eq!(reason::document(&alarm, &evidence, now), expected);
}

#[test]
fn texts_stay_within_the_limits_of_the_api() {
    let alarm = definition(1440, 1440, MissingData::Missing);
    let many = slots(&"X ".repeat(1440 + EXTRA_SLOTS));
    let Verdict::State(state, evidence) = evaluate(&alarm, &many, StateValue::Ok) else { panic!("no state") };
    assert!(reason::sentence(&alarm, StateValue::Ok, state, &evidence).chars().count() <= 1023);
    assert!(reason::document(&alarm, &evidence, START).len() <= 4000);
}

/// The rules in the order in which the documentation tells them, counting by hand.
fn model(
    needed: usize,
    periods: usize,
    setting: MissingData,
    pattern: &[Option<bool>],
    in_alarm: bool,
) -> &'static str {
    let newest_real: Vec<bool> = pattern.iter().rev().filter_map(|slot| *slot).take(periods).collect();
    let breaching = newest_real.iter().filter(|breaches| **breaches).count();
    let missing = periods - newest_real.len();
    let says = |alarm: bool| if alarm { "ALARM" } else { "OK" };
    if missing == 0 {
        return says(breaching >= needed);
    }
    match setting {
        MissingData::Breaching => says(breaching + missing >= needed),
        MissingData::NotBreaching => says(breaching >= needed),
        MissingData::Missing if newest_real.is_empty() => "INSUF",
        MissingData::Ignore if newest_real.is_empty() => "keep",
        MissingData::Missing | MissingData::Ignore => {
            if breaching >= needed {
                return "ALARM";
            }
            if newest_real.contains(&false) {
                return "OK";
            }
            if setting == MissingData::Ignore {
                return "keep";
            }
            let oldest_age = pattern.len() - pattern.iter().position(Option::is_some).unwrap();
            says(oldest_age >= needed || in_alarm)
        }
    }
}

proptest! {
    #[test]
    fn agrees_with_the_model(
        periods in 1_usize..7,
        needed_seed in 0_usize..7,
        setting in prop::sample::select(&SETTINGS[..]),
        pattern in prop::collection::vec(prop::option::of(any::<bool>()), 9),
        in_alarm in any::<bool>(),
    ) {
        let needed = needed_seed % periods + 1;
        let pattern = &pattern[..periods + EXTRA_SLOTS];
        let text: Vec<&str> = pattern.iter().map(|slot| match slot { Some(true) => "X", Some(false) => "0", None => "-" }).collect();
        let current = if in_alarm { StateValue::Alarm } else { StateValue::Ok };
        let got = evaluate(&definition(needed as u32, periods as u32, setting), &slots(&text.join(" ")), current);
        prop_assert_eq!(word(&got), model(needed, periods, setting, pattern, in_alarm), "{} of {}: {:?} {:?}", needed, periods, setting, text);
        if let Verdict::State(state, evidence) = got {
            let alarm = definition(needed as u32, periods as u32, setting);
            prop_assert!(evidence.evaluated.len() <= periods);
            prop_assert!(evidence.evaluated.is_sorted_by_key(|slot| slot.at));
            prop_assert!(!reason::sentence(&alarm, current, state, &evidence).contains("[]"));
        }
    }
}
