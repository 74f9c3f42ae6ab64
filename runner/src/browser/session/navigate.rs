//! Going to pages.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::launch::Session;
use super::picture::AwaitPicture;
use crate::browser::cdp::{CdpError, Recording};
use crate::browser::error::{BrowserError, PageError, Rescue};
use crate::browser::redact;
use crate::browser::verdict::{Ended, LoadState, Navigation};

/// How long events may trail behind Chrome's answer; usually they are ahead of it.
const EVENTS_PATIENCE: Duration = Duration::from_secs(1);
/// A larger document is no page that anybody reads.
const DOCUMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Chrome's word when an answer becomes a file, has no content, or when another navigation takes the place of this one.
const ABORTED: &str = "net::ERR_ABORTED";

impl Session {
    /// Opens `url`, waits until all of it is there and judges what came: every failure of the page is a value, not an
    /// error.
    ///
    /// # Errors
    /// `Page` for an address other than `http` or `https` and for an open dialog, `Deadline` when
    /// the page hung so that the session ended, `Infrastructure` when the browser is gone.
    pub async fn goto(&self, url: &Url, deadline: Instant) -> Result<Navigation, BrowserError> {
        self.goto_until(url, LoadState::Load, deadline).await
    }

    /// As [`Session::goto`], and waits until the page is as far as `state`; commands after it do not wait for more either.
    ///
    /// # Errors
    /// As [`Session::goto`].
    pub async fn goto_until(&self, url: &Url, state: LoadState, deadline: Instant) -> Result<Navigation, BrowserError> {
        self.usable()?;
        if !matches!(url.scheme(), "http" | "https") {
            let why = format!("{} is neither http nor https", redact::url(url.as_str()));
            return Err(BrowserError::Page(PageError::BadUrl(why)));
        }
        self.no_dialog()?;
        self.webdriver.leave_frames().await;
        self.connection.with(|recording| {
            recording.begin_navigation();
            recording.asked_at = state;
        });
        let began = Instant::now();
        let answer = self.navigate(url, state, deadline).await?;
        let ended = match &answer {
            Answer::Came if state == LoadState::Commit => Ended::Committed,
            Answer::Came => Ended::Answered,
            Answer::TimedOut => Ended::TimedOut,
            Answer::Refused(why) => Ended::Refused(why),
            Answer::TooLarge => Ended::TooLarge,
        };
        if !matches!(ended, Ended::TimedOut | Ended::TooLarge) {
            // What settles nothing is judged as far as it came.
            self.connection
                .wait_until(Instant::now() + EVENTS_PATIENCE, |recording| {
                    let document = &recording.document;
                    if ended == Ended::Committed { document.committed() } else { document.settled() }
                })
                .await;
        }
        let (judged, status, landed) = self.connection.with(|recording| {
            if ended != Ended::Answered && ended != Ended::Committed {
                recording.loading.rest();
            }
            let document = &recording.document;
            (document.classify(ended), document.status(), document.url().and_then(|landed| Url::parse(landed).ok()))
        });
        let duration = began.elapsed();
        let wait =
            if matches!(ended, Ended::Answered | Ended::Committed) { AwaitPicture::No } else { AwaitPicture::Yes };
        self.keep_picture(wait).await;
        let Some((verdict, failure)) = judged else {
            return Err(BrowserError::infrastructure(
                "Chrome told nothing of the page's request, so it cannot be judged",
            ));
        };
        let mut url = landed.unwrap_or_else(|| url.clone());
        redact::without_credentials(&mut url);
        Ok(Navigation { verdict, status, url, failure, duration })
    }

    async fn navigate(&self, url: &Url, state: LoadState, deadline: Instant) -> Result<Answer, BrowserError> {
        let began = Instant::now();
        let by = deadline.min(began + self.limits.page_load);
        let too_large =
            self.connection.wait_until(deadline, |recording| recording.document_bytes() > DOCUMENT_BYTES_MAX);
        let answered = tokio::select! {
            answered = Box::pin(self.come(url, state, by)) => answered,
            true = too_large => {
                // Chrome lays out whatever comes, and a page without an end takes all memory.
                self.stop_page().await;
                return Ok(Answer::TooLarge);
            }
        };
        match answered {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(self.stopped()),
            Err(CdpError::TimedOut { .. }) => match Box::pin(self.rescue(self.page_answers())).await {
                Rescue::PageStopped => Ok(Answer::TimedOut),
                rescue @ (Rescue::TargetClosed | Rescue::BrowserKilled) => {
                    let waited = began.elapsed();
                    Err(self.note_end(BrowserError::Deadline { command: "goto", waited, rescue }))
                }
            },
            Err(CdpError::Refused { message, .. }) => Ok(Answer::Refused(message)),
            Err(gone @ CdpError::Gone(_)) => Err(self.note_end(gone.into())),
        }
    }

    /// Has the page leave for `url` and waits until it is as far as `state`; `None` when it stops on the way.
    async fn come(&self, url: &Url, state: LoadState, by: Instant) -> Result<Option<Answer>, CdpError> {
        let before = self.connection.with(|recording| recording.loading.loader().map(str::to_owned));
        let params = json!({"url": url.as_str()});
        let leaving = self.connection.call("Page.navigate", params, by);
        let Some(answer) = self.unless_stopped(by, leaving).await? else { return Ok(None) };
        let of = |field| answer.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
        match of("errorText") {
            // The events tell what became of it.
            Some(ABORTED) => {
                self.connection.with(|recording| recording.loading.rest());
                return Ok(Some(Answer::Came));
            }
            Some(why) => return Ok(Some(Answer::Refused(why.to_owned()))),
            None => {}
        }
        if of("loaderId").is_none() {
            // Within the document.
            return Ok(Some(Answer::Came));
        }
        let there = |recording: &Recording| {
            recording.loading.rests_at(state) && recording.loading.loader() != before.as_deref()
        };
        loop {
            if self.unless_stopped(by, self.connection.reach(by, there)).await?.is_none() {
                return Ok(None);
            }
            if state == LoadState::Commit {
                return Ok(Some(Answer::Came));
            }
            // What the page does as soon as it is loaded, as moving on, was told when this is answered.
            let looked = self.connection.call("Runtime.evaluate", json!({"expression": "0"}), by);
            match self.unless_stopped(by, looked).await {
                Ok(None) => return Ok(None),
                // The page left meanwhile.
                Ok(Some(_)) | Err(CdpError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
            if self.connection.with(|recording| there(recording)) {
                return Ok(Some(Answer::Came));
            }
        }
    }
}

enum Answer {
    Came,
    TimedOut,
    Refused(String),
    TooLarge,
}
