//! A run: requests under way, and one task that keeps the books.
//!
//! ```text
//! books.next() -> fetch (a task each, at most `at_a_time`) --Links, Done--> books
//! ```
//! Tasks hand over what they find through one bounded channel, so that a page with a million links waits for the books and
//! not the other way round.

use std::time::Duration;

use jiff::Timestamp;
use siskin_blueprints::Invalid;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::books::{Books, Times};
use super::cache::Cache;
use super::fetch::{Clients, Event, Handover, fetch, fetch_robots};
use super::frontier::HostId;
use super::options::LinkOptions;
use super::private::{PrivateAddresses, leads_to_private};
use super::report::LinkReport;
use super::scope::Scope;
use crate::clock::Clock;

/// Events that wait for the books.
const EVENTS_MAX: usize = 256;
const PROGRESS_EVERY: Duration = Duration::from_millis(250);

/// Why a run ended before everything was looked at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stopped {
    /// Whoever started it ended it.
    Cancelled,
    /// It took longer than it was to take.
    TimeIsUp,
}

impl Stopped {
    /// One clause for people.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Cancelled => "it was interrupted",
            Self::TimeIsUp => "its time was up",
        }
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Progress {
    /// Pages whose links were read.
    pub pages: u64,
    /// Links found, each once.
    pub links: usize,
    /// Requests made.
    pub requests: u64,
    /// Requests under way.
    pub under_way: usize,
}

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum LinkCheckError {
    #[error(transparent)]
    Options(#[from] Invalid),
    #[error("no HTTP client: {0}")]
    Client(String),
    #[error("the cache {file}: {error}")]
    Cache { file: String, error: std::io::Error },
}

/// Checks links as `options` say until all are checked, `cancel` is cancelled or time is up; `progress` is called a few
/// times a second. What was found until then is in the report in every case.
///
/// # Errors
/// Options outside their limits, an unusable cache file, or no client; links that fail are no error.
pub async fn check(
    options: LinkOptions,
    clock: &Clock,
    cancel: &CancellationToken,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<LinkReport, LinkCheckError> {
    options.check()?;
    let (started, began) = (clock.now(), Instant::now());
    let private = match options.private {
        Some(true) => PrivateAddresses::Allowed,
        Some(false) => PrivateAddresses::Refused,
        None => private_of(&options).await,
    };
    let clients = Clients::new(options.requests.clone(), private).map_err(LinkCheckError::Client)?;
    let (cache, damaged) = match &options.cache {
        Some(cache) => Cache::load(cache, started)
            .map_err(|error| LinkCheckError::Cache { file: cache.file.display().to_string(), error })?,
        None => (Cache::default(), 0),
    };
    let deadline = options.time_max.map(|time| began + time);
    let mut books = Books::new(Scope::new(options), cache);
    if damaged > 0 {
        books.notices.general(format!("the cache has {damaged} damaged lines, which were passed over"));
    }
    let mut run = Run { clients, tasks: JoinSet::new(), began, started };
    let stopped = Box::pin(run.all(&mut books, deadline, cancel, &mut progress)).await;
    run.tasks.shutdown().await;
    if let Some(cache) = books.scope.options().cache.clone() {
        books.remember(clock.now());
        if let Err(error) = books.cache.save(&cache.file) {
            books.notices.general(format!("the cache {} could not be written: {error}", cache.file.display()));
        }
    }
    let mut report = LinkReport::new(books, started, began.elapsed(), stopped);
    report.allows_private = private == PrivateAddresses::Allowed;
    Ok(report)
}

/// Links of a private site may lead into private networks; those of a public one would be broken for its visitors.
async fn private_of(options: &LinkOptions) -> PrivateAddresses {
    for url in &options.start {
        if leads_to_private(url).await {
            return PrivateAddresses::Allowed;
        }
    }
    PrivateAddresses::Refused
}

struct Run {
    clients: Clients,
    tasks: JoinSet<()>,
    began: Instant,
    started: Timestamp,
}

impl Run {
    async fn all(
        &mut self,
        books: &mut Books,
        deadline: Option<Instant>,
        cancel: &CancellationToken,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Option<Stopped> {
        let (sender, mut events) = channel(EVENTS_MAX);
        for url in books.scope.options().start.clone() {
            books.start(&url, self.times());
        }
        let mut told = self.began;
        loop {
            self.begin(books, &sender);
            if self.tasks.is_empty() && books.frontier.wake_at().is_none() && events.is_empty() {
                return None;
            }
            let wake_at = books.frontier.wake_at();
            tokio::select! {
                biased;
                () = cancel.cancelled() => return Some(Stopped::Cancelled),
                event = events.recv() => {
                    self.take(books, event);
                    self.take_waiting(books, &mut events);
                }
                Some(ended) = self.tasks.join_next() => Self::note_end(books, &ended),
                () = until(wake_at) => {}
                () = until(deadline) => return Some(Stopped::TimeIsUp),
            }
            if told.elapsed() >= PROGRESS_EVERY {
                told = Instant::now();
                progress(Progress {
                    pages: books.counts.pages,
                    links: books.targets.link_count(),
                    requests: books.counts.requests,
                    under_way: self.tasks.len(),
                });
                if deadline.is_some_and(|deadline| told >= deadline) {
                    return Some(Stopped::TimeIsUp);
                }
            }
        }
    }

    /// The time, without asking the system for the date each time.
    fn times(&self) -> Times {
        let instant = Instant::now();
        let wall = self.started.saturating_add(instant.duration_since(self.began)).unwrap_or(self.started);
        Times { instant, wall }
    }

    /// Begins all requests that can begin now.
    fn begin(&mut self, books: &mut Books, sender: &Sender<Event>) {
        loop {
            for host in std::mem::take(&mut books.unasked) {
                self.ask_robots(books, host, sender.clone());
            }
            let times = self.times();
            let Some((target, host, job)) = books.next(times) else { break };
            let clients = self.clients.clone();
            let handover = Handover { page: target, events: sender.clone() };
            let judging = books.scope.options().judging.clone();
            self.tasks.spawn(async move {
                let fetched = Box::new(fetch(&clients, job, &judging, times.wall, &handover).await);
                handover.tell(Event::Done { target, host, fetched, began: times.instant }).await;
            });
        }
    }

    fn ask_robots(&mut self, books: &mut Books, host: HostId, sender: Sender<Event>) {
        let Some(origin) = books.origins.get(&host).cloned() else { return };
        books.frontier.robots_asked(host);
        let clients = self.clients.clone();
        self.tasks.spawn(async move {
            let robots = fetch_robots(&clients, &origin.text, origin.is_own).await;
            drop(sender.send(Event::Robots(host, robots)).await);
        });
    }

    fn take(&self, books: &mut Books, event: Option<Event>) {
        let times = self.times();
        match event {
            Some(Event::Links(page, batch)) => books.batch(page, &batch, times),
            Some(Event::Done { target, host, fetched, began }) => books.fetched(target, host, &fetched, began, times),
            Some(Event::Robots(host, robots)) => books.robots_came(host, robots, times),
            None => {}
        }
    }

    /// Takes what came meanwhile, before new requests begin.
    fn take_waiting(&mut self, books: &mut Books, events: &mut Receiver<Event>) {
        for _ in 0..EVENTS_MAX {
            let Ok(event) = events.try_recv() else { break };
            self.take(books, Some(event));
        }
        while let Some(ended) = self.tasks.try_join_next() {
            Self::note_end(books, &ended);
        }
    }

    fn note_end(books: &mut Books, ended: &Result<(), JoinError>) {
        if let Err(error) = ended {
            books.notices.general(format!("a request was given up because of a fault of ours: {error}"));
        }
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
