//! Counts and times of many requests.

use std::collections::BTreeMap;
use std::time::Duration;

use super::shape::{EdgeStatistics, ErrorStatistics, FaultStatistics, HistogramEntry};
use crate::service::xray::trace::Entity;

/// Most bins of a histogram as it is shown. Bins are whole milliseconds; where there would be more, values are rounded
/// to fewer digits.
pub const HISTOGRAM_BINS_MAX: usize = 200;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Ok,
    /// The caller's fault.
    Error,
    /// Too many requests.
    Throttle,
    /// The service's fault.
    Fault,
}

impl Outcome {
    /// The worst that the document says: a throttled request is also marked as an error.
    pub fn of(entity: &Entity) -> Self {
        match (entity.segment.fault, entity.segment.throttle, entity.segment.error) {
            (true, _, _) => Self::Fault,
            (false, true, _) => Self::Throttle,
            (false, false, true) => Self::Error,
            (false, false, false) => Self::Ok,
        }
    }
}

/// What is known of the requests of one node or one edge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    ok: i64,
    error: i64,
    throttle: i64,
    fault: i64,
    response_time: Duration,
    histogram: Histogram,
}

impl Statistics {
    /// Counts one finished request.
    pub fn count(&mut self, outcome: Outcome, response_time: Duration) {
        let counter = match outcome {
            Outcome::Ok => &mut self.ok,
            Outcome::Error => &mut self.error,
            Outcome::Throttle => &mut self.throttle,
            Outcome::Fault => &mut self.fault,
        };
        *counter += 1;
        self.response_time = self.response_time.saturating_add(response_time);
        self.histogram.count(response_time);
    }

    pub(super) fn to_shape(&self) -> EdgeStatistics {
        EdgeStatistics {
            ok_count: self.ok,
            error_statistics: ErrorStatistics {
                throttle_count: self.throttle,
                other_count: self.error,
                total_count: self.throttle + self.error,
            },
            fault_statistics: FaultStatistics { other_count: self.fault, total_count: self.fault },
            total_count: self.ok + self.error + self.throttle + self.fault,
            total_response_time: self.response_time.as_secs_f64(),
        }
    }

    pub(super) fn histogram(&self) -> Vec<HistogramEntry> {
        self.histogram.to_shape()
    }
}

/// How often each duration came, to the millisecond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Histogram(BTreeMap<u64, i32>);

impl Histogram {
    pub(super) fn count(&mut self, duration: Duration) {
        let millis = (duration.as_micros() + 500) / 1_000;
        *self.0.entry(u64::try_from(millis).unwrap_or(u64::MAX)).or_default() += 1;
    }

    pub(super) fn to_shape(&self) -> Vec<HistogramEntry> {
        let mut bins = self.0.clone();
        for digits in (1..=3).rev() {
            if bins.len() <= HISTOGRAM_BINS_MAX {
                break;
            }
            bins = self.rounded(digits);
        }
        bins.into_iter().map(|(millis, count)| HistogramEntry { value: millis as f64 / 1e3, count }).collect()
    }

    fn rounded(&self, digits: u32) -> BTreeMap<u64, i32> {
        let mut bins = BTreeMap::new();
        for (&millis, count) in &self.0 {
            let step = 10_u64.pow(millis.checked_ilog10().unwrap_or(0).saturating_sub(digits - 1));
            let rounded = (millis / step).saturating_mul(step);
            *bins.entry(rounded).or_default() += count;
        }
        bins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_milliseconds_until_there_are_too_many() {
        let mut few = Histogram::default();
        for micros in [1_400, 1_600, 2_499] {
            few.count(Duration::from_micros(micros));
        }
        let bins: Vec<(f64, i32)> = few.to_shape().into_iter().map(|bin| (bin.value, bin.count)).collect();
        assert_eq!(bins, [(0.001, 1), (0.002, 2)]);

        let mut many = Histogram::default();
        (0..100_000).for_each(|millis| many.count(Duration::from_millis(millis)));
        let bins = many.to_shape();
        assert!(bins.len() <= HISTOGRAM_BINS_MAX, "{}", bins.len());
        assert_eq!(bins.iter().map(|bin| bin.count).sum::<i32>(), 100_000);
    }
}
