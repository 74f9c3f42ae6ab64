use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use siskin_blueprints::{CanaryName, Schedule};

use super::*;

fn at(text: &str) -> Timestamp {
    format!("2026-11-23T{text}Z").parse().unwrap()
}

fn name(text: &str) -> CanaryName {
    text.parse().unwrap()
}

/// An agenda of one canary, told the times one after the other; `done` after a time ends the run.
fn check(expression: &str, first_run: FirstRun, times: &[&str], expected: &[&str]) {
    let schedule = Schedule::parse(expression, None).unwrap();
    let canary = name("shop");
    let mut agenda = Agenda::new([(&canary, &schedule)], first_run, at(times[0].trim_end_matches(" done")));
    let mut seen = Vec::new();
    for time in times {
        let (time, done) = time.strip_suffix(" done").map_or((*time, false), |time| (time, true));
        for due in agenda.take_due(at(time)) {
            let what = due.skipped.map_or("run".to_owned(), |skipped| format!("{skipped:?}"));
            seen.push(format!("{time}: {what} {}", due.at.strftime("%H:%M:%S")));
        }
        if done {
            agenda.finished(0);
        }
    }
    assert_eq!(seen, expected);
}

#[test]
fn a_rate_keeps_its_phase_whatever_runs_take() {
    // "shop" has phase 00:00:58 of a minute.
    let phase = phase_of(&name("shop"), Duration::from_mins(1));
    let second = format!("{:02}", phase.as_secs());
    let time = |minute: u32| format!("12:{minute:02}:{second}");
    let (a, b, c) = (time(0), time(1), time(2));
    check(
        "rate(1 minute)",
        FirstRun::OnSchedule,
        &["12:00:00", &format!("{a} done"), "12:00:59 done", &format!("{b} done"), &format!("{c} done")],
        &[&format!("{a}: run {a}"), &format!("{b}: run {b}"), &format!("{c}: run {c}")],
    );
}

#[test]
fn a_run_under_way_is_not_joined_by_another() {
    check(
        "*/1 * * * *",
        FirstRun::OnSchedule,
        &["12:00:30", "12:01:00", "12:02:00 done", "12:03:00 done"],
        &["12:01:00: run 12:01:00", "12:02:00: Overlap 12:02:00", "12:03:00: run 12:03:00"],
    );
}

#[test]
fn missed_runs_are_made_up_for_once() {
    check(
        "*/5 * * * *",
        FirstRun::OnSchedule,
        &["12:00:30", "13:03:00 done", "13:05:00 done"],
        &["13:03:00: Misfire 12:05:00", "13:03:00: run 13:00:00", "13:05:00: run 13:05:00"],
    );
}

#[test]
fn rates_may_begin_at_once_and_once_means_once() {
    let phase = phase_of(&name("shop"), Duration::from_mins(5)).as_secs();
    let next = at("12:00:00") + SignedDuration::from_secs(phase as i64);
    let schedule = Schedule::parse("rate(5 minutes)", None).unwrap();
    let canary = name("shop");
    let mut agenda = Agenda::new([(&canary, &schedule)], FirstRun::AtOnce, at("12:00:00"));
    assert_eq!(agenda.take_due(at("12:00:00")), [Due { index: 0, at: at("12:00:00"), skipped: None }]);
    assert_eq!(agenda.next(), Some(next));
    check("rate(0 minute)", FirstRun::OnSchedule, &["12:00:00 done", "12:30:00"], &["12:00:00: run 12:00:00"]);
    check("0 12 * * *", FirstRun::AtOnce, &["12:00:00 done", "12:30:00"], &[]);
}

#[test]
fn canaries_spread_over_their_interval() {
    let phases: std::collections::BTreeSet<_> =
        (0..50).map(|n| phase_of(&name(&format!("canary-{n}")), Duration::from_mins(5))).collect();
    assert!(phases.len() > 35, "{phases:?}");
    assert!(phases.iter().all(|phase| *phase < Duration::from_mins(5)));
}
