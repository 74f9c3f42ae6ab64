//! When one canary runs, all in all.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use siskin_blueprints::{CanaryName, Schedule};

use super::{Misfire, Overlap, Retries, Window, phase_of};

/// A schedule moved by its jitter, and what happens when the world does not follow it.
///
/// # Jitter
/// How far a canary's times are moved depends on its name and its jitter alone: canaries spread out, and no restart
/// and no reload moves a run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Plan {
    pub(super) schedule: Schedule,
    /// How much later than the schedule says the canary runs.
    pub(super) delay: SignedDuration,
    /// What if the last run is still under way.
    pub overlap: Overlap,
    /// What if runs were missed.
    pub misfire: Misfire,
    /// How late a missed run may still happen; until the next is due with `None`.
    pub max_lateness: Option<Duration>,
    /// Attempts after a failed one.
    pub retries: Retries,
    /// When it does not run.
    pub maintenance: Arc<[Window]>,
}

impl Plan {
    /// The plan of a canary called `name`, with the usual policies.
    ///
    /// Without a `jitter`, a rate is spread over its whole interval, and calendar times are kept to the second.
    pub fn new(name: &CanaryName, schedule: Schedule, jitter: Option<Duration>) -> Self {
        let spread = jitter.or(schedule.interval()).unwrap_or_default();
        let phase = phase_of(name, spread);
        let (schedule, delay) = match schedule {
            Schedule::Rate(_) => (schedule.with_phase(phase), SignedDuration::ZERO),
            Schedule::Once | Schedule::Cron(_) | Schedule::At(_) => {
                (schedule, SignedDuration::try_from(phase).unwrap_or_default())
            }
        };
        Self {
            schedule,
            delay,
            overlap: Overlap::default(),
            misfire: Misfire::default(),
            max_lateness: None,
            retries: Retries::default(),
            maintenance: Arc::default(),
        }
    }

    /// The first run after `at`, or `None` when there is none any more.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let undelayed = at.checked_sub(self.delay).ok()?;
        self.schedule.next_after(undelayed)?.checked_add(self.delay).ok()
    }

    /// When it runs.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Whether it is in maintenance at `at`.
    pub fn is_in_maintenance(&self, at: Timestamp) -> bool {
        self.maintenance.iter().any(|window| window.is_open(at))
    }

    /// Whether its times are those of a calendar: a missed one does not come again soon.
    pub fn is_calendar(&self) -> bool {
        matches!(self.schedule, Schedule::Cron(_) | Schedule::At(_))
    }

    /// The last time due at or before `now`, knowing that `first` is one.
    pub(super) fn last_due(&self, first: Timestamp, now: Timestamp) -> Timestamp {
        let Some(second) = self.next_after(first).filter(|second| *second <= now) else { return first };
        // Looks back over longer and longer spans, so that a year asleep costs no walk through its minutes.
        let mut span = second.duration_since(first).max(SignedDuration::from_secs(1));
        let mut last = loop {
            let from = now.checked_sub(span).unwrap_or(first).max(first);
            match self.next_after(from) {
                Some(found) if found <= now => break found,
                Some(_) | None if from == first => break second,
                Some(_) | None => span = span.saturating_mul(2),
            }
        };
        while let Some(next) = self.next_after(last).filter(|next| *next <= now) {
            last = next;
        }
        last
    }
}
