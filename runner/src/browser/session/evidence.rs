//! What a run leaves behind, whatever became of it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use super::launch::Session;
use crate::browser::console::ConsoleLine;
use crate::browser::exchange::{Document, Exchange, Traffic};
use crate::browser::har::{self, Har};
use crate::browser::trace::RequestSpan;
use crate::browser::vitals::Vitals;

/// How long events that are under way are awaited; a living browser needs a millisecond.
const FLUSH_PATIENCE: Duration = Duration::from_millis(200);

/// What was observed of a session.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Every request, also those that were still open.
    pub har: Har,
    /// The newest 2,000 lines, oldest first.
    pub console: Vec<ConsoleLine>,
    /// Older console lines that had to go.
    pub console_dropped: usize,
    /// One for each document, oldest first.
    pub vitals: Vec<Vitals>,
    /// Requests that carried the trace on, oldest first.
    pub requests: Vec<RequestSpan>,
}

/// What was seen of the document at hand.
#[derive(Debug, Clone)]
pub(crate) struct DocumentTraffic {
    /// When it was asked for; `None` before the first.
    pub(crate) started: Option<Timestamp>,
    /// Its requests, itself the first.
    pub(crate) exchanges: Vec<Exchange>,
}

impl Session {
    /// Puts together what was observed so far. Works also after a hang or the browser's death.
    pub async fn evidence(&self) -> Evidence {
        if self.over.get().is_none() {
            self.catch_up().await;
        }
        let browser = &self.browser;
        self.connection.with(|recording| {
            let traffic = Traffic::gather(&recording.events, &recording.main_frame);
            let requests = recording.tracer.as_ref().map(|tracer| tracer.spans(&traffic.exchanges)).unwrap_or_default();
            let har = har::build(&har::Source {
                traffic: &traffic,
                received: &recording.received,
                bodies: &recording.bodies,
                events_dropped: recording.events_dropped + recording.events_unread,
                browser_name: browser.programs.kind.as_str(),
                browser_version: &browser.version.to_string(),
            });
            Evidence {
                har,
                console: recording.console.iter().cloned().collect(),
                console_dropped: recording.console_dropped,
                vitals: recording.vitals.clone(),
                requests,
            }
        })
    }

    /// Vitals of the document at hand, once it has told any.
    pub(crate) fn vitals(&self) -> Option<Vitals> {
        self.connection.with(|recording| recording.vitals_at_hand().cloned())
    }

    /// The requests of the document at hand so far.
    pub(crate) async fn document(&self) -> DocumentTraffic {
        if self.over.get().is_none() {
            self.catch_up().await;
        }
        self.connection.with(|recording| {
            let traffic = Traffic::gather(&recording.events, &recording.main_frame);
            let index = traffic.documents.len().checked_sub(1);
            DocumentTraffic {
                started: traffic.documents.last().map(Document::started),
                exchanges: traffic.exchanges.into_iter().filter(|one| one.document == index).collect(),
            }
        })
    }

    /// Waits for what is under way. Browser and page answer in order: after their answers all earlier events are here.
    /// What gives none has nothing more to tell.
    async fn catch_up(&self) {
        let by = Instant::now() + FLUSH_PATIENCE;
        let page = async {
            if self.no_dialog().is_ok() {
                drop(self.connection.call("Runtime.evaluate", json!({"expression": "0"}), by).await);
            }
        };
        tokio::join!(async { drop(self.connection.browser_version(by).await) }, page);
        self.connection.wait_until(by, |recording| recording.bodies_open == 0).await;
    }
}
