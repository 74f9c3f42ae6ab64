//! What is to be fetched next: a queue for each host, and how much each host takes.
//!
//! Pure: it is told the time. A host that answers 429 or 503 is asked half as much from then on and gets its full share
//! back step by step, as TCP does.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

use super::options::{HostLimit, HostOptions};
use super::robots::Robots;

/// Wait between requests to a host that asked for less and did not say how much.
const SLOW_INTERVAL: Duration = Duration::from_millis(250);
const SLOW_INTERVAL_MAX: Duration = Duration::from_secs(10);
/// Longest `Crawl-delay` that is obeyed.
const CRAWL_DELAY_MAX: Duration = Duration::from_secs(10);
/// Good answers after which a host is asked for more again.
const GOOD_ANSWERS: u32 = 8;

/// Place of a host in the frontier.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct HostId(u32);

/// What is known of a host's `robots.txt`.
#[derive(Debug)]
pub(super) enum RobotsState {
    /// Nothing yet: nothing is fetched before it is.
    Unknown,
    Asked,
    Known(Robots),
}

/// How a host took a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Took {
    Well,
    /// It asks for less, and may say for how long.
    TooMuch(Option<Duration>),
}

#[derive(Debug)]
struct Host {
    queue: VecDeque<u32>,
    in_flight: usize,
    given: HostLimit,
    at_a_time: usize,
    interval: Duration,
    next_at: Instant,
    /// Whether it stands in `ready` or `waiting`.
    is_listed: bool,
    slowed_at: Option<Instant>,
    good_answers: u32,
    robots: RobotsState,
    /// It asked for a longer pause than is made.
    closed: Option<Duration>,
}

/// Queues of all hosts.
#[derive(Debug)]
pub(super) struct Frontier {
    options: HostOptions,
    hosts: Vec<Host>,
    by_origin: HashMap<String, HostId>,
    ready: VecDeque<HostId>,
    waiting: BTreeSet<(Instant, HostId)>,
    later: BinaryHeap<Reverse<(Instant, HostId, u32)>>,
    in_flight: usize,
}

impl Frontier {
    pub(super) fn new(options: HostOptions) -> Self {
        Self {
            options,
            hosts: Vec::new(),
            by_origin: HashMap::new(),
            ready: VecDeque::new(),
            waiting: BTreeSet::new(),
            later: BinaryHeap::new(),
            in_flight: 0,
        }
    }

    /// The host of `origin`, which is made when it is new.
    pub(super) fn host(&mut self, origin: &str, is_own: bool, obeys_robots: bool, now: Instant) -> HostId {
        if let Some(known) = self.by_origin.get(origin) {
            return *known;
        }
        let id = HostId(self.hosts.len() as u32);
        let given = if is_own { self.options.own } else { self.options.other };
        let robots = if obeys_robots { RobotsState::Unknown } else { RobotsState::Known(Robots::allow_all()) };
        self.by_origin.insert(origin.to_owned(), id);
        self.hosts.push(Host {
            queue: VecDeque::new(),
            in_flight: 0,
            given,
            at_a_time: given.at_a_time,
            interval: given.interval,
            next_at: now,
            is_listed: false,
            slowed_at: None,
            good_answers: 0,
            robots,
            closed: None,
        });
        id
    }

    pub(super) fn push(&mut self, host: HostId, target: u32, now: Instant) {
        self.host_mut(host).queue.push_back(target);
        self.list(host, now);
    }

    /// Has `target` fetched before what waits already, but not before `at`.
    pub(super) fn push_later(&mut self, host: HostId, target: u32, at: Instant) {
        self.later.push(Reverse((at, host, target)));
    }

    /// The next to fetch; its host counts it until [`Frontier::done`].
    pub(super) fn next(&mut self, now: Instant) -> Option<(HostId, u32)> {
        while let Some(Reverse((at, host, target))) = self.later.peek().copied() {
            if at > now {
                break;
            }
            self.later.pop();
            self.host_mut(host).queue.push_front(target);
            self.list(host, now);
        }
        while self.waiting.first().is_some_and(|(at, _)| *at <= now) {
            self.ready.extend(self.waiting.pop_first().map(|(_, host)| host));
        }
        if self.in_flight >= self.options.at_a_time {
            return None;
        }
        loop {
            let id = self.ready.pop_front()?;
            let host = self.host_mut(id);
            host.is_listed = false;
            if host.next_at > now {
                self.list(id, now);
                continue;
            }
            let Some(target) = host.queue.pop_front() else { continue };
            host.in_flight += 1;
            host.next_at = now + host.interval;
            self.in_flight += 1;
            self.list(id, now);
            return Some((id, target));
        }
    }

    /// When [`Frontier::next`] may have something that it has not now, if nothing is done before.
    pub(super) fn wake_at(&self) -> Option<Instant> {
        let later = self.later.peek().map(|Reverse((at, _, _))| *at);
        let waiting = self.waiting.first().map(|(at, _)| *at).filter(|_| self.in_flight < self.options.at_a_time);
        [later, waiting].into_iter().flatten().min()
    }

    /// A fetch ended that began at `began`.
    pub(super) fn done(&mut self, id: HostId, took: Took, began: Instant, now: Instant) {
        self.in_flight -= 1;
        let (adaptive, wait_max) = (self.options.adaptive, self.options.wait_max);
        let host = self.host_mut(id);
        host.in_flight -= 1;
        if adaptive {
            match took {
                Took::Well => host.ask_more(),
                Took::TooMuch(wait) => host.ask_less(wait, wait_max, began, now),
            }
        }
        self.list(id, now);
    }

    /// What was popped and is not fetched after all.
    pub(super) fn dropped(&mut self, id: HostId, now: Instant) {
        self.in_flight -= 1;
        let host = self.host_mut(id);
        host.in_flight -= 1;
        // It took nothing of the host's time.
        host.next_at = now;
        self.list(id, now);
    }

    pub(super) fn robots(&self, id: HostId) -> &RobotsState {
        &self.hosts.get(id.0 as usize).expect("ids are given out by host()").robots
    }

    /// Notes that `robots.txt` was asked for.
    pub(super) fn robots_asked(&mut self, id: HostId) {
        self.host_mut(id).robots = RobotsState::Asked;
    }

    pub(super) fn robots_known(&mut self, id: HostId, robots: Robots, now: Instant) {
        let host = self.host_mut(id);
        if let Some(delay) = robots.delay {
            host.interval = host.interval.max(delay.min(CRAWL_DELAY_MAX));
            host.given.interval = host.interval;
        }
        host.robots = RobotsState::Known(robots);
        self.list(id, now);
    }

    /// The pause that the host asked for, if it was too long to make.
    pub(super) fn closed(&self, id: HostId) -> Option<Duration> {
        self.hosts.get(id.0 as usize).and_then(|host| host.closed)
    }

    fn host_mut(&mut self, id: HostId) -> &mut Host {
        self.hosts.get_mut(id.0 as usize).expect("ids are given out by host()")
    }

    /// Puts the host where it is found when it may be asked.
    fn list(&mut self, id: HostId, now: Instant) {
        let host = self.host_mut(id);
        let may_be_asked = matches!(host.robots, RobotsState::Known(_)) && host.in_flight < host.at_a_time;
        if host.is_listed || host.queue.is_empty() || !may_be_asked {
            return;
        }
        host.is_listed = true;
        let at = host.next_at;
        if at <= now {
            self.ready.push_back(id);
        } else {
            self.waiting.insert((at, id));
        }
    }
}

impl Host {
    fn ask_less(&mut self, wait: Option<Duration>, wait_max: Duration, began: Instant, now: Instant) {
        if let Some(wait) = wait
            && wait > wait_max
        {
            self.closed = Some(wait);
            self.next_at = now;
            return;
        }
        // Requests that were under way when it first said so say it once more, and are not another reason.
        if self.slowed_at.is_none_or(|slowed_at| began >= slowed_at) {
            self.slowed_at = Some(now);
            self.at_a_time = (self.at_a_time / 2).max(1);
            self.interval = (self.interval * 2).clamp(SLOW_INTERVAL, SLOW_INTERVAL_MAX);
        }
        self.good_answers = 0;
        self.next_at = self.next_at.max(now + wait.unwrap_or(self.interval));
    }

    fn ask_more(&mut self) {
        if self.slowed_at.is_none() {
            return;
        }
        self.good_answers += 1;
        if self.good_answers < GOOD_ANSWERS {
            return;
        }
        self.good_answers = 0;
        self.at_a_time = (self.at_a_time + 1).min(self.given.at_a_time);
        self.interval = (self.interval * 3 / 4).max(self.given.interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frontier(own: HostLimit) -> (Frontier, HostId, Instant) {
        let now = Instant::now();
        let mut frontier = Frontier::new(HostOptions { own, ..HostOptions::default() });
        let host = frontier.host("http://a.example", true, false, now);
        (frontier, host, now)
    }

    fn taken(frontier: &mut Frontier, now: Instant) -> Vec<u32> {
        std::iter::from_fn(|| frontier.next(now).map(|(_, target)| target)).collect()
    }

    #[test]
    fn a_host_is_asked_as_much_as_it_may_be() {
        let (mut frontier, host, now) = frontier(HostLimit { at_a_time: 2, interval: Duration::ZERO });
        (0..4).for_each(|target| frontier.push(host, target, now));
        assert_eq!(taken(&mut frontier, now), [0, 1]);
        frontier.done(host, Took::Well, now, now);
        assert_eq!(taken(&mut frontier, now), [2]);
        assert_eq!(frontier.wake_at(), None);
    }

    #[test]
    fn hosts_take_turns() {
        let (mut frontier, first, now) = frontier(HostLimit { at_a_time: 9, interval: Duration::ZERO });
        let second = frontier.host("http://b.example", true, false, now);
        for (host, target) in [(first, 0), (first, 1), (second, 10), (second, 11)] {
            frontier.push(host, target, now);
        }
        assert_eq!(taken(&mut frontier, now), [0, 10, 1, 11]);
    }

    #[test]
    fn requests_keep_their_distance() {
        let interval = Duration::from_millis(100);
        let (mut frontier, host, now) = frontier(HostLimit { at_a_time: 9, interval });
        (0..2).for_each(|target| frontier.push(host, target, now));
        assert_eq!(taken(&mut frontier, now), [0]);
        assert_eq!(frontier.wake_at(), Some(now + interval));
        assert_eq!(taken(&mut frontier, now + interval), [1]);
    }

    #[test]
    fn a_host_that_asks_for_a_pause_gets_it_and_then_its_share_back() {
        let (mut frontier, host, now) = frontier(HostLimit { at_a_time: 4, interval: Duration::ZERO });
        (0..200).for_each(|target| frontier.push(host, target, now));
        assert_eq!(taken(&mut frontier, now).len(), 4);
        for _ in 0..4 {
            // All four say so; it counts once.
            frontier.done(host, Took::TooMuch(Some(Duration::from_secs(2))), now, now);
        }
        assert!(taken(&mut frontier, now + Duration::from_millis(1999)).is_empty());
        let mut now = now + Duration::from_secs(2);
        assert_eq!(taken(&mut frontier, now).len(), 1, "and then in the slow interval");
        let mut most = 0;
        for _ in 0..180 {
            now += Duration::from_millis(1);
            frontier.done(host, Took::Well, now, now);
            now = frontier.wake_at().unwrap_or(now);
            most = most.max(frontier.next(now).is_some().into());
        }
        let host = frontier.host_mut(host);
        assert_eq!((host.at_a_time, most), (4, 1));
        assert!(host.interval < Duration::from_millis(10), "{:?}", host.interval);
    }

    #[test]
    fn a_pause_that_is_too_long_closes_the_host() {
        let (mut frontier, host, now) = frontier(HostLimit { at_a_time: 1, interval: Duration::ZERO });
        frontier.push(host, 0, now);
        assert_eq!(taken(&mut frontier, now), [0]);
        frontier.done(host, Took::TooMuch(Some(Duration::from_hours(1))), now, now);
        assert_eq!(frontier.closed(host), Some(Duration::from_hours(1)));
    }

    #[test]
    fn nothing_is_fetched_before_robots_are_known() {
        let now = Instant::now();
        let mut frontier = Frontier::new(HostOptions::default());
        let host = frontier.host("http://a.example", true, true, now);
        frontier.push(host, 0, now);
        assert!(taken(&mut frontier, now).is_empty());
        frontier.robots_known(host, Robots::allow_all(), now);
        assert_eq!(taken(&mut frontier, now), [0]);
    }

    #[test]
    fn a_second_look_waits_its_time() {
        let (mut frontier, host, now) = frontier(HostLimit { at_a_time: 1, interval: Duration::ZERO });
        let at = now + Duration::from_secs(1);
        frontier.push_later(host, 7, at);
        assert_eq!((frontier.wake_at(), taken(&mut frontier, now)), (Some(at), vec![]));
        assert_eq!(taken(&mut frontier, at), [7]);
    }
}
