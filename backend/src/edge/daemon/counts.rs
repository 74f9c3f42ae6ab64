//! What came, what was kept and what was dropped, by reason.

use std::collections::BTreeMap;
use std::fmt;

use parking_lot::Mutex;

/// Ids that a report of dropped segments names.
const IDS_MAX: usize = 5;

/// Why a segment was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DropReason {
    /// The first line of the datagram is not the daemon's header.
    BadHeader,
    /// The document is not a segment.
    BadDocument,
    /// More came than the store took in.
    QueueFull,
    /// The store refused for too long.
    StoreUnavailable,
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadHeader => "bad header",
            Self::BadDocument => "bad document",
            Self::QueueFull => "queue full",
            Self::StoreUnavailable => "store unavailable",
        })
    }
}

/// Counts since the start of the process.
#[derive(Debug, Default)]
pub struct DaemonCounts(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    received: u64,
    stored: u64,
    dropped: BTreeMap<DropReason, u64>,
    /// What the next report tells.
    unreported: BTreeMap<DropReason, Unreported>,
}

#[derive(Debug, Default)]
struct Unreported {
    count: u64,
    ids: Vec<String>,
    last_message: String,
}

impl DaemonCounts {
    /// Datagrams that came.
    pub fn received(&self) -> u64 {
        self.0.lock().received
    }

    /// Documents that are in the store.
    pub fn stored(&self) -> u64 {
        self.0.lock().stored
    }

    /// Datagrams and documents that were dropped.
    pub fn dropped(&self, reason: DropReason) -> u64 {
        self.0.lock().dropped.get(&reason).copied().unwrap_or(0)
    }

    pub(super) fn add_received(&self) {
        self.0.lock().received += 1;
    }

    pub(super) fn add_stored(&self, count: usize) {
        self.0.lock().stored += count as u64;
    }

    /// Counts one that was dropped; `id` and `message` go into the next report.
    pub(super) fn add_dropped(&self, reason: DropReason, id: Option<&str>, message: &str) {
        let mut counts = self.0.lock();
        *counts.dropped.entry(reason).or_default() += 1;
        let unreported = counts.unreported.entry(reason).or_default();
        unreported.count += 1;
        message.clone_into(&mut unreported.last_message);
        if let Some(id) = id.filter(|_| unreported.ids.len() < IDS_MAX) {
            unreported.ids.push(id.to_owned());
        }
    }

    /// Logs what was dropped since the last report, one event per reason: a broken tracer must not flood the log.
    pub(super) fn report(&self) {
        let unreported = std::mem::take(&mut self.0.lock().unreported);
        for (reason, Unreported { count, ids, last_message }) in unreported {
            tracing::warn!(%reason, count, ids = ids.join(","), last_message, "segments dropped");
        }
    }
}
