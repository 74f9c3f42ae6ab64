//! Going to pages, and where one is.

use std::time::Duration;

use fantoccini::error::{CmdError, ErrorStatus};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::launch::Session;
use super::picture::AwaitPicture;
use crate::browser::cdp::Recording;
use crate::browser::error::{BrowserError, PageError, Rescue};
use crate::browser::redact;
use crate::browser::verdict::{Ended, Navigation};

/// How long events may trail behind ChromeDriver's answer; usually they are ahead of it.
const EVENTS_PATIENCE: Duration = Duration::from_secs(1);

/// A larger document is no page that anybody reads.
const DOCUMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;

impl Session {
    /// Opens `url` and judges what came: every failure of the page is a value, not an error.
    ///
    /// # Errors
    /// `Page` for an address other than `http` or `https` and for an open dialog, `Deadline` when
    /// the page hung so that the session ended, `Infrastructure` when the browser is gone.
    pub async fn goto(&self, url: &Url, deadline: Instant) -> Result<Navigation, BrowserError> {
        self.usable()?;
        if !matches!(url.scheme(), "http" | "https") {
            // ChromeDriver ignores most other schemes and says that all went well.
            let why = format!("{} is neither http nor https", redact::url(url.as_str()));
            return Err(BrowserError::Page(PageError::BadUrl(why)));
        }
        self.connection.with(Recording::begin_navigation);
        let began = Instant::now();
        let answer = self.navigate(url, deadline).await?;
        let ended = match &answer {
            Answer::Came => Ended::Answered,
            Answer::TimedOut => Ended::TimedOut,
            Answer::Refused(why) => Ended::Refused(why),
            Answer::TooLarge => Ended::TooLarge,
        };
        if !matches!(ended, Ended::TimedOut | Ended::TooLarge) {
            // What settles nothing, as a dialog that stops the page, is judged as far as it came.
            self.connection
                .wait_until(Instant::now() + EVENTS_PATIENCE, |recording| {
                    recording.document.settled() || recording.dialog.is_some()
                })
                .await;
        }
        let (judged, status, landed) = self.connection.with(|recording| {
            let document = &recording.document;
            (document.classify(ended), document.status(), document.url().and_then(|landed| Url::parse(landed).ok()))
        });
        let duration = began.elapsed();
        let wait = if ended == Ended::Answered { AwaitPicture::No } else { AwaitPicture::Yes };
        self.keep_picture(wait).await;
        let Some((verdict, failure)) = judged else {
            return Err(self.unjudged());
        };
        let mut url = landed.unwrap_or_else(|| url.clone());
        redact::without_credentials(&mut url);
        Ok(Navigation { verdict, status, url, failure, duration })
    }

    /// Title of the page.
    ///
    /// # Errors
    /// Any [`BrowserError`] but `Config`, as all commands below.
    pub async fn title(&self, deadline: Instant) -> Result<String, BrowserError> {
        self.guard("title", deadline, self.client.title()).await
    }

    /// Address of the page, without user name and password.
    ///
    /// # Errors
    /// As [`Session::title`].
    pub async fn url(&self, deadline: Instant) -> Result<Url, BrowserError> {
        let mut url = self.guard("url", deadline, self.client.current_url()).await?;
        redact::without_credentials(&mut url);
        Ok(url)
    }

    /// The page as HTML, as it is now.
    ///
    /// # Errors
    /// As [`Session::title`].
    pub async fn source(&self, deadline: Instant) -> Result<String, BrowserError> {
        self.guard("source", deadline, self.client.source()).await
    }

    /// Text of the open dialog.
    pub fn dialog(&self) -> Option<String> {
        self.connection.with(|recording| recording.dialog.clone())
    }

    /// Answers the open dialog with "OK".
    ///
    /// # Errors
    /// As [`Session::title`]; `Page` when none is open.
    pub async fn accept_dialog(&self, deadline: Instant) -> Result<(), BrowserError> {
        self.guard("accept_dialog", deadline, self.client.accept_alert()).await
    }

    /// Answers the open dialog with "Cancel".
    ///
    /// # Errors
    /// As [`Session::accept_dialog`].
    pub async fn dismiss_dialog(&self, deadline: Instant) -> Result<(), BrowserError> {
        self.guard("dismiss_dialog", deadline, self.client.dismiss_alert()).await
    }

    async fn navigate(&self, url: &Url, deadline: Instant) -> Result<Answer, BrowserError> {
        let began = Instant::now();
        let mut work = Box::pin(self.client.goto(url.as_str()));
        let too_large =
            self.connection.wait_until(deadline, |recording| recording.document_bytes() > DOCUMENT_BYTES_MAX);
        let answered = tokio::select! {
            answered = timeout_at(deadline, &mut work) => answered,
            true = too_large => {
                // Chrome lays out whatever comes, and a page without an end takes all memory.
                self.stop_page().await;
                drop(timeout_at(deadline, &mut work).await);
                return Ok(Answer::TooLarge);
            }
        };
        let Ok(answered) = answered else {
            let rescue = Box::pin(self.rescue(async {
                // Late is late, whatever it says.
                drop(work.await);
            }))
            .await;
            if rescue == Rescue::PageStopped {
                return Ok(Answer::TimedOut);
            }
            return Err(self.note_end(BrowserError::Deadline { command: "goto", waited: began.elapsed(), rescue }));
        };
        match answered {
            Ok(()) => Ok(Answer::Came),
            Err(CmdError::Standard(answer)) if answer.error == ErrorStatus::Timeout => {
                // The page's own limit, not ours; what still runs in it must not hold up the next
                // command.
                Box::pin(self.stop_page()).await;
                Ok(Answer::TimedOut)
            }
            Err(error) => {
                if let Some(why) = network_refusal(&error) {
                    return Ok(Answer::Refused(why));
                }
                Err(self.note_end(BrowserError::from_command("goto", began.elapsed(), &error)))
            }
        }
    }

    fn unjudged(&self) -> BrowserError {
        let (crashed, dialog) = self.connection.with(|recording| (recording.crashed, recording.dialog.clone()));
        if crashed {
            return self.note_end(BrowserError::infrastructure("the page crashed"));
        }
        match dialog {
            Some(text) => BrowserError::Page(PageError::DialogOpen(text)),
            None => BrowserError::infrastructure("Chrome told nothing of the page's request, so it cannot be judged"),
        }
    }
}

enum Answer {
    Came,
    TimedOut,
    Refused(String),
    TooLarge,
}

/// Chrome's own word for a name or connection that failed, as ChromeDriver passes it on.
fn network_refusal(error: &CmdError) -> Option<String> {
    let CmdError::Standard(answer) = error else {
        return None;
    };
    let (_, word) = answer.message.split_once("net::")?;
    let end = word.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_').unwrap_or(word.len());
    Some(format!("net::{}", word.get(..end)?))
}
