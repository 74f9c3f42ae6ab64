//! Pages that renew themselves: server-sent events that bring the parts which changed.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use axum::response::IntoResponse as _;
use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::Stream;
use maud::Markup;
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::fault::PageError;
use crate::store::{EventRow, Tail};

/// Live pages open at once; a browser tab is one.
pub(super) const LIVE_STREAMS_MAX: usize = 64;

/// A page is read again this often, and at once when a canary ran or an alarm changed.
const RENEW_PERIOD: Duration = Duration::from_secs(5);

/// Pause between two readings, however much happens.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// A page that takes long to read is read less often: an open page costs at most a tenth of one core.
const PAUSE_PER_COST: u32 = 9;

/// Proxies and browsers drop connections that stay silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// The parts of a page by name.
pub(super) type Parts = Vec<(&'static str, Markup)>;

/// Hands out the places for live pages.
#[derive(Clone, Debug)]
pub(super) struct Places(Arc<Semaphore>);

impl Places {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(LIVE_STREAMS_MAX)))
    }

    /// # Errors
    /// [`PageError::Busy`] when all places are taken: the page then stays as it was loaded.
    pub(super) fn take(&self) -> Result<OwnedSemaphorePermit, PageError> {
        let full = |_| PageError::Busy(format!("{LIVE_STREAMS_MAX} live pages are open already."));
        Arc::clone(&self.0).try_acquire_owned().map_err(full)
    }
}

/// One live page.
struct Live<F> {
    load: F,
    events: Tail<EventRow>,
    shutdown: CancellationToken,
    /// What the page shows, by part.
    shown: HashMap<&'static str, u64>,
    /// What is still to be sent.
    pending: Vec<(&'static str, Markup)>,
    pause: Duration,
    _place: OwnedSemaphorePermit,
}

/// Answers with the parts that differ from what was sent before, until the browser leaves or the backend stops.
///
/// A reading that fails is logged by `load` and skipped: the page goes on with what it shows.
pub(super) fn stream<F, Answer>(
    place: OwnedSemaphorePermit,
    events: Tail<EventRow>,
    shutdown: CancellationToken,
    load: F,
) -> Response
where
    F: Fn() -> Answer + Send + 'static,
    Answer: Future<Output = Option<Parts>> + Send,
{
    let live = Live {
        load,
        events,
        shutdown,
        shown: HashMap::new(),
        pending: Vec::new(),
        pause: Duration::ZERO,
        _place: place,
    };
    let stream = futures::stream::unfold(live, async |mut live| live.next().await.map(|event| (Ok(event), live)));
    respond(stream)
}

/// A stream of events that stays open.
pub(super) fn respond<S>(stream: S) -> Response
where
    S: Stream<Item = Result<Event, Infallible>> + Send + 'static,
{
    Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

impl<F, Answer> Live<F>
where
    F: Fn() -> Answer,
    Answer: Future<Output = Option<Parts>>,
{
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((name, html)) = self.pending.pop() {
                return Some(event("part", &json!({ "name": name, "html": html.into_string() })));
            }
            self.wait().await?;
            let begun = Instant::now();
            let parts = tokio::select! {
                () = self.shutdown.cancelled() => return None,
                parts = (self.load)() => parts.unwrap_or_default(),
            };
            self.pause = (begun.elapsed() * PAUSE_PER_COST).max(PAUSE_MIN);
            self.keep_changed(parts);
        }
    }

    /// Waits until the page should be read again; `None` when it should not.
    async fn wait(&mut self) -> Option<()> {
        let shutdown = self.shutdown.clone();
        let due = async {
            tokio::time::sleep(self.pause).await;
            // Before the first reading nothing is known: the page may be old when its stream begins.
            if !self.shown.is_empty() {
                // An error says that the time is over: then the page is due.
                if let Ok(None) = tokio::time::timeout(RENEW_PERIOD, self.events.recv()).await {
                    return None;
                }
            }
            Some(())
        };
        tokio::select! {
            () = shutdown.cancelled() => None,
            due = due => due,
        }
    }

    fn keep_changed(&mut self, parts: Parts) {
        for (name, html) in parts {
            let print = fingerprint(&html.0);
            if self.shown.insert(name, print) != Some(print) {
                self.pending.push((name, html));
            }
        }
    }
}

/// One named event with JSON for the script.
pub(super) fn event(name: &str, detail: &serde_json::Value) -> Event {
    Event::default().event(name).data(detail.to_string())
}

/// What a part shows, but for how long ago something was: the script keeps that current by itself.
fn fingerprint(html: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for piece in html.split("data-ago>") {
        piece.split_once("</time>").map_or(piece, |(_, rest)| rest).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use maud::html;

    use super::*;
    use crate::base::Timestamp;
    use crate::edge::console::format;

    #[test]
    fn the_passing_of_time_alone_changes_nothing() {
        let part = |at: i64, now: i64| {
            let ago = format::ago(Timestamp::from_secs(at), Timestamp::from_secs(now));
            fingerprint(&html! { p { "run " (ago) " x" } }.0)
        };
        assert_eq!(part(0, 10), part(0, 20));
        assert_ne!(part(0, 10), part(1, 10));
    }

    #[test]
    fn places_are_limited_and_come_back() {
        let places = Places::new();
        let mut taken: Vec<_> = (0..LIVE_STREAMS_MAX).map(|_| places.take().expect("free")).collect();
        assert!(places.take().is_err());
        taken.pop();
        assert!(places.take().is_ok());
    }
}
