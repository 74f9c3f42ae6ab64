//! What tasks tell whoever keeps the books.

use tokio::sync::mpsc::Sender;
use tokio::time::Instant;

use super::ask::Fetched;
use super::body::Batch;
use crate::check::link::frontier::HostId;
use crate::check::link::robots::Robots;
use crate::check::link::targets::TargetId;

/// Something came.
#[derive(Debug)]
pub(in crate::check::link) enum Event {
    /// Links of a page that is still being read.
    Links(TargetId, Batch),
    /// A request ended that began at `began`.
    Done { target: TargetId, host: HostId, fetched: Box<Fetched>, began: Instant },
    /// The rules of a host.
    Robots(HostId, Robots),
}

/// Where a task hands over the links of its page.
#[derive(Clone, Debug)]
pub(in crate::check::link) struct Handover {
    pub(in crate::check::link) page: TargetId,
    pub(in crate::check::link) events: Sender<Event>,
}

impl Handover {
    pub(super) async fn links(&self, batch: Batch) {
        self.tell(Event::Links(self.page, batch)).await;
    }

    pub(in crate::check::link) async fn tell(&self, event: Event) {
        // Nobody listens any more when the run was stopped.
        drop(self.events.send(event).await);
    }
}
