//! Collects the samples of one period and answers any statistic over them.

use super::Statistic;
use super::distribution::Distribution;
use super::parse::Formula;

/// One stored row: a value with its weight (`minimum == maximum`), or a statistic set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// How many values it stands for.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The least of them.
    pub minimum: f64,
    /// The greatest of them.
    pub maximum: f64,
}

impl Sample {
    /// `count` times the same value.
    pub fn weighted(value: f64, count: f64) -> Self {
        Self { count, sum: value * count, minimum: value, maximum: value }
    }

    /// The value, when all that this sample stands for have the same one: only then do percentiles know where
    /// the values lie.
    fn value(self) -> Option<f64> {
        if self.minimum.total_cmp(&self.maximum).is_eq() {
            Some(self.minimum)
        } else if self.count.total_cmp(&1.0).is_eq() {
            Some(self.sum)
        } else {
            None
        }
    }
}

/// The samples of one period.
#[derive(Clone, Debug, Default)]
pub struct Aggregate {
    count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
    values: Option<Vec<(f64, f64)>>,
    empty: bool,
}

impl Aggregate {
    /// Over `samples`; those with no weight say nothing and are left out.
    pub fn of(samples: impl IntoIterator<Item = Sample>) -> Self {
        let mut all = Self {
            count: 0.0,
            sum: 0.0,
            minimum: f64::INFINITY,
            maximum: f64::NEG_INFINITY,
            values: Some(Vec::new()),
            empty: true,
        };
        for sample in samples {
            all.add(sample);
        }
        all
    }

    fn add(&mut self, sample: Sample) {
        if sample.count <= 0.0 {
            return;
        }
        self.empty = false;
        self.count += sample.count;
        self.sum += sample.sum;
        self.minimum = self.minimum.min(sample.minimum);
        self.maximum = self.maximum.max(sample.maximum);
        match (sample.value(), &mut self.values) {
            (Some(value), Some(values)) => values.push((value, sample.count)),
            (None, values) => *values = None,
            (Some(_), None) => {}
        }
    }

    /// How many values were recorded.
    pub fn count(&self) -> f64 {
        self.count
    }

    /// The statistic; `None` without samples, or when it needs the single values and a statistic set hides them,
    /// or when its bounds leave nothing to average.
    pub fn get(&self, statistic: &Statistic) -> Option<f64> {
        if self.empty {
            return None;
        }
        match statistic.formula {
            Formula::SampleCount => Some(self.count),
            Formula::Sum => Some(self.sum),
            Formula::Average => Some(self.sum / self.count),
            Formula::Minimum => Some(self.minimum),
            Formula::Maximum => Some(self.maximum),
            Formula::Percentile(rank) => Some(self.distribution()?.value_at(rank)),
            Formula::TrimmedMean(bounds) => {
                let kept = self.distribution()?.within(bounds);
                (kept.count > 0.0).then(|| kept.sum / kept.count)
            }
            Formula::WinsorizedMean(bounds) => Some(self.distribution()?.winsorized_mean(bounds)),
            Formula::TrimmedCount(bounds) => Some(self.distribution()?.within(bounds).count),
            Formula::TrimmedSum(bounds) => Some(self.distribution()?.within(bounds).sum),
            Formula::PercentileRank(bounds) => Some(self.distribution()?.within(bounds).count / self.count * 100.0),
        }
    }

    fn distribution(&self) -> Option<Distribution> {
        self.values.clone().map(Distribution::new)
    }
}
