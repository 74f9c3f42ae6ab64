//! A schedule as it is written.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::{At, Cron, Dst, Rate, rate};
use crate::Invalid;

/// When something runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Schedule {
    /// `rate(0 minute)` or `rate(0 hour)`: once, when it is started.
    Once,
    /// At equal intervals.
    Rate(Rate),
    /// At calendar times.
    Cron(Box<Cron>),
    /// Once, at a time of the calendar.
    At(Box<At>),
}

pub(super) const RULE: &str = "rate(5 minutes), cron(0 9 ? * MON-FRI *) or at(2026-11-23T08:00:00) as AWS writes them, or five fields as in `*/5 * * * *`";

impl Schedule {
    /// Reads an expression; `zone` is an IANA name for calendar times, UTC when it is `None`.
    ///
    /// # Errors
    /// An expression of neither form, a rule of its form that it breaks, or an unknown zone; a zone given to a rate.
    pub fn parse(expression: &str, zone: Option<&str>) -> Result<Self, Invalid> {
        Self::parse_with(expression, zone, Dst::default())
    }

    /// The same with a policy for times that do not occur or occur twice.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); also a policy given to a rate, and an `at(..)` that does not occur.
    pub fn parse_with(expression: &str, zone: Option<&str>, dst: Dst) -> Result<Self, Invalid> {
        let text = expression.trim();
        let shown = || format!("\"{expression}\"");
        let within = |form: &str| text.strip_prefix(form)?.trim_start().strip_prefix('(')?.strip_suffix(')');
        if let Some(rate) = within("rate") {
            if let Some(zone) = zone {
                return Err(Invalid::new(
                    "timezone",
                    format!("\"{zone}\""),
                    "goes with calendar times only, not with rate(..)",
                ));
            }
            if dst != Dst::default() {
                return Err(Invalid::new("dst", "(given)", "goes with calendar times only, not with rate(..)"));
            }
            return rate::parse(rate).map_err(|rule| Invalid::new("schedule", shown(), rule));
        }
        if let Some(wall) = within("at") {
            return At::parse(wall, zone, dst).map(|at| Self::At(Box::new(at)));
        }
        let cron = if let Some(fields) = within("cron") {
            Cron::aws(fields, zone, dst)
        } else if text.split_whitespace().count() == 5 {
            Cron::unix(text, zone, dst)
        } else {
            return Err(Invalid::new("schedule", shown(), RULE));
        };
        cron.map(|cron| Self::Cron(Box::new(cron)))
    }

    /// The first run after `at`, or `None` when there is none any more.
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Once => None,
            Self::Rate(rate) => rate.next_after(at),
            Self::Cron(cron) => cron.next_after(at),
            Self::At(one) => one.next_after(at),
        }
    }

    /// The time between runs, where it is always the same.
    pub fn interval(&self) -> Option<Duration> {
        match self {
            Self::Rate(rate) => Some(rate.every()),
            Self::Once | Self::Cron(_) | Self::At(_) => None,
        }
    }

    /// The same schedule with its rate begun at `phase` after the epoch, so that canaries do not all run at once.
    #[must_use]
    pub fn with_phase(self, phase: Duration) -> Self {
        match self {
            Self::Rate(rate) => Self::Rate(rate.with_phase(phase)),
            Self::Once | Self::Cron(_) | Self::At(_) => self,
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once => out.write_str("rate(0 minute)"),
            Self::Rate(rate) => rate.fmt(out),
            Self::Cron(cron) => cron.fmt(out),
            Self::At(at) => at.fmt(out),
        }
    }
}
