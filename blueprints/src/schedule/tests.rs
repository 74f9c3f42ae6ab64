use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::expression::RULE;
use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn parse(expression: &str) -> Schedule {
    Schedule::parse(expression, None).unwrap_or_else(|error| panic!("{error}"))
}

fn next(expression: &str, zone: Option<&str>, after: &str) -> String {
    let schedule = Schedule::parse(expression, zone).unwrap_or_else(|error| panic!("{error}"));
    schedule.next_after(at(after)).map_or_else(|| "never".to_owned(), |next| next.to_string())
}

#[test]
fn rates_run_at_multiples_of_their_interval() {
    assert_eq!(next("rate(5 minutes)", None, "2026-11-23T08:03:20Z"), "2026-11-23T08:05:00Z");
    assert_eq!(next("rate(5 minutes)", None, "2026-11-23T08:05:00Z"), "2026-11-23T08:10:00Z");
    assert_eq!(next("rate(1 day)", None, "2026-11-23T08:05:00Z"), "2026-11-24T00:00:00Z");
    assert_eq!(next("rate(0 minute)", None, "2026-11-23T08:05:00Z"), "never");
    let phased = parse("rate(1 minute)").with_phase(Duration::from_secs(60 * 7 + 13));
    assert_eq!(phased.next_after(at("2026-11-23T08:03:13Z")), Some(at("2026-11-23T08:04:13Z")));
}

#[test]
fn calendar_times_follow_awss_fields() {
    let cases = [
        ("cron(0 10 * * ? *)", "2026-11-23T10:00:00Z"),
        ("cron(0/5 8-17 ? * MON-FRI *)", "2026-11-23T08:05:00Z"),
        ("cron(0 9 ? * 2#1 *)", "2026-12-07T09:00:00Z"),
        ("cron(0 9 ? * 6L *)", "2026-11-27T09:00:00Z"),
        ("cron(0 9 L * ? *)", "2026-11-30T09:00:00Z"),
        ("cron(0 9 29W * ? *)", "2026-11-30T09:00:00Z"),
        ("cron(0 9 ? * 1 *)", "2026-11-29T09:00:00Z"),
        ("cron(15 12 ? JAN * 2028)", "2028-01-01T12:15:00Z"),
        ("30 9 * * 1-5", "2026-11-23T09:30:00Z"),
        ("0 0 13 * FRI", "2026-11-27T00:00:00Z"),
        ("0 0 * jul wed", "2027-07-07T00:00:00Z"),
    ];
    for (expression, expected) in cases {
        assert_eq!(next(expression, None, "2026-11-23T08:03:20Z"), expected, "{expression}");
    }
    assert_eq!(next("cron(0 9 ? * MON *)", Some("Europe/Berlin"), "2026-11-23T08:03:20Z"), "2026-11-30T08:00:00Z");
    assert_eq!(next("cron(0 9 1 1 ? 2026)", None, "2026-11-23T08:03:20Z"), "never");
}

#[test]
fn where_clocks_change_fixed_times_run_once_and_intervals_follow_the_wall() {
    let berlin = Some("Europe/Berlin");
    // 2026-03-29: 02:00 to 03:00 does not occur; 2026-10-25: it occurs twice.
    assert_eq!(next("30 2 * * *", berlin, "2026-03-28T12:00:00Z"), "2026-03-29T01:00:00Z");
    assert_eq!(next("30 2 * * *", berlin, "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
    assert_eq!(next("30 2 * * *", berlin, "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00Z");
    assert_eq!(next("*/30 2 * * *", berlin, "2026-10-25T00:30:00Z"), "2026-10-25T01:00:00Z");
}

#[test]
fn a_declared_policy_goes_before_the_usual_one() {
    let next = |expression: &str, missing: &str, repeated: &str, after: &str| {
        let dst =
            Dst { missing: Some(Missing::parse(missing).unwrap()), repeated: Some(Repeated::parse(repeated).unwrap()) };
        let schedule = Schedule::parse_with(expression, Some("Europe/Berlin"), dst).unwrap();
        schedule.next_after(at(after)).unwrap().to_string()
    };
    let cases = [
        ("30 2 * * *", "skip", "first", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"),
        ("*/20 2 * * *", "shift", "first", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
        ("*/20 2 * * *", "shift", "first", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"),
        ("30 2 * * *", "skip", "last", "2026-10-24T12:00:00Z", "2026-10-25T01:30:00Z"),
        ("30 2 * * *", "skip", "both", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
        ("*/30 2 * * *", "skip", "first", "2026-10-25T00:30:00Z", "2026-10-26T01:00:00Z"),
        ("at(2026-03-29T02:30:00)", "shift", "first", "2026-01-01T00:00:00Z", "2026-03-29T01:00:00Z"),
        ("at(2026-10-25T02:30:00)", "shift", "last", "2026-01-01T00:00:00Z", "2026-10-25T01:30:00Z"),
    ];
    for (expression, missing, repeated, after, expected) in cases {
        assert_eq!(next(expression, missing, repeated, after), expected, "{expression} {missing} {repeated}");
    }
}

#[test]
fn one_shots_run_once_and_must_be_possible() {
    assert_eq!(next("at(2026-11-23T08:00:00)", Some("Europe/Berlin"), "2026-11-23T06:59:59Z"), "2026-11-23T07:00:00Z");
    assert_eq!(next("at(2026-11-23T08:00:00)", None, "2026-11-23T08:00:00Z"), "never");
    let berlin = Some("Europe/Berlin");
    let gap = Schedule::parse("at(2026-03-29T02:30:00)", berlin).unwrap_err();
    assert!(gap.rule.starts_with("this time does not occur in Europe/Berlin: clocks go forward over it"), "{gap}");
    let both = Dst { repeated: Some(Repeated::Both), ..Dst::default() };
    assert_eq!(Schedule::parse_with("at(2026-10-25T02:30:00)", berlin, both).unwrap_err().field, "dst.repeated");
    assert_eq!(Schedule::parse_with("rate(1 hour)", None, both).unwrap_err().field, "dst");
}

#[test]
fn expressions_are_written_back() {
    for text in [
        "rate(1 minute)",
        "rate(90 minutes)",
        "rate(2 hours)",
        "rate(7 days)",
        "rate(0 minute)",
        "cron(0 9 ? * MON *)",
        "*/5 * * * *",
        "at(2026-11-23T08:00:00)",
    ] {
        assert_eq!(parse(text).to_string(), text);
    }
}

#[test]
fn broken_rules_are_named() {
    let cases = [
        ("rate(1 minutes)", "the unit is singular for 1: rate(1 minute)"),
        ("rate(5 minute)", "the unit is plural above 1: rate(5 minutes)"),
        ("rate(5 seconds)", "rate(value unit) with unit minute(s), hour(s) or day(s)"),
        ("rate(-1 minutes)", "the value of a rate is a whole number"),
        ("rate(0 minutes)", "a rate of 0 is written rate(0 minute) and means once, at the start"),
        ("rate(400 days)", "a rate of at most 366 days"),
        ("cron(0 10 * * *)", "cron(..) has six fields: minutes hours day-of-month month day-of-week year; here are 5"),
        ("cron(0 10 * * * *)", "exactly one of day-of-month and day-of-week is ?"),
        ("cron(0 10 ? * ? *)", "exactly one of day-of-month and day-of-week is ?"),
        ("cron(0 10 ? * 0 *)", "day-of-week is 1 to 7 for SUN to SAT"),
        ("cron(0 10 ? 13 MON *)", "month is 1 to 12 or JAN to DEC"),
        ("cron(0 10 L-X * ? *)", "L is not allowed in day-of-month"),
        ("cron(0 9 30 2 ? *)", "no such day exists: it would never run"),
        ("0 0 ? * *", "? is no part of the five fields; AWS's six fields in cron(..) know more"),
        ("cron(0 10 ? * MON#6 *)", "behind # is 1 to 5"),
        ("cron(60 10 ? * MON *)", "minutes are 0 to 59"),
        ("cron(0 24 ? * MON *)", "hours are 0 to 23"),
        ("cron(*/0 * ? * MON *)", "the step behind / in minutes is a whole number above 0"),
        ("cron(0 10 32W * ? *)", "day-of-month is 1 to 31"),
        ("cron(0 10 1 * ? 1969)", "year is 1970 to 2199"),
        ("50-10 * * * *", "50-10 in minutes goes backwards"),
        ("1, * * * *", "a number is missing in minutes"),
        ("0 0 L * *", "L is not allowed in day-of-month"),
        ("at(2026-11-23)", "at(yyyy-mm-ddThh:mm:ss), such as at(2026-11-23T08:00:00)"),
        ("at(2026-02-30T08:00:00)", "at(yyyy-mm-ddThh:mm:ss), such as at(2026-11-23T08:00:00)"),
        ("every minute", RULE),
    ];
    for (expression, rule) in cases {
        assert_eq!(Schedule::parse(expression, None).unwrap_err().rule, rule, "{expression}");
    }
    let zone = Schedule::parse("0 9 * * *", Some("Berlin")).unwrap_err();
    assert_eq!(zone.to_string(), "timezone = \"Berlin\": a time zone of the IANA database, such as Europe/Berlin");
    assert_eq!(Schedule::parse("rate(5 minutes)", Some("UTC")).unwrap_err().field, "timezone");
}

proptest! {
    #[test]
    fn rates_never_drift(minutes in 1u64..2000, phase in 0u64..200_000, start in -2_000_000_000i64..4_000_000_000, nanos in 0i32..1_000_000_000) {
        let unit = if minutes == 1 { "minute" } else { "minutes" };
        let schedule = parse(&format!("rate({minutes} {unit})")).with_phase(Duration::from_secs(phase));
        let after = Timestamp::new(start, if start < 0 { 0 } else { nanos }).unwrap();
        let next = schedule.next_after(after).unwrap();
        prop_assert!(next > after);
        prop_assert!(next.duration_since(after) <= SignedDuration::from_mins(minutes as i64));
        prop_assert_eq!((next.as_second() - phase as i64).rem_euclid(minutes as i64 * 60), 0);
        prop_assert_eq!(schedule.next_after(next).unwrap().duration_since(next), SignedDuration::from_mins(minutes as i64));
    }
}
