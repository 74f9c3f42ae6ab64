use std::sync::Arc;
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

fn plan(expression: &str) -> Plan {
    Plan::new(&name("shop"), Schedule::parse(expression, None).unwrap(), None)
}

fn load(agenda: &mut Agenda, canaries: &[(&str, Plan)], now: &str) -> Vec<usize> {
    let canaries: Vec<_> = canaries.iter().map(|(text, plan)| (name(text), Arc::new(plan.clone()))).collect();
    agenda.load(canaries.iter().map(|(name, plan)| (name, plan)), at(now), |_| None)
}

fn told(time: &str, due: &Due) -> String {
    format!("{time}: {:?} {}", due.action, due.at.strftime("%H:%M:%S"))
}

/// An agenda of one canary, told the times one after the other; `done` after a time ends a run.
fn check(plan: &Plan, first_run: FirstRun, times: &[&str], expected: &[&str]) {
    let mut agenda = Agenda::new(first_run);
    load(&mut agenda, &[("shop", plan.clone())], times[0].trim_end_matches(" done"));
    let mut seen = Vec::new();
    for time in times {
        let (time, done) = time.strip_suffix(" done").map_or((*time, false), |time| (time, true));
        seen.extend(agenda.take_due(at(time)).iter().map(|due| told(time, due)));
        if done {
            seen.extend(agenda.finished(0, at(time)).iter().map(|due| told(time, due)));
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
        &plan("rate(1 minute)"),
        FirstRun::OnSchedule,
        &["12:00:00", &format!("{a} done"), "12:00:59 done", &format!("{b} done"), &format!("{c} done")],
        &[&format!("{a}: Run {a}"), &format!("{b}: Run {b}"), &format!("{c}: Run {c}")],
    );
}

#[test]
fn a_run_under_way_is_joined_as_declared() {
    let every_minute = plan("*/1 * * * *");
    let times = ["12:00:30", "12:01:00", "12:02:00", "12:03:00 done", "12:03:30 done", "12:04:00"];
    let cases = [
        (
            Overlap::Skip,
            vec![
                "12:01:00: Run 12:01:00",
                "12:02:00: Skip(Overlap) 12:02:00",
                "12:03:00: Skip(Overlap) 12:03:00",
                "12:04:00: Run 12:04:00",
            ],
        ),
        (
            Overlap::Queue,
            vec![
                "12:01:00: Run 12:01:00",
                "12:02:00: Queue 12:02:00",
                "12:03:00: Skip(Overlap) 12:03:00",
                "12:03:00: Run 12:02:00",
                "12:04:00: Run 12:04:00",
            ],
        ),
        (
            Overlap::Replace,
            vec![
                "12:01:00: Run 12:01:00",
                "12:02:00: Replace 12:02:00",
                "12:03:00: Replace 12:03:00",
                "12:04:00: Replace 12:04:00",
            ],
        ),
    ];
    for (overlap, expected) in cases {
        check(&Plan { overlap, ..every_minute.clone() }, FirstRun::OnSchedule, &times, &expected);
    }
}

#[test]
fn missed_runs_are_made_up_for_as_declared() {
    let every_five = plan("*/5 * * * *");
    let times = ["12:00:30", "13:03:00 done", "13:05:08 done"];
    let first = "13:03:00: Skip(Misfire) 12:05:00";
    let last = "13:05:08: Run 13:05:00";
    let cases = [
        (Misfire::Once, None, "13:03:00: Run 13:00:00"),
        (Misfire::Once, Some(Duration::from_mins(3)), "13:03:00: Run 13:00:00"),
        (Misfire::Once, Some(Duration::from_secs(179)), "13:03:00: Skip(Misfire) 13:00:00"),
        (Misfire::Skip, None, "13:03:00: Skip(Misfire) 13:00:00"),
    ];
    for (misfire, max_lateness, middle) in cases {
        let plan = Plan { misfire, max_lateness, ..every_five.clone() };
        check(&plan, FirstRun::OnSchedule, &times, &[first, middle, last]);
    }
}

#[test]
fn a_time_without_a_runner_is_made_up_for_by_calendars_not_by_rates() {
    let (yesterday, now) = (at("09:00:00") - SignedDuration::from_hours(24), at("09:20:00"));
    let due = |expression: &str| {
        let (shop, plan) = (name("shop"), Arc::new(plan(expression)));
        let mut agenda = Agenda::new(FirstRun::OnSchedule);
        agenda.load([(&shop, &plan)], now, |_| Some(yesterday));
        agenda.take_due(now).iter().map(|due| told("09:20:00", due)).collect::<Vec<_>>()
    };
    assert_eq!(due("0 9 * * *"), ["09:20:00: Run 09:00:00"]);
    assert_eq!(due("at(2026-11-23T09:10:00)"), ["09:20:00: Run 09:10:00"]);
    assert_eq!(due("rate(5 minutes)"), [""; 0]);
}

#[test]
fn maintenance_keeps_runs_away_while_it_lasts() {
    let opens = Schedule::parse("0 12 * * MON", None).unwrap();
    let window = Window { opens, duration: Duration::from_mins(2) };
    let plan = Plan { maintenance: Arc::new([window]), ..plan("*/1 * * * *") };
    check(
        &plan,
        FirstRun::OnSchedule,
        &["11:58:30", "11:59:00 done", "12:00:00 done", "12:01:00 done", "12:02:00 done"],
        &[
            "11:59:00: Run 11:59:00",
            "12:00:00: Skip(Maintenance) 12:00:00",
            "12:01:00: Skip(Maintenance) 12:01:00",
            "12:02:00: Run 12:02:00",
        ],
    );
}

#[test]
fn rates_may_begin_at_once_and_once_means_once() {
    let phase = phase_of(&name("shop"), Duration::from_mins(5)).as_secs();
    let next = at("12:00:00") + SignedDuration::from_secs(phase as i64);
    let mut agenda = Agenda::new(FirstRun::AtOnce);
    load(&mut agenda, &[("shop", plan("rate(5 minutes)"))], "12:00:00");
    assert_eq!(agenda.take_due(at("12:00:00")), [Due { index: 0, at: at("12:00:00"), action: Action::Run }]);
    assert_eq!(agenda.next_due(), Some(next));
    let once = plan("rate(0 minute)");
    check(&once, FirstRun::OnSchedule, &["12:00:00 done", "12:30:00"], &["12:00:00: Run 12:00:00"]);
    check(&plan("0 12 * * *"), FirstRun::AtOnce, &["12:00:00 done", "12:30:00"], &[]);
}

#[test]
fn a_reload_keeps_what_did_not_change() {
    let mut agenda = Agenda::new(FirstRun::AtOnce);
    let (rate, once) = (plan("rate(5 minutes)"), plan("rate(0 minute)"));
    let first =
        load(&mut agenda, &[("same", rate.clone()), ("once", once.clone()), ("gone", rate.clone())], "12:00:00");
    assert_eq!(agenda.take_due(at("12:00:00")).len(), 3);
    let next = agenda.next_of(first[0]);
    let changed = plan("rate(7 minutes)");
    let second = load(&mut agenda, &[("new", rate.clone()), ("once", once), ("same", rate)], "12:01:00");
    assert_eq!((second[1], second[2]), (first[1], first[0]));
    assert_eq!(agenda.next_of(second[2]), next, "its phase is what it was");
    assert_eq!(agenda.next_of(second[1]), None, "what ran once does not run again");
    assert_eq!(agenda.next_of(second[0]), Some(at("12:01:00")), "what is new begins");
    assert_ne!(second[0], first[2], "the run of what is gone is still under way");
    assert_eq!(agenda.finished(first[2], at("12:01:00")), None);
    let third = load(&mut agenda, &[("same", changed), ("newer", plan("rate(5 minutes)"))], "12:02:00");
    assert_eq!(third, [first[0], first[2]], "numbers of what is gone are used again");
    assert!(agenda.next_of(third[0]) > Some(at("12:02:00")), "what changed waits for its time");
}

#[test]
fn reloads_do_not_pile_up() {
    let mut agenda = Agenda::new(FirstRun::OnSchedule);
    for minutes in 2..1000 {
        load(&mut agenda, &[("shop", plan(&format!("rate({minutes} minutes)")))], "12:00:00");
    }
    assert!(format!("{agenda:?}").len() < 20_000);
}

#[test]
fn canaries_spread_over_their_interval_and_their_jitter() {
    let phases: std::collections::BTreeSet<_> =
        (0..50).map(|n| phase_of(&name(&format!("canary-{n}")), Duration::from_mins(5))).collect();
    assert!(phases.len() > 35, "{phases:?}");
    assert!(phases.iter().all(|phase| *phase < Duration::from_mins(5)));
    let next = |expression: &str, jitter: Option<u64>| {
        let schedule = Schedule::parse(expression, None).unwrap();
        let plan = Plan::new(&name("shop"), schedule, jitter.map(Duration::from_secs));
        let next = plan.next_after(at("12:00:30")).unwrap();
        assert_eq!(plan.next_after(next - SignedDuration::from_nanos(1)), Some(next));
        next.duration_since(at("12:00:00")).as_secs()
    };
    let phase = |seconds| phase_of(&name("shop"), Duration::from_secs(seconds)).as_secs() as i64;
    assert_eq!(next("rate(10 minutes)", Some(1)), 600, "without jitter a rate is aligned");
    assert_eq!(next("*/10 * * * *", None), 600);
    assert!(phase(120) > 30, "the moved time of 12:00 is still to come");
    assert_eq!(next("*/10 * * * *", Some(120)), phase(120));
}

#[test]
fn attempts_wait_longer_and_longer() {
    let retries = Retries { max: 3, backoff: Duration::from_secs(10) };
    let waits: Vec<_> = (1..=5).map(|number| retries.wait_before(number).map(|wait| wait.as_secs())).collect();
    assert_eq!(waits, [None, Some(10), Some(20), Some(40), None]);
    assert_eq!(retries.waits(), Duration::from_secs(70));
    assert_eq!(Retries::default().waits(), Duration::ZERO);
}
