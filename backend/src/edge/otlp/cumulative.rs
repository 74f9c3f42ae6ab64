//! Running totals to what was added since the last report.
//!
//! OpenTelemetry SDKs count from the start of their process unless told otherwise; `CloudWatch` keeps what happened in
//! each period. The totals are kept in memory only: after a restart, the first report of a series that began before
//! sets its base and adds nothing.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;

use crate::base::Timestamp;

/// Most series whose totals are kept.
const SERIES_MAX: usize = 100_000;
/// When room is short, series that have not reported for this long are forgotten.
const IDLE: Duration = Duration::from_hours(1);

/// The last totals of each series.
#[derive(Debug)]
pub(super) struct Totals {
    /// Series that began later are known from their first report on.
    since: Timestamp,
    series: Mutex<HashMap<String, Known>>,
}

/// A total since the start of a series, or what was added to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Total {
    /// How many values; 0 for plain sums.
    pub(super) count: u64,
    /// Their sum.
    pub(super) sum: f64,
    /// How many in each bucket; empty for plain sums.
    pub(super) buckets: Vec<u64>,
}

#[derive(Debug)]
struct Known {
    start: Timestamp,
    seen: Timestamp,
    total: Total,
}

/// What a report means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// So much was added.
    Added(Total),
    /// The series began before anything was known of it: nothing can be said yet.
    Base,
    /// There are too many series.
    Full,
}

impl Totals {
    /// No totals yet.
    pub(super) fn new(since: Timestamp) -> Self {
        Self { since, series: Mutex::default() }
    }

    /// Takes a series' report: its total since `start`.
    pub(super) fn report(&self, series: String, start: Timestamp, total: Total, now: Timestamp) -> Step {
        let mut known = self.series.lock();
        if let Some(last) = known.get_mut(&series) {
            let added = if last.start == start { added(&last.total, &total) } else { None };
            // A new start, or a total that went back: the process began again.
            let step = Step::Added(added.unwrap_or_else(|| total.clone()));
            *last = Known { start, seen: now, total };
            return step;
        }
        if known.len() >= SERIES_MAX {
            known.retain(|_, last| now.since(last.seen) < IDLE);
        }
        if known.len() >= SERIES_MAX {
            return Step::Full;
        }
        let step = if start >= self.since { Step::Added(total.clone()) } else { Step::Base };
        known.insert(series, Known { start, seen: now, total });
        step
    }
}

/// `None` when the total went back.
fn added(last: &Total, total: &Total) -> Option<Total> {
    let went_back = total.count < last.count || (total.count == 0 && total.sum < last.sum);
    if went_back || total.buckets.len() != last.buckets.len() {
        return None;
    }
    let buckets: Option<Vec<u64>> =
        total.buckets.iter().zip(&last.buckets).map(|(now, before)| now.checked_sub(*before)).collect();
    Some(Total { count: total.count - last.count, sum: total.sum - last.sum, buckets: buckets? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SINCE: Timestamp = Timestamp::from_secs(100);

    fn sum(sum: f64) -> Total {
        Total { sum, ..Total::default() }
    }

    fn steps(reports: &[(i64, Total)]) -> Vec<Step> {
        let totals = Totals::new(SINCE);
        let report = |(start, total): &(i64, Total)| {
            totals.report("s".to_owned(), Timestamp::from_secs(*start), total.clone(), SINCE)
        };
        reports.iter().map(report).collect()
    }

    #[test]
    fn totals_become_what_was_added() {
        let added = |value| Step::Added(sum(value));
        assert_eq!(steps(&[(100, sum(5.0)), (100, sum(7.0)), (100, sum(7.0))]), [added(5.0), added(2.0), added(0.0)]);
    }

    #[test]
    fn a_series_from_before_sets_its_base_first() {
        assert_eq!(steps(&[(50, sum(500.0)), (50, sum(501.0))]), [Step::Base, Step::Added(sum(1.0))]);
    }

    #[test]
    fn a_series_that_began_again_counts_from_nothing() {
        let added = |value| Step::Added(sum(value));
        assert_eq!(steps(&[(100, sum(5.0)), (110, sum(9.0)), (110, sum(2.0))]), [added(5.0), added(9.0), added(2.0)]);
    }

    #[test]
    fn buckets_are_subtracted_each() {
        let total = |count, sum, buckets: &[u64]| Total { count, sum, buckets: buckets.to_vec() };
        let reports = [(100, total(3, 6.0, &[1, 2])), (100, total(5, 9.0, &[1, 4]))];
        assert_eq!(steps(&reports)[1], Step::Added(total(2, 3.0, &[0, 2])));
    }
}
