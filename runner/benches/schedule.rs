//! 100,000 canaries in the agenda: what a tick costs, and what a reload costs.
//!
//! The peer is the same heap of times with the `croner` crate (jiff, same zones) for the next occurrence and without
//! any policy, in the same process and in turns. Prints `ratio NAME VALUE` lines; the best round of each counts.

#![expect(clippy::print_stdout, reason = "a benchmark reports on standard output")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use siskin_blueprints::{CanaryName, Schedule};
use siskin_runner::schedule::{Action, Agenda, FirstRun, Plan};

const CANARIES: usize = 100_000;
const MINUTES: i64 = 60;
const ROUNDS: usize = 5;
const ZONES: [&str; 4] = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney"];

fn main() {
    let canaries: Vec<_> = (0..CANARIES).map(canary).collect();
    let peers: Vec<_> = (0..CANARIES).map(peer).collect();
    let start: Timestamp = "2026-11-23T08:00:30Z".parse().expect("a time");
    let changed: Vec<_> = canaries
        .iter()
        .enumerate()
        .map(|(index, one)| if index % 100 == 0 { canary(index + 1).1 } else { Arc::clone(&one.1) })
        .collect();
    let (mut best, mut runs) = (Costs::MAX, (0, 0));
    for _ in 0..ROUNDS {
        let mut agenda = Agenda::new(FirstRun::OnSchedule);
        let loading = Instant::now();
        agenda.load(canaries.iter().map(|(name, plan)| (name, plan)), start, |_| None);
        best.load = best.load.min(loading.elapsed());

        let building = Instant::now();
        let mut heap = build(&peers, start);
        best.peer_load = best.peer_load.min(building.elapsed());

        let ticking = Instant::now();
        runs.0 = tick_all(&mut agenda, start);
        best.ticks = best.ticks.min(ticking.elapsed());

        let ticking = Instant::now();
        runs.1 = tick_peers(&mut heap, &peers, start);
        best.peer_ticks = best.peer_ticks.min(ticking.elapsed());

        let now = start + SignedDuration::from_mins(MINUTES);
        let reloading = Instant::now();
        agenda.load(canaries.iter().zip(&changed).map(|((name, _), plan)| (name, plan)), now, |_| None);
        best.reload = best.reload.min(reloading.elapsed());

        let waiting = Instant::now();
        for second in 0..100_000 {
            black_box(agenda.take_due(now + SignedDuration::from_nanos(second)).len());
        }
        best.idle = best.idle.min(waiting.elapsed() / 100_000);
    }
    assert_eq!(runs.0, runs.1, "both run the same");
    let each = |total: Duration| total.as_nanos() as f64 / runs.0 as f64;
    println!("{CANARIES} canaries, {MINUTES} minutes, {} runs", runs.0);
    println!("tick with nothing due: {:?}", best.idle);
    println!("run that is due: {:.0} ns, with croner {:.0} ns", each(best.ticks), each(best.peer_ticks));
    println!("first load: {:?}, heap with croner {:?}", best.load, best.peer_load);
    println!("reload with 1 % changed: {:?}", best.reload);
    let ratio = |peer: Duration, own: Duration| peer.as_secs_f64() / own.as_secs_f64();
    println!("ratio croner_heap_over_agenda_tick {:.2}", ratio(best.peer_ticks, best.ticks));
    println!("ratio croner_heap_over_agenda_load {:.2}", ratio(best.peer_load, best.load));
    println!("ratio croner_rebuild_over_agenda_reload {:.2}", ratio(best.peer_load, best.reload));
}

struct Costs {
    load: Duration,
    peer_load: Duration,
    ticks: Duration,
    peer_ticks: Duration,
    reload: Duration,
    idle: Duration,
}

impl Costs {
    const MAX: Self = Self {
        load: Duration::MAX,
        peer_load: Duration::MAX,
        ticks: Duration::MAX,
        peer_ticks: Duration::MAX,
        reload: Duration::MAX,
        idle: Duration::MAX,
    };
}

/// Five fields and a zone: often, at working hours, daily.
fn expression(index: usize) -> (String, &'static str) {
    let minute = index * 7 % 60;
    let text = match index % 4 {
        0 => format!("{}-59/5 * * * *", index % 5),
        1 => format!("{minute} 8-18 * * 1-5"),
        2 => format!("{minute} {} * * *", index / 60 % 24),
        _ => format!("*/15 * {} * *", 1 + index % 28),
    };
    (text, ZONES[index / 4 % ZONES.len()])
}

fn canary(index: usize) -> (CanaryName, Arc<Plan>) {
    let name: CanaryName = format!("canary-{index}").parse().expect("a name");
    let (text, zone) = expression(index);
    let schedule = Schedule::parse(&text, Some(zone)).expect("a schedule");
    let plan = Plan::new(&name, schedule, None);
    (name, Arc::new(plan))
}

type Peer = (croner::Cron, TimeZone);

fn peer(index: usize) -> Peer {
    let (text, zone) = expression(index);
    (text.parse().expect("a schedule"), TimeZone::get(zone).expect("a zone"))
}

fn next_of((cron, zone): &Peer, after: Timestamp) -> Option<Timestamp> {
    cron.find_next_occurrence(&after.to_zoned(zone.clone()), false).ok().map(|next| next.timestamp())
}

fn build(peers: &[Peer], now: Timestamp) -> BinaryHeap<Reverse<(Timestamp, usize)>> {
    peers.iter().enumerate().filter_map(|(index, peer)| Some(Reverse((next_of(peer, now)?, index)))).collect()
}

fn tick_all(agenda: &mut Agenda, start: Timestamp) -> usize {
    let mut runs = 0;
    for minute in 1..=MINUTES {
        let now = start + SignedDuration::from_mins(minute) - SignedDuration::from_secs(28);
        for due in agenda.take_due(now) {
            assert_eq!(due.action, Action::Run);
            runs += 1;
            agenda.finished(due.index, now);
        }
    }
    runs
}

fn tick_peers(heap: &mut BinaryHeap<Reverse<(Timestamp, usize)>>, peers: &[Peer], start: Timestamp) -> usize {
    let mut runs = 0;
    for minute in 1..=MINUTES {
        let now = start + SignedDuration::from_mins(minute) - SignedDuration::from_secs(28);
        while let Some(Reverse((_, index))) = heap.peek().copied().filter(|Reverse((at, _))| *at <= now) {
            heap.pop();
            runs += 1;
            heap.extend(next_of(&peers[index], now).map(|next| Reverse((next, index))));
        }
    }
    runs
}
