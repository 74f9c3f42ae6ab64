//! Everything a session was told by Chrome, within limits, in one place.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use serde::Deserialize;

use super::event::{DownloadBegins, Event};
use crate::browser::console::ConsoleLine;
use crate::browser::session::{DialogAnswer, Download};
use crate::browser::trace::Tracer;
use crate::browser::verdict::{LoadState, Loading, MainDocument};
use crate::browser::vitals::{self, Vitals};

/// Network and page events kept for the HAR: some 4,000 requests.
const EVENTS_MAX: usize = 20_000;
/// Their size as Chrome sent them, in bytes.
const EVENTS_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The newest lines are kept: the last ones before a failure tell most.
const CONSOLE_LINES_MAX: usize = 2_000;
/// Text kept of one response body, in bytes.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;
/// Text kept of all bodies of one session, in bytes.
const BODIES_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Downloads that are kept track of.
const DOWNLOADS_MAX: usize = 100;
/// Texts of dialogs that are kept.
const DIALOGS_MAX: usize = 100;
/// The kind of dialog by which a page asks whether it may be left. It may: no script is asked.
pub(super) const BEFORE_UNLOAD: &str = "beforeunload";

/// A response body as Chrome gives it in the answer of `Network.getResponseBody`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Body {
    #[serde(rename = "body")]
    pub(crate) text: String,
    #[serde(rename = "base64Encoded")]
    pub(crate) is_base64: bool,
}

/// Whether a body of this kind can be read by people.
pub(super) fn is_text(mime_type: &str) -> bool {
    mime_type.starts_with("text/")
        || ["json", "xml", "javascript", "x-www-form-urlencoded"].iter().any(|sign| mime_type.contains(sign))
}

/// What becomes of a picture that nobody waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PictureState {
    None,
    /// It will be asked for in a moment, and can still be given up.
    Due,
    /// It was asked for and has not come yet.
    UnderWay,
}

/// What was recorded and what had to be left out.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Id of the top frame; it stays the same through navigations.
    pub(crate) main_frame: String,
    /// The top frame of the page that navigations are judged of.
    judged_frame: String,
    pub(crate) events: Vec<Event>,
    events_bytes: usize,
    /// Events left out because of the limits.
    pub(crate) events_dropped: usize,
    /// Events whose fields are not as documented.
    pub(crate) events_unread: usize,
    /// Body bytes after decompression, by request.
    pub(crate) received: HashMap<String, u64>,
    pub(crate) bodies: HashMap<String, Body>,
    bodies_bytes: usize,
    /// Bodies that were asked for and have not come yet.
    pub(crate) bodies_open: usize,
    pub(crate) console: VecDeque<ConsoleLine>,
    pub(crate) console_dropped: usize,
    pub(crate) vitals: Vec<Vitals>,
    starts_document: bool,
    pub(crate) document: MainDocument,
    pub(crate) loading: Loading,
    /// How far the page has to be before it is asked anything.
    pub(crate) asked_at: LoadState,
    /// Text of the dialog that holds the page up.
    pub(crate) dialog: Option<String>,
    /// Texts of the dialogs so far.
    pub(crate) dialogs: Vec<String>,
    /// How dialogs are answered as soon as they open; `None` leaves them to the script.
    pub(crate) dialog_answer: Option<DialogAnswer>,
    /// Files that pages saved or are saving, oldest first.
    pub(crate) downloads: Vec<Download>,
    pub(crate) crashed: bool,
    pub(crate) picture: Option<Arc<[u8]>>,
    /// Pictures kept so far, each in the place of the one before.
    pub(crate) pictures: usize,
    pub(crate) picture_state: PictureState,
    pub(crate) tracer: Option<Tracer>,
    /// Why no more events come, once they do not.
    pub(crate) closed: Option<String>,
}

impl Recording {
    /// Vitals of the document at hand, if it has told any.
    pub(crate) fn vitals_at_hand(&self) -> Option<&Vitals> {
        let is_measured = !self.starts_document && self.vitals.len() < vitals::DOCUMENTS_MAX;
        self.vitals.last().filter(|_| is_measured)
    }

    /// Of a page that is yet to be named.
    pub(crate) fn new(tracer: Option<Tracer>) -> Self {
        Self {
            main_frame: String::new(),
            judged_frame: String::new(),
            events: Vec::new(),
            events_bytes: 0,
            events_dropped: 0,
            events_unread: 0,
            received: HashMap::new(),
            bodies: HashMap::new(),
            bodies_bytes: 0,
            bodies_open: 0,
            console: VecDeque::new(),
            console_dropped: 0,
            vitals: Vec::new(),
            starts_document: true,
            document: MainDocument::default(),
            loading: Loading::default(),
            asked_at: LoadState::default(),
            dialog: None,
            dialogs: Vec::new(),
            dialog_answer: None,
            downloads: Vec::new(),
            crashed: false,
            picture: None,
            pictures: 0,
            picture_state: PictureState::None,
            tracer,
            closed: None,
        }
    }

    /// The page that navigations are judged of is another one from now on; the first one is the session's own.
    pub(crate) fn turn_to(&mut self, main_frame: &str) {
        if self.main_frame.is_empty() {
            main_frame.clone_into(&mut self.main_frame);
        }
        if self.judged_frame != main_frame {
            main_frame.clone_into(&mut self.judged_frame);
            self.document = MainDocument::new(main_frame);
            self.loading = Loading::new(main_frame);
            self.asked_at = LoadState::default();
        }
    }

    /// Forgets the last navigation's document, so that the next one is judged by itself.
    pub(crate) fn begin_navigation(&mut self) {
        self.document = MainDocument::new(&self.judged_frame);
        self.loading.leave();
    }

    /// Whether the page answers as what it is to become.
    pub(crate) fn rests(&self) -> bool {
        self.loading.rests_at(self.asked_at)
    }

    /// Takes in one event of `bytes` bytes. `false` when it changed nothing that anybody waits for.
    pub(super) fn record(&mut self, event: Event, bytes: usize) -> bool {
        self.document.observe(&event);
        self.loading.observe(&event);
        let is_awaited = self.is_awaited(&event);
        self.take(event, bytes);
        is_awaited
    }

    /// Whether an event that was observed may be what [`super::Connection::wait_until`] waits for. Most are not, and
    /// waking those who wait costs more than all else that is done with an event.
    fn is_awaited(&self, event: &Event) -> bool {
        let of_document = |request: &str| self.document.request() == Some(request);
        match event {
            Event::Request(sent) => of_document(&sent.request_id),
            Event::Chunk(chunk) => of_document(&chunk.request_id),
            Event::Finished(finished) => of_document(&finished.request_id),
            Event::Failed(failed) => of_document(&failed.request_id),
            Event::Response(_)
            | Event::Lifecycle(_)
            | Event::FrameNavigated(_)
            | Event::WithinDocument(_)
            | Event::Leaving(_)
            | Event::Navigating(_)
            | Event::StoppedLoading(_)
            | Event::Download(_)
            | Event::DialogOpened(_)
            | Event::DialogClosed
            | Event::Crashed => true,
            // Only kept.
            Event::RequestExtra(_)
            | Event::ResponseExtra(_)
            | Event::DomContent(_)
            | Event::Load(_)
            | Event::DownloadBegins(_)
            | Event::DownloadProgress(_)
            | Event::Console(_)
            | Event::Binding(_)
            | Event::Paused(_)
            | Event::Attached(_)
            | Event::Detached(_) => false,
        }
    }

    fn take(&mut self, event: Event, bytes: usize) {
        match event {
            Event::Chunk(chunk) => {
                // Thousands of them for one film: only their sum is wanted.
                if self.received.len() < EVENTS_MAX || self.received.contains_key(&chunk.request_id) {
                    *self.received.entry(chunk.request_id).or_default() += chunk.data_length;
                }
            }
            Event::Console(line) => {
                if self.console.len() >= CONSOLE_LINES_MAX {
                    self.console.pop_front();
                    self.console_dropped += 1;
                }
                self.console.push_back(*line);
            }
            Event::Binding(call) if call.name == vitals::BINDING => {
                vitals::record(&mut self.vitals, &call.payload, self.starts_document);
                self.starts_document = false;
            }
            Event::DialogOpened(dialog) => {
                if self.dialogs.len() < DIALOGS_MAX {
                    self.dialogs.push(dialog.message.clone());
                }
                if self.dialog_answer.is_none() && dialog.kind != BEFORE_UNLOAD {
                    self.dialog = Some(dialog.message);
                }
            }
            Event::DialogClosed => self.dialog = None,
            Event::DownloadBegins(begins) if self.downloads.len() < DOWNLOADS_MAX => {
                let DownloadBegins { guid, url, suggested_filename } = begins;
                let state = "inProgress".to_owned();
                self.downloads.push(Download { id: guid, url, name: suggested_filename, bytes: 0, state });
            }
            Event::DownloadProgress(progress) => {
                if let Some(download) = self.downloads.iter_mut().find(|one| one.id == progress.guid) {
                    download.bytes = progress.received_bytes as u64;
                    download.state = progress.state;
                }
            }
            Event::DownloadBegins(_) => {}
            Event::Crashed => self.crashed = true,
            Event::Binding(_) | Event::Paused(_) | Event::Attached(_) | Event::Detached(_) => {}
            Event::Lifecycle(_) | Event::Leaving(_) | Event::Navigating(_) | Event::StoppedLoading(_) => {}
            kept => {
                if let Event::FrameNavigated(frame) = &kept
                    && frame.parent_id.is_none()
                {
                    self.starts_document = true;
                }
                self.keep(kept, bytes);
            }
        }
    }

    /// Bytes of the main document that came so far, after decompression.
    pub(crate) fn document_bytes(&self) -> u64 {
        self.document.request().and_then(|request| self.received.get(request)).copied().unwrap_or_default()
    }

    pub(crate) fn keep_picture(&mut self, png: Arc<[u8]>) {
        self.picture = Some(png);
        self.pictures += 1;
    }

    pub(super) fn keep_body(&mut self, request: String, body: Body) {
        let bytes = body.text.len();
        if bytes <= BODY_BYTES_MAX && self.bodies_bytes + bytes <= BODIES_BYTES_MAX {
            self.bodies_bytes += bytes;
            self.bodies.insert(request, body);
        }
    }

    fn keep(&mut self, event: Event, bytes: usize) {
        if let Event::Request(sent) = &event
            && sent.request.url.starts_with("data:")
        {
            // Nothing went over the network: pictures within a page, and the page a browser starts with.
            return;
        }
        if self.events.len() >= EVENTS_MAX || self.events_bytes + bytes > EVENTS_BYTES_MAX {
            self.events_dropped += 1;
            return;
        }
        self.events_bytes += bytes;
        self.events.push(event);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn event(method: &str, params: Value) -> Event {
        Event::parse(method, params).unwrap().unwrap()
    }

    #[test]
    fn chunks_are_summed_not_kept() {
        let mut recording = Recording::new(None);
        for _ in 0..3 {
            let chunk = json!({"requestId": "1", "dataLength": 100});
            recording.record(event("Network.dataReceived", chunk), 50);
        }
        assert_eq!(recording.received.get("1"), Some(&300));
        assert!(recording.events.is_empty());
    }

    #[test]
    fn overflow_is_counted_and_the_newest_console_lines_stay() {
        let mut recording = Recording::new(None);
        let load = json!({"timestamp": 1.0});
        recording.record(event("Page.loadEventFired", load.clone()), EVENTS_BYTES_MAX);
        recording.record(event("Page.loadEventFired", load), 1);
        assert_eq!((recording.events.len(), recording.events_dropped), (1, 1));

        for number in 0..=CONSOLE_LINES_MAX {
            let call = json!({"type": "log", "timestamp": 1.0,
                              "args": [{"type": "number", "value": number}]});
            recording.record(event("Runtime.consoleAPICalled", call), 1);
        }
        assert_eq!(recording.console_dropped, 1);
        assert_eq!(recording.console.front().map(|line| line.text.as_str()), Some("1"));
    }

    #[test]
    fn data_addresses_are_no_requests() {
        let mut recording = Recording::new(None);
        let sent = json!({"requestId": "1", "loaderId": "1", "timestamp": 1.0, "wallTime": 1.0,
                          "request": {"url": "data:,", "method": "GET"}});
        recording.record(event("Network.requestWillBeSent", sent), 10);
        assert_eq!((recording.events.len(), recording.events_dropped), (0, 0));
    }

    #[test]
    fn bodies_beyond_the_limit_are_left_out() {
        let mut recording = Recording::new(None);
        let body = |bytes| Body { text: "x".repeat(bytes), is_base64: false };
        recording.keep_body("1".to_owned(), body(BODY_BYTES_MAX + 1));
        recording.keep_body("2".to_owned(), body(BODY_BYTES_MAX));
        assert_eq!(recording.bodies.keys().collect::<Vec<_>>(), ["2"]);
    }
}
