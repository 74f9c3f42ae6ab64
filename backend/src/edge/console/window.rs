//! The time windows that pages offer.

use std::time::Duration;

use maud::Markup;

use super::layout::{Choice, choice};
use crate::base::Timestamp;

/// The last so many minutes or days. None is longer than what its page can read at a bounded cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Window {
    /// Five minutes.
    Minutes5,
    /// Fifteen minutes.
    Minutes15,
    /// One hour.
    #[default]
    Hour,
    /// Three hours.
    Hours3,
    /// Six hours: the longest that X-Ray answers for.
    Hours6,
    /// One day.
    Day,
    /// One week.
    Week,
}

impl Window {
    /// For traces and the service map.
    const SHORT: [Self; 5] = [Self::Minutes5, Self::Minutes15, Self::Hour, Self::Hours3, Self::Hours6];
    /// For metrics.
    const LONG: [Self; 6] = [Self::Minutes15, Self::Hour, Self::Hours3, Self::Hours6, Self::Day, Self::Week];

    /// What the address bar says; `None` for what is no window.
    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Minutes5].into_iter().chain(Self::LONG).find(|window| window.text() == text)
    }

    /// [`Window::parse`] for pages that read at most six hours.
    pub(super) fn parse_short(text: &str) -> Option<Self> {
        Self::parse(text).filter(|window| Self::SHORT.contains(window))
    }

    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Minutes5 => "5m",
            Self::Minutes15 => "15m",
            Self::Hour => "1h",
            Self::Hours3 => "3h",
            Self::Hours6 => "6h",
            Self::Day => "1d",
            Self::Week => "7d",
        }
    }

    pub(super) const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Minutes5 => 300,
            Self::Minutes15 => 900,
            Self::Hour => 3_600,
            Self::Hours3 => 10_800,
            Self::Hours6 => 21_600,
            Self::Day => 86_400,
            Self::Week => 604_800,
        })
    }

    /// The window that ends `now`.
    pub(super) fn before(self, now: Timestamp) -> (Timestamp, Timestamp) {
        (now.minus(self.length()), now)
    }

    /// Links to the short windows; `address` tells where each leads.
    pub(super) fn picker(current: Self, address: impl Fn(Self) -> String) -> Markup {
        choice("Window", &Self::choices(&Self::SHORT, current, address))
    }

    /// Links to the long windows.
    pub(super) fn long_picker(current: Self, address: impl Fn(Self) -> String) -> Markup {
        choice("Window", &Self::choices(&Self::LONG, current, address))
    }

    fn choices(offered: &[Self], current: Self, address: impl Fn(Self) -> String) -> Vec<Choice> {
        let option =
            |window: Self| Choice { text: window.text().to_owned(), href: address(window), chosen: window == current };
        offered.iter().copied().map(option).collect()
    }
}
