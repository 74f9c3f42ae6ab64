//! What the page asked for and will show.

use std::collections::BTreeSet;

use tokio::time::Instant;

use crate::browser::cdp::{Connection, Event, Recording};

/// Kinds of resources that change how a page looks as soon as they are there.
const SHOWN: &[&str] = &["Font", "Image", "Stylesheet"];

/// Waits until all fonts, images and styles that were asked for are here or failed; those that do not come are not
/// waited for beyond `until`.
pub(crate) async fn await_arrivals(connection: &Connection, until: Instant) {
    let mut open = Open::default();
    connection.wait_until(until, |recording| open.follow(recording)).await;
}

/// Requests without an end, as far as the events were read.
#[derive(Debug, Default)]
struct Open {
    read: usize,
    requests: BTreeSet<String>,
}

impl Open {
    /// Reads on; whether nothing is open any more.
    fn follow(&mut self, recording: &Recording) -> bool {
        for event in recording.events.get(self.read..).unwrap_or_default() {
            match event {
                Event::Request(sent) if sent.kind.as_deref().is_some_and(|kind| SHOWN.contains(&kind)) => {
                    self.requests.insert(sent.request_id.clone());
                }
                Event::Finished(finished) => {
                    self.requests.remove(&finished.request_id);
                }
                Event::Failed(failed) => {
                    self.requests.remove(&failed.request_id);
                }
                // Of another document nothing is told any more once it was left.
                Event::FrameNavigated(frame) if frame.parent_id.is_none() => self.requests.clear(),
                _ => {}
            }
        }
        self.read = recording.events.len();
        // Beyond what is recorded nothing is known.
        self.requests.is_empty() || recording.events_dropped > 0
    }
}
