//! The page's requests as they are now, for scripts that wait for them.

use serde_json::{Value, json};
use tokio::time::Instant;

use super::launch::Session;
use crate::browser::cdp::{Event, Recording};
use crate::browser::error::BrowserError;

/// How dialogs of the page are answered without the script.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum DialogAnswer {
    /// With "OK", and this text when it is a prompt.
    Accept(String),
    /// With "Cancel".
    Dismiss,
}

impl DialogAnswer {
    /// For `Page.handleJavaScriptDialog`.
    pub(crate) fn params(&self) -> Value {
        match self {
            Self::Accept(text) => json!({"accept": true, "promptText": text}),
            Self::Dismiss => json!({"accept": false}),
        }
    }
}

/// A file that a page saved or is saving.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Download {
    /// Its name on disk.
    pub(crate) id: String,
    pub(crate) url: String,
    /// The name that the page gave it.
    pub(crate) name: String,
    pub(crate) bytes: u64,
    /// `inProgress`, `completed` or `canceled`.
    pub(crate) state: String,
}

/// An answer that the page got.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Answered {
    pub(crate) url: String,
    pub(crate) status: u16,
}

impl Session {
    /// Dialogs from now on are answered at once; with `None` they stay until the script answers them.
    pub(crate) fn answer_dialogs(&self, answer: Option<DialogAnswer>) {
        self.connection.with(|recording| recording.dialog_answer = answer);
    }

    /// Texts of all dialogs so far, oldest first.
    pub(crate) fn dialogs(&self) -> Vec<String> {
        self.connection.with(|recording| recording.dialogs.clone())
    }

    /// Files that pages saved or are saving, oldest first.
    pub(crate) fn downloads(&self) -> Vec<Download> {
        self.connection.with(|recording| recording.downloads.clone())
    }

    /// A mark of now, for [`Session::wait_for_answer`].
    pub(crate) fn traffic_mark(&self) -> usize {
        self.connection.with(|recording| recording.events.len())
    }

    /// Waits for an answer that came after `mark` and is `wanted`; gives it and the mark behind it.
    pub(crate) async fn wait_for_answer(
        &self,
        mark: usize,
        deadline: Instant,
        wanted: impl Fn(&str) -> bool,
    ) -> Option<(Answered, usize)> {
        let mut found = None;
        let mut looked = mark;
        self.connection
            .wait_until(deadline, |recording| {
                let new = recording.events.iter().enumerate().skip(looked);
                found = new
                    .filter_map(|(at, event)| answered(event).map(|one| (one, at + 1)))
                    .find(|(one, _)| wanted(&one.url));
                looked = recording.events.len();
                found.is_some()
            })
            .await;
        found
    }

    /// Requests that have no answer yet.
    pub(crate) fn requests_open(&self) -> usize {
        self.connection.with(|recording| open_requests(recording))
    }

    /// Fails when the browser is gone.
    pub(crate) fn check_usable(&self) -> Result<(), BrowserError> {
        self.usable()
    }
}

fn answered(event: &Event) -> Option<Answered> {
    match event {
        Event::Response(received) => {
            Some(Answered { url: received.response.url.clone(), status: received.response.status })
        }
        _ => None,
    }
}

fn open_requests(recording: &Recording) -> usize {
    let mut open = std::collections::HashSet::new();
    for event in &recording.events {
        match event {
            Event::Request(sent) => {
                open.insert(sent.request_id.as_str());
            }
            Event::Finished(finished) => {
                open.remove(finished.request_id.as_str());
            }
            Event::Failed(failed) => {
                open.remove(failed.request_id.as_str());
            }
            _ => {}
        }
    }
    open.len()
}
