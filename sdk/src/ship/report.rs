//! What was delivered and what was lost, and why.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Why a log event or an export of metrics did not reach its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossReason {
    /// As many, or as many bytes, were waiting as may wait.
    QueueFull,
    /// It came after the guard was dropped.
    Closed,
    /// It is larger than the receiver takes.
    TooLarge,
    /// The receiver takes none from so far back.
    TooOld,
    /// The receiver takes none from so far ahead.
    TooNew,
    /// It is older than the receiver keeps.
    Expired,
    /// The receiver refused it, and would again.
    Refused,
    /// The receiver could not be reached or had no room, each time it was tried.
    SendFailed,
}

impl LossReason {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::QueueFull,
        Self::Closed,
        Self::TooLarge,
        Self::TooOld,
        Self::TooNew,
        Self::Expired,
        Self::Refused,
        Self::SendFailed,
    ];

    /// The reason in snake case, for metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::Closed => "closed",
            Self::TooLarge => "too_large",
            Self::TooOld => "too_old",
            Self::TooNew => "too_new",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::SendFailed => "send_failed",
        }
    }
}

/// How many were lost, by reason.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Losses([u64; LossReason::ALL.len()]);

impl Losses {
    /// How many were lost for `reason`.
    pub const fn count(&self, reason: LossReason) -> u64 {
        self.0[reason as usize]
    }

    /// How many were lost in all.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl fmt::Debug for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lost = LossReason::ALL.into_iter().filter(|reason| self.count(*reason) > 0);
        f.debug_map().entries(lost.map(|reason| (reason.name(), self.count(reason)))).finish()
    }
}

/// What became of everything handed over so far. One count is one log event, one line, or one export
/// of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeliveryReport {
    /// Accepted by the receiver.
    pub sent: u64,
    /// Lost, by reason.
    pub lost: Losses,
    /// Handed over before a flush and still waiting at its deadline.
    pub pending: u64,
    /// Requests that failed and were tried again.
    pub retries: u64,
}

/// Counters since the queue was made.
#[derive(Debug, Default)]
pub(super) struct Counts {
    sent: AtomicU64,
    retries: AtomicU64,
    lost: [AtomicU64; LossReason::ALL.len()],
}

impl Counts {
    pub(super) fn send(&self, count: u64) {
        self.sent.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn lose(&self, reason: LossReason, count: u64) {
        self.lost[reason as usize].fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn lost(&self) -> Losses {
        Losses(std::array::from_fn(|reason| self.lost[reason].load(Ordering::Relaxed)))
    }

    pub(super) fn report(&self, pending: u64) -> DeliveryReport {
        DeliveryReport {
            sent: self.sent.load(Ordering::Relaxed),
            lost: self.lost(),
            pending,
            retries: self.retries.load(Ordering::Relaxed),
        }
    }
}
