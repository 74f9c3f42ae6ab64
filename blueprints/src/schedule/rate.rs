//! `rate(value unit)`: equal intervals.
//!
//! See "Schedule expressions using rate or cron" in the CloudWatch Synthetics user guide.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::Schedule;

/// A rate's unit and its length.
const UNITS: &[(&str, u64)] = &[("minute", 60), ("hour", 3600), ("day", 86_400)];
/// Longest interval: a leap year.
const INTERVAL_MAX: Duration = Duration::from_hours(366 * 24);

/// Equal intervals from a fixed point in time: a restart does not move the runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate {
    every: Duration,
    phase: Duration,
}

impl Rate {
    /// The time between runs, at least a minute.
    pub fn every(&self) -> Duration {
        self.every
    }

    /// The same rate, begun at `phase` after the epoch; only the rest of it after whole intervals matters.
    #[must_use]
    pub fn with_phase(self, phase: Duration) -> Self {
        let phase = Duration::from_secs(phase.as_secs() % self.every.as_secs());
        Self { phase, ..self }
    }

    /// The first multiple of the interval, counted from the phase, that lies after `at`.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let every = i64::try_from(self.every.as_secs()).ok()?;
        let phase = i64::try_from(self.phase.as_secs()).ok()?;
        // Floor, not truncation: an instant before the epoch has a negative second and a negative part.
        let second = at.as_nanosecond().div_euclid(1_000_000_000);
        let since_phase = i64::try_from(second).ok()?.checked_sub(phase)?;
        let next = since_phase.div_euclid(every).checked_add(1)?.checked_mul(every)?.checked_add(phase)?;
        Timestamp::from_second(next).ok()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.every.as_secs();
        let (unit, length) = UNITS
            .iter()
            .rev()
            .find(|(_, length)| seconds.is_multiple_of(*length))
            .expect("an interval is whole minutes: it was parsed from a unit");
        let count = seconds / length;
        let plural = if count == 1 { "" } else { "s" };
        write!(out, "rate({count} {unit}{plural})")
    }
}

/// Reads what stands between the brackets; the error is the rule that is broken.
pub(super) fn parse(text: &str) -> Result<Schedule, String> {
    let form = || "rate(value unit) with unit minute(s), hour(s) or day(s)".to_owned();
    let mut words = text.split_whitespace();
    let (Some(value), Some(unit), None) = (words.next(), words.next(), words.next()) else { return Err(form()) };
    let count: u64 = value.parse().map_err(|_| "the value of a rate is a whole number".to_owned())?;
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    let (_, length) = UNITS.iter().find(|(name, _)| *name == singular).ok_or_else(form)?;
    match (count, unit == singular) {
        (0, true) if singular != "day" => return Ok(Schedule::Once),
        (0, _) => return Err("a rate of 0 is written rate(0 minute) and means once, at the start".to_owned()),
        (1, false) => return Err(format!("the unit is singular for 1: rate(1 {singular})")),
        (2.., true) => return Err(format!("the unit is plural above 1: rate({count} {singular}s)")),
        (1.., _) => {}
    }
    let every = count.checked_mul(*length).map(Duration::from_secs).filter(|every| *every <= INTERVAL_MAX);
    let every = every.ok_or_else(|| "a rate of at most 366 days".to_owned())?;
    Ok(Schedule::Rate(Rate { every, phase: Duration::ZERO }))
}
