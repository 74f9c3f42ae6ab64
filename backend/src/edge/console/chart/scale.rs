//! Which values and instants an axis names. Pure.

use std::time::Duration;

use crate::base::Timestamp;

/// Grid lines that a value axis aims at.
const VALUE_STEPS: f64 = 4.0;

/// A value axis: round steps from `low` to `high`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ValueScale {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) step: f64,
}

impl ValueScale {
    /// The smallest round axis that holds zero and every finite value.
    pub(crate) fn around(values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = values
            .into_iter()
            .filter(|value| value.is_finite())
            .fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        // The difference of two huge values of opposite sign is not a number to divide by.
        let (low, high) = (low.max(-f64::MAX / 8.0), high.min(f64::MAX / 8.0));
        let extent = high - low;
        if extent < 1e-9 {
            return Self { low, high: low + 1.0, step: 0.25 };
        }
        let step = round_step(extent / VALUE_STEPS);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step }
    }

    /// A fixed axis.
    pub(crate) const fn fixed(low: f64, high: f64, step: f64) -> Self {
        Self { low, high, step }
    }

    /// The values that get a grid line, lowest first.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        let steps = ((self.high - self.low) / self.step).round() as usize;
        (0..=steps).map(|number| self.low + self.step * number as f64).collect()
    }

    /// Where `value` lies: 0 at the low end, 1 at the high end; cut off at both.
    pub(crate) fn place(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }
}

/// The least of 1, 2, 2.5, 5 times a power of ten that is at least `least`.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 2.5, 5.0].into_iter().find(|factor| factor * power >= least * (1.0 - 1e-9)).unwrap_or(10.0);
    factor * power
}

/// The end of the period that holds `now`: a chart that ends there changes once a period, not with every look.
pub(crate) fn whole(now: Timestamp, period: Duration) -> Timestamp {
    now.floor(period).plus(period)
}

/// Steps between two named instants, in seconds, with how each is written.
const TIME_STEPS: [(u64, &str); 17] = [
    (1, "%H:%M:%S"),
    (5, "%H:%M:%S"),
    (10, "%H:%M:%S"),
    (30, "%H:%M:%S"),
    (60, "%H:%M"),
    (120, "%H:%M"),
    (300, "%H:%M"),
    (600, "%H:%M"),
    (900, "%H:%M"),
    (1_800, "%H:%M"),
    (3_600, "%H:%M"),
    (7_200, "%H:%M"),
    (10_800, "%H:%M"),
    (21_600, "%-d %b %H:%M"),
    (43_200, "%-d %b %H:%M"),
    (86_400, "%-d %b"),
    (604_800, "%-d %b"),
];

/// The round instants of `since..until`, at most `count_max` of them, and how to write them.
pub(super) fn time_ticks(since: Timestamp, until: Timestamp, count_max: usize) -> (Vec<Timestamp>, &'static str) {
    let secs = until.since(since).as_secs_f64();
    let fits = |step: &&(u64, &str)| secs / step.0 as f64 <= count_max as f64;
    let (step, pattern) = *TIME_STEPS.iter().find(fits).unwrap_or(&TIME_STEPS[TIME_STEPS.len() - 1]);
    let step = Duration::from_secs(step);
    let first = since.floor(step);
    let mut ticks = Vec::new();
    let mut at = if first < since { first.plus(step) } else { first };
    // The last step is a week: more than `count_max` weeks leave the rest of the axis unnamed.
    while at <= until && ticks.len() < count_max {
        ticks.push(at);
        at = at.plus(step);
    }
    (ticks, pattern)
}
