//! Weighted values in order: what percentiles and trimmed statistics are taken from.
//!
//! Amazon publishes no formula for ranks that fall inside a sample. Here a sample of weight `c` covers `c / total`
//! of the ranks: a percentile is the value that covers its rank (so always a recorded one), and a rank bound that
//! falls inside a sample keeps that fraction of it, which is the usual definition of the interquartile mean.

use super::{Bounds, Percent};

/// Values with weights above zero, least first; at least one.
#[derive(Debug)]
pub(super) struct Distribution {
    values: Vec<(f64, f64)>,
    total: f64,
}

/// What bounds leave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kept {
    pub(super) count: f64,
    pub(super) sum: f64,
}

impl Distribution {
    pub(super) fn new(mut values: Vec<(f64, f64)>) -> Self {
        values.sort_by(|left, right| left.0.total_cmp(&right.0));
        let total = values.iter().map(|(_, weight)| weight).sum();
        Self { values, total }
    }

    /// The least value that at least `rank` of all lie at or below.
    pub(super) fn value_at(&self, rank: Percent) -> f64 {
        // Sums of weights carry rounding errors: a rank that lands on a boundary must not slip to the next value.
        const ROUNDING: f64 = 1e-9;
        let wanted = rank.fraction() * self.total;
        let mut covered = 0.0;
        for (value, weight) in &self.values {
            covered += weight;
            if covered >= wanted - ROUNDING * self.total {
                return *value;
            }
        }
        self.values.last().map_or(0.0, |(value, _)| *value)
    }

    pub(super) fn within(&self, bounds: Bounds) -> Kept {
        let mut kept = Kept { count: 0.0, sum: 0.0 };
        let mut covered = 0.0;
        for &(value, weight) in &self.values {
            let share = match bounds {
                Bounds::Values { above, up_to } => {
                    if value > above && value <= up_to {
                        weight
                    } else {
                        0.0
                    }
                }
                Bounds::Ranks { above, up_to } => {
                    let from = (above.fraction() * self.total).max(covered);
                    let to = (up_to.fraction() * self.total).min(covered + weight);
                    (to - from).max(0.0)
                }
            };
            covered += weight;
            kept.count += share;
            kept.sum += value * share;
        }
        kept
    }

    /// The mean after values outside the bounds were moved to the bound.
    pub(super) fn winsorized_mean(&self, bounds: Bounds) -> f64 {
        let (low, high) = match bounds {
            Bounds::Values { above, up_to } => (above, up_to),
            Bounds::Ranks { above, up_to } => (self.value_at(above), self.value_at(up_to)),
        };
        let sum: f64 = self.values.iter().map(|(value, weight)| value.clamp(low, high) * weight).sum();
        sum / self.total
    }
}
