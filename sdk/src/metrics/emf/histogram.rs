//! Histograms as embedded metrics, which know samples only.

use serde_json::{Value, json};

/// Most samples that stand for one histogram of one collection.
pub const HISTOGRAM_SAMPLES_MAX: usize = 1_000;

/// What becomes of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HistogramForm {
    /// A sample for each measurement, in the middle of its bucket, so that CloudWatch has percentiles.
    ///
    /// Of more than [`HISTOGRAM_SAMPLES_MAX`] measurements in one collection, that many stand for all,
    /// evenly taken; the property `NAME.count` tells how many there were.
    #[default]
    Samples,
    /// Count, sum, minimum and maximum, exactly, and no percentiles: an object that CloudWatch takes and
    /// the OpenTelemetry Collector sends, though the format's specification does not mention it.
    Statistics,
}

/// A histogram's buckets, whichever kind it is.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Buckets {
    /// The value that stands for a bucket, and how many measurements fell into it; ascending.
    pub(super) ascending: Vec<(f64, u64)>,
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Buckets {
    /// Buckets between explicit bounds: the first has none below, the last none above.
    pub(super) fn explicit(bounds: &[f64], counts: &[u64], totals: Totals) -> Self {
        let middle = |at: usize| {
            let lower = at.checked_sub(1).and_then(|below| bounds.get(below).copied());
            totals.middle(lower, bounds.get(at).copied())
        };
        let buckets = counts.iter().enumerate().map(|(at, count)| (middle(at), *count)).collect();
        Self::of(buckets, totals)
    }

    /// Buckets of a base-2 exponential histogram: `offset` is the index of the first of `counts`.
    pub(super) fn exponential(scale: i8, zeros: u64, halves: [(i32, Vec<u64>); 2], totals: Totals) -> Self {
        let bound = |index: i32| (f64::from(index) * (-f64::from(scale)).exp2()).exp2();
        let half = |(offset, counts): (i32, Vec<u64>)| {
            let bucket = move |(at, count): (usize, u64)| {
                let lower = offset.saturating_add(i32::try_from(at).unwrap_or(i32::MAX));
                (f64::midpoint(bound(lower), bound(lower.saturating_add(1))), count)
            };
            counts.into_iter().enumerate().map(bucket).collect::<Vec<_>>()
        };
        let [negative, positive] = halves;
        let mut buckets: Vec<_> = half(negative).into_iter().rev().map(|(value, count)| (-value, count)).collect();
        buckets.push((0.0, zeros));
        buckets.extend(half(positive));
        let clamped = buckets.into_iter().map(|(value, count)| (totals.clamp(value), count)).collect();
        Self::of(clamped, totals)
    }

    fn of(buckets: Vec<(f64, u64)>, totals: Totals) -> Self {
        let Totals { count, sum, min, max } = totals;
        let first = buckets.iter().find(|(_, count)| *count > 0).map_or(0.0, |(value, _)| *value);
        let last = buckets.iter().rfind(|(_, count)| *count > 0).map_or(0.0, |(value, _)| *value);
        Self { ascending: buckets, count, sum, min: min.unwrap_or(first), max: max.unwrap_or(last) }
    }

    /// One value for each measurement, or evenly taken ones where there are more than `samples_max`.
    pub(super) fn samples(&self, samples_max: usize) -> Vec<f64> {
        let total: u64 = self.ascending.iter().map(|(_, count)| *count).sum();
        let kept = total.min(samples_max as u64);
        let mut samples = Vec::new();
        let mut seen: u64 = 0;
        for (value, count) in &self.ascending {
            seen = seen.saturating_add(*count);
            // As many as keep the share of what was seen until here.
            let due = (u128::from(seen) * u128::from(kept)) / u128::from(total.max(1));
            samples.resize(usize::try_from(due).unwrap_or(samples_max).min(samples_max), *value);
        }
        samples
    }

    pub(super) fn statistics(&self) -> Value {
        json!({"Max": self.max, "Min": self.min, "Count": self.count, "Sum": self.sum})
    }
}

/// What a histogram knows beside its buckets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Totals {
    pub(super) count: u64,
    pub(super) sum: f64,
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
}

impl Totals {
    fn clamp(self, value: f64) -> f64 {
        value.max(self.min.unwrap_or(f64::NEG_INFINITY)).min(self.max.unwrap_or(f64::INFINITY))
    }

    /// The middle of a bucket, as far as it is known how far it reaches.
    fn middle(self, lower: Option<f64>, upper: Option<f64>) -> f64 {
        let lower = match (lower, self.min) {
            (Some(lower), Some(min)) => Some(lower.max(min)),
            (lower, min) => lower.or(min),
        };
        let upper = match (upper, self.max) {
            (Some(upper), Some(max)) => Some(upper.min(max)),
            (upper, max) => upper.or(max),
        };
        match (lower, upper) {
            (Some(lower), Some(upper)) => f64::midpoint(lower, upper),
            (Some(edge), None) | (None, Some(edge)) => edge,
            // One bucket without bounds: all there is to know is the mean.
            (None, None) => self.sum / self.count.max(1) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNKNOWN: Totals = Totals { count: 0, sum: 0.0, min: None, max: None };

    #[test]
    fn explicit_buckets_are_told_by_their_middles() {
        let totals = Totals { count: 6, sum: 90.0, min: Some(2.0), max: Some(40.0) };
        let buckets = Buckets::explicit(&[10.0, 20.0, 30.0], &[1, 2, 0, 3], totals);
        assert_eq!(buckets.samples(100), [6.0, 15.0, 15.0, 35.0, 35.0, 35.0]);
        assert_eq!(buckets.statistics(), json!({"Max": 40.0, "Min": 2.0, "Count": 6, "Sum": 90.0}));
        let blind = Buckets::explicit(&[10.0, 20.0], &[1, 1, 1], UNKNOWN);
        assert_eq!(blind.samples(100), [10.0, 15.0, 20.0]);
        let one = Buckets::explicit(&[], &[4], Totals { count: 4, sum: 10.0, ..UNKNOWN });
        assert_eq!(one.samples(100), [2.5; 4]);
    }

    #[test]
    fn exponential_buckets_reach_below_zero() {
        // Scale 0: bounds are the powers of two.
        let halves = [(0, vec![1, 1]), (1, vec![2, 0, 1])];
        let buckets = Buckets::exponential(0, 1, halves, UNKNOWN);
        assert_eq!(buckets.samples(100), [-3.0, -1.5, 0.0, 3.0, 3.0, 12.0]);
        let known = Totals { max: Some(9.0), ..UNKNOWN };
        assert_eq!(Buckets::exponential(0, 0, [(0, vec![]), (3, vec![1])], known).samples(9), [9.0]);
    }

    proptest! {
        #[test]
        fn samples_keep_shares_and_the_limit(counts in proptest::collection::vec(0..5_000_u64, 1..12), samples_max in 1..500_usize) {
            let bounds: Vec<f64> = (1..counts.len()).map(|at| at as f64).collect();
            let total: u64 = counts.iter().sum();
            let buckets = Buckets::explicit(&bounds, &counts, UNKNOWN);
            let samples = buckets.samples(samples_max);
            prop_assert_eq!(samples.len() as u64, total.min(samples_max as u64));
            prop_assert!(samples.is_sorted());
            for (value, count) in &buckets.ascending {
                let alike: u64 = buckets.ascending.iter().filter(|(other, _)| other.total_cmp(value).is_eq()).map(|(_, count)| *count).sum();
                let share = alike as f64 / total.max(1) as f64 * samples.len() as f64;
                let taken = samples.iter().filter(|sample| sample.total_cmp(value).is_eq()).count() as f64;
                prop_assert!((taken - share).abs() <= 1.0, "{} of {}: {} for {}", count, total, taken, share);
            }
        }

        #[test]
        fn arbitrary_buckets_never_panic(scale: i8, zeros: u64, offset: i32, counts: Vec<u64>, sum: f64, bounds: Vec<f64>) {
            let totals = Totals { count: zeros, sum, min: bounds.first().copied(), max: bounds.last().copied() };
            let small = |counts: &[u64]| counts.iter().map(|count| count % 1_000_000).collect::<Vec<_>>();
            let halves = [(offset, small(&counts)), (offset, small(&counts))];
            prop_assert!(Buckets::exponential(scale, zeros % 1_000, halves, totals).samples(50).len() <= 50);
            prop_assert!(Buckets::explicit(&bounds, &small(&counts), totals).samples(50).len() <= 50);
        }
    }
}
