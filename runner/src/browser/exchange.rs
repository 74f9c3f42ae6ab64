//! Request and answer put together from the events: one exchange per hop.

use std::collections::HashMap;

use jiff::Timestamp;

use super::cdp::{Event, Request, RequestExtra, RequestWillBeSent, Response, ResponseExtra};

/// One request with what came of it. A redirect makes the next hop an exchange of its own.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) request_id: String,
    /// Chrome's kind of resource: `Document`, `Image`, `XHR` ...
    pub(crate) kind: Option<String>,
    pub(crate) initiator: String,
    pub(crate) request: Request,
    /// Seconds since 1970.
    wall_time: f64,
    /// Seconds on Chrome's monotonic clock.
    pub(crate) timestamp: f64,
    /// The headers as they went over the wire.
    pub(crate) request_extra: Option<RequestExtra>,
    pub(crate) response: Option<Response>,
    pub(crate) response_extra: Option<ResponseExtra>,
    pub(crate) ending: Option<Ending>,
    /// Index of the document it belongs to; `None` before the first.
    pub(crate) document: Option<usize>,
}

/// Times are seconds on Chrome's monotonic clock.
#[derive(Debug, Clone)]
pub(crate) enum Ending {
    Finished { timestamp: f64, transferred_bytes: f64 },
    Failed { timestamp: f64, text: String },
    Redirected { timestamp: f64 },
}

/// A navigation of the top frame.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) url: String,
    wall_time: f64,
    timestamp: f64,
    content_loaded: Option<f64>,
    loaded: Option<f64>,
}

/// The exchanges and documents of one session, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traffic {
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) documents: Vec<Document>,
}

impl Exchange {
    pub(crate) fn started(&self) -> Timestamp {
        since_1970(self.wall_time)
    }

    /// When the last byte came, the request failed, or the redirect was followed.
    pub(crate) fn ended(&self) -> Option<Timestamp> {
        let timestamp = self.ending.as_ref()?.timestamp();
        Some(since_1970(self.wall_time + (timestamp - self.timestamp)))
    }
}

impl Ending {
    pub(crate) fn timestamp(&self) -> f64 {
        match self {
            Self::Finished { timestamp, .. } | Self::Failed { timestamp, .. } | Self::Redirected { timestamp } => {
                *timestamp
            }
        }
    }
}

impl Document {
    pub(crate) fn started(&self) -> Timestamp {
        since_1970(self.wall_time)
    }

    /// Milliseconds from the request to `DOMContentLoaded`.
    pub(crate) fn content_loaded_ms(&self) -> Option<f64> {
        self.content_loaded.map(|at| (at - self.timestamp) * 1000.0)
    }

    /// Milliseconds from the request to the `load` event.
    pub(crate) fn loaded_ms(&self) -> Option<f64> {
        self.loaded.map(|at| (at - self.timestamp) * 1000.0)
    }
}

impl Traffic {
    /// Puts the events together; `main_frame` tells documents from frames within them.
    pub(crate) fn gather(events: &[Event], main_frame: &str) -> Self {
        let mut gathering = Gathering {
            main_frame,
            traffic: Self::default(),
            hops: HashMap::new(),
            request_extras: HashMap::new(),
            response_extras: HashMap::new(),
        };
        for event in events {
            gathering.take(event);
        }
        gathering.finish()
    }
}

struct Gathering<'a> {
    main_frame: &'a str,
    traffic: Traffic,
    /// Indexes of a request's hops, oldest first.
    hops: HashMap<&'a str, Vec<usize>>,
    // Extra events may come before or after their hop: the n-th belongs to the n-th.
    request_extras: HashMap<&'a str, Vec<&'a RequestExtra>>,
    response_extras: HashMap<&'a str, Vec<&'a ResponseExtra>>,
}

impl<'a> Gathering<'a> {
    fn take(&mut self, event: &'a Event) {
        match event {
            Event::Request(sent) => self.take_request(sent),
            Event::RequestExtra(extra) => self.request_extras.entry(&extra.request_id).or_default().push(extra),
            Event::Response(received) => {
                if let Some(hop) = self.last_hop(&received.request_id) {
                    hop.response = Some(received.response.clone());
                    hop.kind = received.kind.clone().or(hop.kind.take());
                }
            }
            Event::ResponseExtra(extra) => self.response_extras.entry(&extra.request_id).or_default().push(extra),
            Event::Finished(finished) => {
                // Chrome also finishes its own error page, under the id of the request that failed.
                if let Some(hop) = self.last_hop(&finished.request_id)
                    && !matches!(hop.ending, Some(Ending::Failed { .. }))
                {
                    hop.ending = Some(Ending::Finished {
                        timestamp: finished.timestamp,
                        transferred_bytes: finished.encoded_data_length,
                    });
                }
            }
            Event::Failed(failed) => {
                if let Some(hop) = self.last_hop(&failed.request_id) {
                    hop.ending = Some(Ending::Failed { timestamp: failed.timestamp, text: failed.error_text.clone() });
                }
            }
            Event::DomContent(at) => {
                if let Some(document) = self.traffic.documents.last_mut() {
                    document.content_loaded.get_or_insert(at.timestamp);
                }
            }
            Event::Load(at) => {
                if let Some(document) = self.traffic.documents.last_mut() {
                    document.loaded.get_or_insert(at.timestamp);
                }
            }
            _ => {}
        }
    }

    fn take_request(&mut self, sent: &'a RequestWillBeSent) {
        if let Some(redirect) = &sent.redirect_response {
            if let Some(hop) = self.last_hop(&sent.request_id) {
                hop.response = Some(redirect.clone());
                hop.ending = Some(Ending::Redirected { timestamp: sent.timestamp });
            }
        } else if self.begins_document(sent) {
            self.traffic.documents.push(Document {
                url: sent.request.url.clone(),
                wall_time: sent.wall_time,
                timestamp: sent.timestamp,
                content_loaded: None,
                loaded: None,
            });
        }
        let index = self.traffic.exchanges.len();
        self.hops.entry(&sent.request_id).or_default().push(index);
        self.traffic.exchanges.push(Exchange {
            request_id: sent.request_id.clone(),
            kind: sent.kind.clone(),
            initiator: sent.initiator.kind.clone(),
            request: sent.request.clone(),
            wall_time: sent.wall_time,
            timestamp: sent.timestamp,
            request_extra: None,
            response: None,
            response_extra: None,
            ending: None,
            document: self.traffic.documents.len().checked_sub(1),
        });
    }

    fn begins_document(&self, sent: &RequestWillBeSent) -> bool {
        sent.kind.as_deref() == Some("Document")
            && sent.request_id == sent.loader_id
            && sent.frame_id.as_deref() == Some(self.main_frame)
    }

    fn last_hop(&mut self, request_id: &str) -> Option<&mut Exchange> {
        let index = self.hops.get(request_id)?.last()?;
        self.traffic.exchanges.get_mut(*index)
    }

    fn finish(mut self) -> Traffic {
        for (request_id, indexes) in &self.hops {
            for (nth, index) in indexes.iter().enumerate() {
                let Some(hop) = self.traffic.exchanges.get_mut(*index) else {
                    continue;
                };
                hop.request_extra = nth_of(&self.request_extras, request_id, nth);
                hop.response_extra = nth_of(&self.response_extras, request_id, nth);
            }
        }
        self.traffic
    }
}

fn nth_of<T: Clone>(extras: &HashMap<&str, Vec<&T>>, request_id: &str, nth: usize) -> Option<T> {
    extras.get(request_id)?.get(nth).copied().cloned()
}

/// Chrome's seconds; an impossible value becomes 1970 itself rather than a lost request.
fn since_1970(seconds: f64) -> Timestamp {
    Timestamp::from_microsecond((seconds * 1e6).round() as i64).unwrap_or(Timestamp::UNIX_EPOCH)
}
