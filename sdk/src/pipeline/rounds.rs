//! When something is to be done about a segment that stays open.

use std::io;
use std::time::Duration;

use super::sieve::Choice;
use crate::layer::{Open, Stage};

/// How often open segments are looked at.
pub(super) const ROUNDS_INTERVAL: Duration = Duration::from_secs(1);

/// When a segment is announced unless told otherwise: nearly every request is done by then and costs one
/// document, and one that hangs is seen before anyone has looked for it long.
const IN_PROGRESS_AFTER: Duration = Duration::from_secs(10);
/// How long a span may be open unless told otherwise: no gateway waits as long, and what does take longer
/// is rather a leak, or a job whose parts are what is worth seeing.
const CLOSE_OPEN_AFTER: Duration = Duration::from_hours(1);
/// X-Ray takes documents of a trace for seven days.
const PATIENCE_MAX: Duration = Duration::from_hours(7 * 24);

/// How long a segment may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    /// Until it is announced.
    pub(crate) in_progress_after: Option<Duration>,
    /// Until it is sent as if it had ended.
    pub(crate) close_open_after: Option<Duration>,
}

impl Default for Patience {
    fn default() -> Self {
        Self { in_progress_after: Some(IN_PROGRESS_AFTER), close_open_after: Some(CLOSE_OPEN_AFTER) }
    }
}

/// What is to be done about an open segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    /// It is sent as in progress.
    pub(super) announce: bool,
    /// What is sent of it.
    pub(super) choice: Choice,
    /// It is done with.
    pub(super) release: bool,
}

/// A moment, and how long the steps to it took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) ticks: u64,
    pub(super) nanos_per_tick: f64,
}

impl Now {
    /// How long ago something was.
    fn since(self, ticks: u64) -> Duration {
        Duration::from_nanos((self.ticks.saturating_sub(ticks) as f64 * self.nanos_per_tick) as u64)
    }

    /// The reading of the clock that long ago.
    fn before(self, duration: Duration) -> u64 {
        let ticks = duration.as_nanos() as f64 / self.nanos_per_tick;
        self.ticks.saturating_sub(ticks as u64)
    }
}

impl Patience {
    /// Makes sure that it is possible.
    ///
    /// # Errors
    /// The setting, its value, and what it may be.
    pub(crate) fn checked(self) -> io::Result<Self> {
        let refuse = |name: &str, value: Duration, rule: &str| {
            Err(io::Error::new(io::ErrorKind::InvalidInput, format!("Config::{name} = {value:?}: {rule}")))
        };
        let settings = [("in_progress_after", self.in_progress_after), ("close_open_after", self.close_open_after)];
        for (name, value) in settings {
            if let Some(value) = value.filter(|value| !(ROUNDS_INTERVAL..=PATIENCE_MAX).contains(value)) {
                return refuse(name, value, "expected one second to seven days");
            }
        }
        match (self.in_progress_after, self.close_open_after) {
            (Some(announced), Some(closed)) if announced >= closed => {
                refuse("in_progress_after", announced, &format!("expected less than close_open_after = {closed:?}"))
            }
            _ => Ok(self),
        }
    }

    /// What is due; `None` for a segment to be left alone. Nothing is waited for any more when the
    /// pipeline `is_closing`.
    pub(super) fn due(self, open: &Open, now: Now, is_closing: bool) -> Option<Due> {
        if is_closing {
            return Some(Due { announce: false, choice: Choice::All, release: true });
        }
        let age = now.since(open.ticks);
        let has_lasted = |limit: Option<Duration>| limit.is_some_and(|limit| age >= limit);
        let is_idle = |limit: Duration| open.idle_since.is_some_and(|since| now.since(since) >= limit);
        let stream = |choice| Due { announce: false, choice, release: false };
        match (open.stage, self.close_open_after) {
            (Stage::Closed, Some(limit)) if is_idle(limit) => {
                Some(Due { announce: false, choice: Choice::All, release: true })
            }
            (Stage::Closed, Some(limit)) => {
                let is_any_old = open.oldest_start.is_some_and(|since| now.since(since) >= limit);
                (open.is_ripe || is_any_old).then(|| stream(Choice::EndedAndOlder { than: now.before(limit) }))
            }
            (_, Some(limit)) if age >= limit => Some(stream(Choice::EndedAndOlder { than: now.before(limit) })),
            (Stage::Recorded, _)
                if has_lasted(self.in_progress_after) || (open.is_streamed && self.in_progress_after.is_some()) =>
            {
                Some(Due { announce: true, choice: Choice::Ended, release: false })
            }
            _ => (open.is_streamed && open.is_ripe).then(|| stream(Choice::Ended)),
        }
    }
}
