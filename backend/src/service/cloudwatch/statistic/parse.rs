//! The name of a statistic: `Average`, `p99.9`, `TM(10%:90%)`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A share of all samples: 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(f64);

impl Percent {
    /// All samples.
    pub const ALL: Self = Self(100.0);
    /// No sample.
    pub const NONE: Self = Self(0.0);

    /// `None` unless `value` lies within 0 to 100.
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=100.0).contains(&value).then_some(Self(value))
    }

    /// 0.0 to 1.0.
    pub fn fraction(self) -> f64 {
        self.0 / 100.0
    }

    /// Up to three whole and ten decimal digits, as `CloudWatch` accepts them: `99`, `99.9`, `.5` is not one.
    fn parse(text: &str) -> Option<Self> {
        const DECIMALS_MAX: usize = 10;
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits =
            |part: &str, max: usize| (1..=max).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole, 3) || !digits(decimals, DECIMALS_MAX) {
            return None;
        }
        text.parse().ok().and_then(Self::new)
    }
}

/// Which samples count: from (exclusive) to (inclusive), by value or by rank.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bounds {
    /// Between two values; an open side is infinite.
    Values { above: f64, up_to: f64 },
    /// Between two shares of all samples in the order of their values.
    Ranks { above: Percent, up_to: Percent },
}

impl Bounds {
    /// `10%:90%`, `:95%`, `100:`, `100:2000`; at least one side, both of one kind.
    fn parse(text: &str) -> Option<Self> {
        let (low, high) = text.split_once(':')?;
        if low.ends_with('%') || high.ends_with('%') {
            let above = if low.is_empty() { Percent::NONE } else { Percent::parse(low.strip_suffix('%')?)? };
            let up_to = if high.is_empty() { Percent::ALL } else { Percent::parse(high.strip_suffix('%')?)? };
            return (above < up_to).then_some(Self::Ranks { above, up_to });
        }
        if low.is_empty() && high.is_empty() {
            return None;
        }
        let value = |text: &str| text.parse::<f64>().ok().filter(|value| value.is_finite());
        let above = if low.is_empty() { f64::NEG_INFINITY } else { value(low)? };
        let up_to = if high.is_empty() { f64::INFINITY } else { value(high)? };
        (above < up_to).then_some(Self::Values { above, up_to })
    }
}

/// How the samples of a period become one number. Keeps the text it was parsed from, which is what answers show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Statistic {
    text: String,
    pub(super) formula: Formula,
}

/// What a statistic computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Formula {
    SampleCount,
    Sum,
    Average,
    Minimum,
    Maximum,
    Percentile(Percent),
    TrimmedMean(Bounds),
    WinsorizedMean(Bounds),
    TrimmedCount(Bounds),
    TrimmedSum(Bounds),
    PercentileRank(Bounds),
}

/// The text names no statistic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a statistic")]
pub struct UnknownStatistic(pub String);

impl Statistic {
    /// The five statistics that the members `Statistic` and `Statistics` take; all others are extended.
    pub const SIMPLE: [&'static str; 5] = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

    /// One of [`Statistic::SIMPLE`]; `None` for extended statistics and unknown names.
    pub fn parse_simple(text: &str) -> Option<Self> {
        Self::SIMPLE.contains(&text).then(|| text.parse().expect("every simple name is a statistic"))
    }

    /// A percentile, trimmed or winsorized statistic; `None` for the simple ones and unknown names.
    pub fn parse_extended(text: &str) -> Option<Self> {
        if Self::SIMPLE.contains(&text) { None } else { text.parse().ok() }
    }

    /// Whether it is one of [`Statistic::SIMPLE`].
    pub fn is_simple(&self) -> bool {
        Self::SIMPLE.contains(&self.text.as_str())
    }

    /// The rank when this is a percentile.
    pub fn percentile(&self) -> Option<Percent> {
        match self.formula {
            Formula::Percentile(rank) => Some(rank),
            Formula::SampleCount
            | Formula::Sum
            | Formula::Average
            | Formula::Minimum
            | Formula::Maximum
            | Formula::TrimmedMean(_)
            | Formula::WinsorizedMean(_)
            | Formula::TrimmedCount(_)
            | Formula::TrimmedSum(_)
            | Formula::PercentileRank(_) => None,
        }
    }

    /// The name as the client wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Statistic {
    type Err = UnknownStatistic;

    fn from_str(text: &str) -> Result<Self, UnknownStatistic> {
        let formula = parse_formula(text).ok_or_else(|| UnknownStatistic(text.to_owned()))?;
        Ok(Self { text: text.to_owned(), formula })
    }
}

impl TryFrom<String> for Statistic {
    type Error = UnknownStatistic;

    fn try_from(text: String) -> Result<Self, UnknownStatistic> {
        text.parse()
    }
}

impl From<Statistic> for String {
    fn from(statistic: Statistic) -> Self {
        statistic.text
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn parse_formula(text: &str) -> Option<Formula> {
    let quartiles = Bounds::Ranks { above: Percent(25.0), up_to: Percent(75.0) };
    match text {
        "SampleCount" => return Some(Formula::SampleCount),
        "Sum" => return Some(Formula::Sum),
        "Average" => return Some(Formula::Average),
        "Minimum" => return Some(Formula::Minimum),
        "Maximum" => return Some(Formula::Maximum),
        "IQM" => return Some(Formula::TrimmedMean(quartiles)),
        _ => {}
    }
    if let Some(inside) = text.strip_suffix(')') {
        let (name, bounds) = inside.split_once('(')?;
        return bounded(name, Bounds::parse(bounds)?);
    }
    let digits_at = text.find(|letter: char| letter.is_ascii_digit())?;
    let (name, rank) = text.split_at(digits_at);
    let rank = Percent::parse(rank)?;
    if name == "p" {
        return Some(Formula::Percentile(rank));
    }
    let lowest = Bounds::Ranks { above: Percent::NONE, up_to: rank };
    match name {
        "tm" => Some(Formula::TrimmedMean(lowest)),
        "wm" => Some(Formula::WinsorizedMean(lowest)),
        "tc" => Some(Formula::TrimmedCount(lowest)),
        "ts" => Some(Formula::TrimmedSum(lowest)),
        _ => None,
    }
}

fn bounded(name: &str, bounds: Bounds) -> Option<Formula> {
    match (name, bounds) {
        ("TM", _) => Some(Formula::TrimmedMean(bounds)),
        ("WM", _) => Some(Formula::WinsorizedMean(bounds)),
        ("TC", _) => Some(Formula::TrimmedCount(bounds)),
        ("TS", _) => Some(Formula::TrimmedSum(bounds)),
        // A percentile rank asks which share lies between two values, so its bounds are values.
        ("PR", Bounds::Values { .. }) => Some(Formula::PercentileRank(bounds)),
        _ => None,
    }
}
