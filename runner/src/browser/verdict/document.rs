//! The main document of one navigation, followed through the events.

use std::time::Duration;

use serde::Serialize;
use url::Url;

use crate::browser::cdp::Event;

/// Chrome gives up on an error answer without a body, and shows a page of its own.
const ERROR_ANSWERS: &[&str] = &["net::ERR_HTTP_RESPONSE_CODE_FAILURE", "net::ERR_INVALID_AUTH_CREDENTIALS"];
const TOO_LARGE: &str = "the document is larger than 64 MiB";
const NO_CONTENT: u16 = 204;
const RESET_CONTENT: u16 = 205;

/// How a navigation ended, whatever status the server answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The document arrived whole; its status may still be an unwanted one.
    Loaded,
    /// Only the fragment or history changed: no request was made.
    SameDocument,
    /// An error status with nothing to show.
    EmptyError,
    /// The server answered that there is no content; the page stayed as it was.
    NoContent,
    /// The answer was saved as a file; the page stayed as it was.
    Download,
    /// The network or the browser refused: name, connection, certificate, redirects, truncation.
    Failed,
    /// Something cancelled it before an answer: a script or another navigation.
    Aborted,
    /// The page was not complete in time.
    TimedOut,
}

/// One navigation of the top frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Navigation {
    pub verdict: Verdict,
    /// Status of the last answer of the main document, if there was one.
    pub status: Option<u16>,
    /// Where it ended after redirects, without user name and password.
    pub url: Url,
    /// Why there is no whole document, in Chrome's words (`net::ERR_...`) or ours.
    pub failure: Option<String>,
    pub duration: Duration,
}

impl Navigation {
    /// Whether the document arrived whole and with a status the caller wants.
    ///
    /// A move within the document has no status and passes.
    pub fn passes(&self, wanted: impl FnOnce(u16) -> bool) -> bool {
        match self.verdict {
            Verdict::Loaded => self.status.is_some_and(wanted),
            Verdict::SameDocument => true,
            Verdict::EmptyError
            | Verdict::NoContent
            | Verdict::Download
            | Verdict::Failed
            | Verdict::Aborted
            | Verdict::TimedOut => false,
        }
    }
}

/// How the command of the navigation came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended<'a> {
    Answered,
    /// As [`Ended::Answered`], and more than its head was not waited for.
    Committed,
    TimedOut,
    Refused(&'a str),
    /// It was stopped, since the document was larger than we let a browser take.
    TooLarge,
}

/// What the events say so far about the main document of one navigation.
#[derive(Debug, Clone, Default)]
pub(crate) struct MainDocument {
    frame: String,
    request: Option<String>,
    url: Option<String>,
    status: Option<u16>,
    failure: Option<Failure>,
    finished: bool,
    /// The top frame shows the document, perhaps not all of it yet.
    committed: bool,
    unreachable: bool,
    download: bool,
    within_document: bool,
}

#[derive(Debug, Clone)]
struct Failure {
    text: String,
    canceled: bool,
}

impl MainDocument {
    /// Begins to follow a navigation of `frame`, the top frame.
    pub(crate) fn new(frame: &str) -> Self {
        Self { frame: frame.to_owned(), ..Self::default() }
    }

    /// Takes in the next event; those of other requests and frames change nothing.
    pub(crate) fn observe(&mut self, event: &Event) {
        match event {
            Event::Request(sent) => {
                let is_main = sent.kind.as_deref() == Some("Document")
                    && sent.request_id == sent.loader_id
                    && sent.frame_id.as_deref() == Some(self.frame.as_str());
                if is_main && self.follows(&sent.request_id) {
                    self.url = Some(sent.request.url.clone());
                }
            }
            Event::Response(received) if self.is_ours(&received.request_id) => {
                self.status = Some(received.response.status);
            }
            Event::Finished(finished) if self.is_ours(&finished.request_id) => {
                self.finished = true;
            }
            Event::Failed(failed) if self.is_ours(&failed.request_id) => {
                self.failure = Some(Failure { text: failed.error_text.clone(), canceled: failed.canceled });
            }
            Event::FrameNavigated(frame) if frame.id == self.frame => {
                if frame.unreachable_url.is_some() {
                    self.unreachable = true;
                } else if self.request.is_none() || self.is_ours(&frame.loader_id) {
                    self.committed = true;
                    self.url = Some(format!("{}{}", frame.url, frame.url_fragment));
                }
            }
            Event::WithinDocument(moved) if moved.frame_id == self.frame => {
                self.within_document = true;
                self.url = Some(moved.url.clone());
            }
            Event::Download(download) if download.frame_id == self.frame => self.download = true,
            _ => {}
        }
    }

    /// Whether no later event can change the verdict of a command that was answered.
    pub(crate) fn settled(&self) -> bool {
        if self.request.is_none() {
            return self.within_document;
        }
        match &self.failure {
            // That it became a download is told only afterwards.
            Some(failure) if failure.canceled => self.download || self.has_no_content(),
            // Chrome commits a page of its own for every failure that the page did not ask for.
            Some(_) => self.committed || self.unreachable,
            None => self.finished && self.committed,
        }
    }

    /// As [`MainDocument::settled`], when the answer's head is enough.
    pub(crate) fn committed(&self) -> bool {
        self.settled() || (self.failure.is_none() && self.committed && self.status.is_some())
    }

    /// Where the top frame is, as far as the events tell.
    pub(crate) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Id of the request that is followed.
    pub(crate) fn request(&self) -> Option<&str> {
        self.request.as_deref()
    }

    pub(crate) fn status(&self) -> Option<u16> {
        self.status
    }

    /// The verdict with the reason; `None` when the events say too little, as after a lost socket.
    pub(crate) fn classify(&self, ended: Ended<'_>) -> Option<(Verdict, Option<String>)> {
        if let Some(failure) = &self.failure
            && !failure.canceled
        {
            let verdict = if ERROR_ANSWERS.contains(&failure.text.as_str()) && self.status.is_some() {
                Verdict::EmptyError
            } else {
                Verdict::Failed
            };
            return Some((verdict, Some(failure.text.clone())));
        }
        if ended == Ended::TooLarge {
            return Some((Verdict::Failed, Some(TOO_LARGE.to_owned())));
        }
        if let Ended::Refused(why) = ended {
            return Some((Verdict::Failed, Some(why.to_owned())));
        }
        if self.unreachable {
            return Some((Verdict::Failed, Some("the browser shows an error page".to_owned())));
        }
        if self.download {
            let reason = "the answer is a download, not a page".to_owned();
            return Some((Verdict::Download, Some(reason)));
        }
        if self.failure.is_some() && self.has_no_content() {
            let reason = "the answer has no content".to_owned();
            return Some((Verdict::NoContent, Some(reason)));
        }
        if ended == Ended::TimedOut {
            return Some((Verdict::TimedOut, Some(self.what_is_missing().to_owned())));
        }
        if let Some(failure) = &self.failure {
            return Some((Verdict::Aborted, Some(failure.text.clone())));
        }
        if self.request.is_none() && self.within_document {
            return Some((Verdict::SameDocument, None));
        }
        let is_whole = self.finished || (ended == Ended::Committed && self.committed);
        (self.status.is_some() && is_whole).then_some((Verdict::Loaded, None))
    }

    /// The first request is followed, and a later one only when the page itself moved on.
    ///
    /// After a failure Chrome requests the address again for its error page; that is not the answer.
    fn follows(&mut self, request: &str) -> bool {
        if self.is_ours(request) {
            // A redirect: same request, next address.
            return true;
        }
        let failed = self.failure.as_ref().is_some_and(|failure| !failure.canceled);
        let moved_on = self.committed && !failed && !self.unreachable;
        if self.request.is_some() && !moved_on {
            return false;
        }
        *self = Self::new(&self.frame);
        self.request = Some(request.to_owned());
        true
    }

    fn has_no_content(&self) -> bool {
        matches!(self.status, Some(NO_CONTENT | RESET_CONTENT))
    }

    fn is_ours(&self, request: &str) -> bool {
        self.request.as_deref() == Some(request)
    }

    fn what_is_missing(&self) -> &'static str {
        match (self.status, self.finished) {
            (None, _) => "the server did not answer in time",
            (Some(_), false) => "the document did not arrive whole in time",
            (Some(_), true) => "the page did not finish loading in time",
        }
    }
}
