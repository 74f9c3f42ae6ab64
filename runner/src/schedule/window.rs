//! Maintenance windows: times in which canaries do not run.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use siskin_blueprints::Schedule;

/// A window that opens on a schedule, and stays open for some time.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Window {
    /// When it opens.
    pub opens: Schedule,
    /// How long it stays open; the instant of its end is outside.
    pub duration: Duration,
}

impl Window {
    /// Longest window.
    pub const DURATION_MAX: Duration = Duration::from_hours(7 * 24);

    /// Whether `at` lies inside.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let duration = SignedDuration::try_from(self.duration).unwrap_or(SignedDuration::MAX);
        let Ok(earliest) = at.checked_sub(duration) else { return false };
        self.opens.next_after(earliest).is_some_and(|opened| opened <= at)
    }
}
