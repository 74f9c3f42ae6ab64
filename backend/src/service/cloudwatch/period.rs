//! Periods: the lengths that are allowed and how time is cut into them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::Timestamp;

const MINUTE: Duration = Duration::from_mins(1);
const DAY: Duration = Duration::from_hours(24);

/// The length of the slots that samples are aggregated into: whole seconds, at most a day for queries and seven
/// days for alarms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Period(u32);

impl Period {
    /// Longest period of a query.
    pub const QUERY_SECS_MAX: i64 = 86_400;
    /// Longest period of an alarm.
    pub const ALARM_SECS_MAX: i64 = 604_800;

    /// 1, 5, 10, 20, 30 or a multiple of 60 up to [`Period::QUERY_SECS_MAX`]; `None` otherwise.
    pub fn for_query(secs: i64) -> Option<Self> {
        Self::allowed(secs, &[1, 5, 10, 20, 30], Self::QUERY_SECS_MAX)
    }

    /// 10, 20, 30 or a multiple of 60 up to [`Period::ALARM_SECS_MAX`]; `None` otherwise.
    pub fn for_alarm(secs: i64) -> Option<Self> {
        Self::allowed(secs, &[10, 20, 30], Self::ALARM_SECS_MAX)
    }

    fn allowed(secs: i64, short: &[i64], secs_max: i64) -> Option<Self> {
        let whole_minutes = secs > 0 && secs % 60 == 0 && secs <= secs_max;
        if whole_minutes || short.contains(&secs) { u32::try_from(secs).ok().map(Self) } else { None }
    }

    /// Seconds.
    pub fn as_secs(self) -> u32 {
        self.0
    }

    /// The length.
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.0))
    }

    /// Shorter than a minute: the metric has to be stored in high resolution.
    pub fn is_high_resolution(self) -> bool {
        self.duration() < MINUTE
    }
}

/// Start of the first slot of a query: `start` rounded down the way `CloudWatch` does, by its age.
///
/// Up to 15 days old to the minute (or to the period when that is shorter), up to 63 days to five minutes, older
/// to the hour.
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html>
pub(super) fn query_start(start: Timestamp, period: Period, now: Timestamp) -> Timestamp {
    let age = now.since(start);
    let step = if age > DAY * 63 {
        MINUTE * 60
    } else if age > DAY * 15 {
        MINUTE * 5
    } else {
        period.duration().min(MINUTE)
    };
    start.floor(step)
}

/// The period that data as old as `start` must be asked in multiples of: 60 s data is kept 15 days, 300 s data 63
/// days, 3,600 s data 455 days, and shorter periods 3 hours.
pub(super) fn step_for_age(start: Timestamp, now: Timestamp) -> u32 {
    let age = now.since(start);
    if age > DAY * 63 {
        3_600
    } else if age > DAY * 15 {
        300
    } else if age > MINUTE * 180 {
        60
    } else {
        1
    }
}

/// Slots of one length, one after the other, from `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slots {
    /// Start of the first.
    pub start: Timestamp,
    /// Length of each.
    pub period: Period,
    /// How many.
    pub count: usize,
}

impl Slots {
    /// Those of `start..end` whose start lies before `end`.
    pub fn covering(start: Timestamp, end: Timestamp, period: Period) -> Self {
        let count = end.since(start).as_nanos().div_ceil(period.duration().as_nanos());
        Self { start, period, count: usize::try_from(count).unwrap_or(usize::MAX) }
    }

    /// The `count` slots that end at `end`.
    pub fn ending_at(end: Timestamp, period: Period, count: usize) -> Self {
        let length = period.duration().saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        Self { start: end.minus(length), period, count }
    }

    /// The slot that `at` falls into; `None` outside.
    pub fn index_of(&self, at: Timestamp) -> Option<usize> {
        if at < self.start {
            return None;
        }
        let index = at.since(self.start).as_nanos() / self.period.duration().as_nanos();
        usize::try_from(index).ok().filter(|index| *index < self.count)
    }

    /// Where slot `index` starts, which is also the time of its datapoint.
    pub fn start_of(&self, index: usize) -> Timestamp {
        self.start.plus(self.period.duration().saturating_mul(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    /// The end of the last slot.
    pub fn end(&self) -> Timestamp {
        self.start_of(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allowed_lengths() {
        let query = |secs| Period::for_query(secs).is_some();
        assert!([1, 5, 10, 20, 30, 60, 120, 86_400].into_iter().all(query));
        assert!(![0, -60, 2, 15, 61, 90, 86_460].into_iter().any(query));
        let alarm = |secs| Period::for_alarm(secs).is_some();
        assert!([10, 20, 30, 60, 604_800].into_iter().all(alarm));
        assert!(![1, 5, 15, 0, 604_860].into_iter().any(alarm));
    }

    #[test]
    fn start_is_rounded_by_its_age() {
        let now = Timestamp::parse_iso("2026-11-23T12:34:56.789Z").unwrap();
        // age in days | period | start | rounded
        let cases = [
            ("2026-11-23T12:00:31.5Z", 60, "2026-11-23T12:00:00Z"),
            ("2026-11-23T12:00:31.5Z", 300, "2026-11-23T12:00:00Z"),
            ("2026-11-23T12:00:31.5Z", 10, "2026-11-23T12:00:30Z"),
            ("2026-11-23T12:00:31.5Z", 1, "2026-11-23T12:00:31Z"),
            ("2026-11-01T12:03:31Z", 300, "2026-11-01T12:00:00Z"),
            ("2026-08-01T12:33:31Z", 3600, "2026-08-01T12:00:00Z"),
        ];
        for (start, secs, rounded) in cases {
            let got = query_start(Timestamp::parse_iso(start).unwrap(), Period(secs), now);
            assert_eq!(got, Timestamp::parse_iso(rounded).unwrap(), "{start} {secs}");
        }
    }

    #[test]
    fn end_is_exclusive_and_a_started_slot_counts() {
        let at = Timestamp::from_secs;
        let slots = Slots::covering(at(60), at(181), Period(60));
        assert_eq!(slots.count, 3);
        assert_eq!(slots.index_of(at(59)), None);
        assert_eq!(slots.index_of(at(119)), Some(0));
        assert_eq!(slots.index_of(at(180)), Some(2));
        assert_eq!(slots.index_of(at(240)), None);
        assert_eq!(slots.start_of(2), at(180));
        assert_eq!(Slots::covering(at(60), at(60), Period(60)).count, 0);
        assert_eq!(Slots::ending_at(at(300), Period(60), 2).start, at(180));
    }
}
